using System.Text.Json;
using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>The envelope without its rows, for transforms that copy from it: written to a scratch when it is asked for and read back once, for which nothing is allocated.</summary>
internal sealed class EventBlocks(SourceBlock source, TransactionRecords? metadata, EnvelopeClock clock)
{
    private static readonly int SourceStart = EventSchemas.FieldsOf("").Length;
    private static readonly int TransactionStart = SourceStart + EventSchemas.FieldsOf("source").Length;

    private readonly JsonScratch _scratch = new();
    private readonly (int Start, int End)[] _fields = new (int, int)[TransactionStart + EventSchemas.FieldsOf("transaction").Length];
    private byte _operation;
    private bool _written;

    /// <summary>Where the field of a block is kept; its index is that in <see cref="EventSchemas.FieldsOf"/>.</summary>
    public static int PlaceOf(string block, int index) => index + block switch { "source" => SourceStart, "transaction" => TransactionStart, _ => 0 };

    /// <summary>Another event, or another operation of the same.</summary>
    public void Begin(byte operation)
    {
        _operation = operation;
        _written = false;
    }

    /// <summary>The JSON of a field; <c>null</c> where its block is null.</summary>
    public ReadOnlySpan<byte> Find(AddedField field, scoped in RowChange change) => Find(field.Place, change);

    /// <inheritdoc cref="Find(AddedField, in RowChange)"/>
    public ReadOnlySpan<byte> Find(int place, scoped in RowChange change)
    {
        if (!_written)
        {
            Write(change);
            Read();
            _written = true;
        }

        var (start, end) = _fields[place];
        return end == 0 ? "null"u8 : _scratch.Span[start..end];
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

    // Fields are told by their places: the blocks are written in one order always.
    private void Read()
    {
        _fields.AsSpan(TransactionStart).Clear();
        var reader = new Utf8JsonReader(_scratch.Span);
        int outer = 0;
        int inner = SourceStart;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.CurrentDepth == 2)
            {
                _fields[inner++] = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
            }
            else if (reader.CurrentDepth == 1 && reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
            {
                _fields[outer++] = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
            }
            else if (reader.CurrentDepth == 0 && reader.TokenType == JsonTokenType.EndObject)
            {
                return;
            }
        }
    }
}
