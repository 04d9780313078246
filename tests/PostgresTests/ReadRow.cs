using System.Text;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresTests;

/// <param name="Kind">Message type: B, C, R, I, U, D, T, M, ...</param>
/// <param name="Table">schema.table of a row or relation, else "".</param>
/// <param name="Values">Texts of an insert's tuple, null for NULL.</param>
/// <param name="WalStart">LSN of the message's header.</param>
/// <param name="Marker">Snapshot marker.</param>
/// <param name="Bytes">The whole message.</param>
internal sealed record ReadRow(char Kind, string Table, IReadOnlyList<string?> Values, ulong WalStart, SnapshotMarker Marker, byte[] Bytes);

/// <summary>Keeps what batches carry, in a form that tests can look at.</summary>
internal sealed class BatchLog
{
    private readonly Dictionary<uint, Relation> _relations = [];

    public List<ReadRow> Messages { get; } = [];

    public IEnumerable<ReadRow> Rows => Messages.Where(m => m.Kind == 'I');

    public IReadOnlyDictionary<uint, Relation> Relations => _relations;

    public void Add(WalBatch batch)
    {
        foreach (ref readonly var message in batch.Messages)
        {
            var bytes = batch.Bytes(message).ToArray();
            var reader = new PgOutputReader(bytes);
            char kind = (char)reader.ReadByte();
            string table = "";
            IReadOnlyList<string?> values = [];
            if (kind == 'R')
            {
                var relation = reader.ReadRelation();
                _relations[relation.Oid] = relation;
                table = $"{relation.Schema}.{relation.Name}";
            }
            else if (kind == 'I')
            {
                var relation = _relations[reader.ReadUInt32()];
                table = $"{relation.Schema}.{relation.Name}";
                Assert.Equal((byte)'N', reader.ReadByte());
                values = Tuple(ref reader);
                Assert.Equal(0, reader.Remaining);
            }

            Messages.Add(new ReadRow(kind, table, values, message.WalStart, message.Marker, bytes));
        }
    }

    private static string?[] Tuple(ref PgOutputReader reader)
    {
        var values = new string?[reader.ReadInt16()];
        for (int i = 0; i < values.Length; i++)
        {
            byte kind = reader.ReadByte();
            values[i] = kind == 't' ? Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32())) : null;
        }

        return values;
    }
}
