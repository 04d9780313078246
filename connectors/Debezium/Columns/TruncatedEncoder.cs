using System.Buffers.Text;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Columns;

/// <summary>
/// The first characters of whatever is written as a text, or the first octets of what is written as plain bytes. Characters are Java's, UTF-16 code units: a pair outside of the BMP
/// can be torn.
/// </summary>
internal abstract class TruncatedEncoder(ValueEncoder column) : ChangedEncoder(column)
{
    /// <summary>The encoder for a column, which is its own where values are neither text nor plain bytes.</summary>
    /// <param name="column">The column's encoder.</param>
    /// <param name="most">Characters or octets that stay.</param>
    public static ValueEncoder Wrap(ValueEncoder column, int most) => column.Schema switch
    {
        { Type: "string" } => new TextCut(column, most),
        { Type: "bytes", Name: null } => new OctetCut(column, most),
        _ => column,
    };

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        int start = output.RecordBytes;
        Column.Write(text, output);
        Cut(start, output);
    }

    public override void WriteUnavailable(SlabWriter output)
    {
        int start = output.RecordBytes;
        Column.WriteUnavailable(output);
        Cut(start, output);
    }

    public override void WriteZero(SlabWriter output)
    {
        int start = output.RecordBytes;
        Column.WriteZero(output);
        Cut(start, output);
    }

    public override byte[]? ChangeDefault(byte[]? json) => json is null ? null : JsonFragment.From(output =>
    {
        output.Write(json);
        Cut(0, output);
    });

    /// <summary>Shortens a JSON string.</summary>
    /// <param name="json">All of it, quotes too. What stays may be rewritten in place.</param>
    /// <returns>Bytes that stay, without the closing quote; negative for all.</returns>
    protected abstract int Keep(Span<byte> json);

    private void Cut(int start, SlabWriter output)
    {
        int length = output.RecordBytes - start;
        var json = output.Slab!.Bytes.AsSpan(output.Position - length, length);
        // A value without a form is a bare null.
        int keep = json[0] == '"' ? Keep(json) : -1;
        if (keep >= 0)
        {
            output.Retreat(length - keep);
            output.WriteByte((byte)'"');
        }
    }

    private sealed class TextCut(ValueEncoder column, int most) : TruncatedEncoder(column)
    {
        protected override int Keep(Span<byte> json)
        {
            int units = 0;
            for (int at = 1; at < json.Length - 1;)
            {
                if (units++ == most)
                {
                    return at;
                }

                // Only characters of the BMP stand raw, so that each step is one code unit.
                at += json[at] switch
                {
                    (byte)'\\' => json[at + 1] == 'u' ? 6 : 2,
                    < 0x80 => 1,
                    < 0xE0 => 2,
                    _ => 3,
                };
            }

            return -1;
        }
    }

    private sealed class OctetCut(ValueEncoder column, int most) : TruncatedEncoder(column)
    {
        // The placeholder is an array of octets, which Debezium does not cut.
        public override void WriteUnavailable(SlabWriter output) => Column.WriteUnavailable(output);

        protected override int Keep(Span<byte> json)
        {
            // Three octets are four letters; the padding is whatever is left of the last group.
            var letters = json[1..^1];
            if (letters.Length <= (long)(most + 2) / 3 * 4)
            {
                // As long as what would stay: decoding tells.
                Span<byte> last = stackalloc byte[3];
                int full = Math.Max(letters.Length - 4, 0);
                if (letters.IsEmpty || Base64.DecodeFromUtf8(letters[full..], last, out _, out int octets) != System.Buffers.OperationStatus.Done || (full / 4 * 3) + octets <= most)
                {
                    return -1;
                }
            }

            int whole = most / 3 * 4;
            int rest = most % 3;
            if (rest == 0)
            {
                return 1 + whole;
            }

            Span<byte> group = stackalloc byte[3];
            Base64.DecodeFromUtf8(letters.Slice(whole, 4), group, out _, out _);
            Base64.EncodeToUtf8(group[..rest], letters.Slice(whole, 4), out _, out _);
            return 1 + whole + 4;
        }
    }
}
