using System.Text.Json;
using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>The envelope without its rows, for transforms that copy from it: written to a scratch when it is asked for and read back field by field, for which nothing is allocated.</summary>
internal sealed class EventBlocks(SourceBlock source, TransactionRecords? metadata, EnvelopeClock clock)
{
    private readonly JsonScratch _scratch = new();
    private byte _operation;
    private bool _written;

    /// <summary>Another event, or another operation of the same.</summary>
    public void Begin(byte operation)
    {
        _operation = operation;
        _written = false;
    }

    /// <summary><c>{"op":..,"source":{..},"transaction":..,"ts_ms":..,"ts_us":..,"ts_ns":..}</c>, and what ends a value.</summary>
    public ReadOnlySpan<byte> Json(scoped in RowChange change)
    {
        if (!_written)
        {
            Write(change);
            _written = true;
        }

        return _scratch.Span;
    }

    /// <summary>The JSON of a field; <c>null</c> where its block is null.</summary>
    public ReadOnlySpan<byte> Find(AddedField field, scoped in RowChange change)
    {
        var json = Json(change);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        bool inside = field.Block.Length == 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool found = reader.ValueTextEquals(inside ? field.Field : field.Block);
            reader.Read();
            if (found && inside)
            {
                return json[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
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

    private void Write(scoped in RowChange change)
    {
        var output = _scratch.Begin();
        output.Write("{\"op\":\""u8);
        output.WriteByte(_operation);
        output.WriteByte((byte)'"');
        source.Write(change.Plan.SourceTable, change.Lsn, output);
        output.Write(",\"transaction\":"u8);
        if (change.Counted && metadata is not null)
        {
            metadata.WriteBlock(change.Lsn, output);
        }
        else
        {
            output.Write("null"u8);
        }

        output.Write(clock.Tail);
    }
}
