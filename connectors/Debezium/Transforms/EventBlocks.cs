using System.Text.Json;
using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>The envelope without its rows, for transforms that copy from it: written to a scratch and read back field by field, for which nothing is allocated.</summary>
internal sealed class EventBlocks(SourceBlock source, TransactionRecords? metadata, EnvelopeClock clock)
{
    private readonly JsonScratch _scratch = new();

    /// <summary>Whether transactions have metadata: their events are then counted even where none is emitted, as transforms come after the counting.</summary>
    public bool Counts => metadata is not null;

    /// <param name="change">The event.</param>
    /// <param name="withTransaction">Counts the event and writes its transaction block; false where the envelope does so.</param>
    public void Set(scoped in RowChange change, bool withTransaction)
    {
        var output = _scratch.Begin();
        output.Write("{\"op\":\""u8);
        output.WriteByte(change.Operation);
        output.WriteByte((byte)'"');
        source.Write(change.Plan.SourceTable, change.Lsn, output);
        output.Write(",\"transaction\":"u8);
        if (withTransaction && change.Counted && metadata is not null)
        {
            metadata.WriteBlock(change.Plan, change.Lsn, output);
        }
        else
        {
            output.Write("null"u8);
        }

        output.Write(clock.Tail);
    }

    /// <summary>The JSON of a field; <c>null</c> where its block is null.</summary>
    public ReadOnlySpan<byte> Find(AddedField field)
    {
        var json = _scratch.Span;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        bool inside = field.Block.Length == 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool found = reader.ValueTextEquals(inside ? field.Field : field.Block);
            reader.Read();
            if (found && inside)
            {
                var value = json[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
                return field.IsSnapshotMarker && value.SequenceEqual("\"false\""u8) ? "null"u8 : value;
            }

            if (found && reader.TokenType == JsonTokenType.StartObject)
            {
                inside = true;
            }
            else
            {
                reader.Skip();
            }
        }

        return "null"u8;
    }
}
