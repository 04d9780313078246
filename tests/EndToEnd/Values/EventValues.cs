using System.Text.Json;
using Npgsql;
using Penstock.Debezium.Events;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;

namespace Penstock.EndToEnd.Values;

/// <summary>
/// The JSON of column <c>v</c> in the events of a real server, by table and <c>id</c>, in one format: a string's text, anything else as it stands, null for null. Every event is read by
/// System.Text.Json as a whole.
/// </summary>
internal sealed class EventValues : ITableSelection, IDisposable
{
    private const int SlabBytes = 1 << 20;

    private readonly PostgresCatalog _catalog;
    private readonly EventDecoder _decoder;
    private readonly bool _schemas;

    public EventValues(SourceDatabase database, EventFormat format)
    {
        _catalog = new PostgresCatalog(database);
        _schemas = format.ValueSchemas;
        _decoder = new EventDecoder(format, _catalog, this, new TopicTable(), new SlabPool("records", SlabBytes, 2), Take);
    }

    /// <summary>Values of tables that have the column.</summary>
    public Dictionary<(string Table, int Id), string?> Values { get; } = [];

    /// <summary>Events of tables whose column is left out.</summary>
    public HashSet<(string Table, int Id)> Absent { get; } = [];

    public int Events { get; private set; }

    /// <summary>Streams from a slot up to a position into each of them.</summary>
    public static void Stream(SourceDatabase database, string slot, int serverVersion, ulong until, IReadOnlyList<EventValues> into)
    {
        using var reader = new SocketWalReader(database, new WalStreamRequest(slot, slot), serverVersion, TimeProvider.System);
        var pool = new SlabPool("wal", SlabBytes, 1);
        for (ulong reached = 0; reached < until;)
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            Assert.True(reader.TryRead(batch, 60_000), "nothing came from the slot within a minute");
            reached = Math.Max(reached, reader.ReceivedLsn);
            foreach (var values in into)
            {
                values._decoder.Decode(batch);
            }

            batch.ReturnSlab();
        }
    }

    /// <summary>Reads a snapshot of all tables into each of them.</summary>
    public static void Snapshot(SourceDatabase database, IReadOnlyList<EventValues> into)
    {
        IReadOnlyList<CapturedTable> tables;
        using (NpgsqlConnection connection = database.Open())
        {
            tables = CapturedTables.ReadAll(connection);
        }

        var pool = new SlabPool("snapshot", SlabBytes, 1);
        using var reader = SnapshotReader.Start(database, pool, new SnapshotRequest { Tables = [.. tables.Where(t => t.Schema == "public" && t.Name != "spatial_ref_sys")] }, TimeProvider.System);
        for (bool more = true; more;)
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            more = reader.TryRead(batch);
            foreach (var values in more ? into : [])
            {
                values._decoder.Decode(batch);
            }

            batch.ReturnSlab();
        }
    }

    public bool Includes(string schema, string table) => schema == "public" && table != "spatial_ref_sys";

    public bool IncludesColumn(string schema, string table, string column) => true;

    public void Dispose() => _catalog.Dispose();

    private void Take(RecordBatch batch)
    {
        foreach (ref readonly var record in batch.Records)
        {
            Events++;
            using var key = JsonDocument.Parse(batch.Key(record).ToArray());
            using var document = JsonDocument.Parse(batch.Value(record).ToArray());
            var value = _schemas ? document.RootElement.GetProperty("payload") : document.RootElement;
            string table = value.GetProperty("source").GetProperty("table").GetString()!;
            var row = value.GetProperty("after");
            int id = row.GetProperty("id").GetInt32();
            if (!row.TryGetProperty("v", out var v))
            {
                Absent.Add((table, id));
                continue;
            }

            Values.Add((table, id), v.ValueKind switch { JsonValueKind.Null => null, JsonValueKind.String => v.GetString(), _ => v.GetRawText() });
        }

        batch.ReturnSlab();
    }
}
