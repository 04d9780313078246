using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Columns;

/// <summary>The first characters of a text, counted as Java counts them: UTF-16 code units. A pair that would be torn is left out.</summary>
internal sealed class TruncatedEncoder(ValueEncoder column, string placeholder, int characters) : ValueEncoder
{
    private readonly byte[] _placeholder = Encoding.UTF8.GetBytes(placeholder);
    private readonly bool _isText = column is TextEncoder;
    private readonly JsonScratch _scratch = new();

    public override SchemaNode Schema { get; } =
        column.Schema with { Parameters = [.. column.Schema.Parameters, new("truncateLength", characters.ToString(CultureInfo.InvariantCulture))] };

    public override bool ReadsAsNull => column.ReadsAsNull;

    public override long Losses => column.Losses;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (_isText)
        {
            column.Write(Cut(text), output);
            return;
        }

        // A time, an interval, octets or a number that is written as text: what is written is cut, as in Debezium.
        column.Write(text, _scratch.Begin());
        var json = _scratch.Span;
        if (json[0] != (byte)'"')
        {
            output.Write(json);
            return;
        }

        byte[] written = ArrayPool<byte>.Shared.Rent(json.Length);
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            JsonText.WriteString(Cut(written.AsSpan(0, reader.CopyString(written))), output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(written);
        }
    }

    public override void WriteUnavailable(SlabWriter output) => JsonText.WriteString(Cut(_placeholder), output);

    public override void WriteZero(SlabWriter output) => column.WriteZero(output);

    private ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text)
    {
        // Every code unit takes a byte at least: a short text needs no count.
        if (text.Length <= characters)
        {
            return text;
        }

        int units = 0;
        for (int at = 0; at < text.Length; at++)
        {
            // Continuation bytes count nothing, a four-byte sequence counts two units.
            int more = (text[at] & 0xC0) == 0x80 ? 0 : text[at] >= 0xF0 ? 2 : 1;
            units += more;
            if (units > characters)
            {
                return text[..at];
            }
        }

        return text;
    }
}
