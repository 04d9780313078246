using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>
/// JSON strings as Jackson's UTF-8 generator writes them inside Kafka Connect's JsonConverter (capture A24): short escapes, <c>\u000B</c> in upper-case
/// hex, characters outside the BMP as an escaped surrogate pair, everything else raw.
/// </summary>
public static class JsonText
{
    // Input bytes between two looks at the room of the slab.
    private const int PartBytes = 512;

    // A control character that is escaped twice: \\u001F.
    private const int MostBytesPerByte = 7;

    // Out of range for a shuffle of sixteen bytes, also with eight added: gives a zero there.
    private const byte Backslash = 0x80;

    private static readonly Vector128<byte>[] Spreads = MakeSpreads();

    private static ReadOnlySpan<byte> HexDigits => "0123456789ABCDEF"u8;

    private static ReadOnlySpan<byte> Replacement => [0xEF, 0xBF, 0xBD];

    /// <summary>Writes the text in quotes. Bytes that are not UTF-8 become U+FFFD, one for each maximal broken part, as Java decodes them.</summary>
    public static void WriteString(ReadOnlySpan<byte> utf8, SlabWriter output)
    {
        output.WriteByte((byte)'"');
        WriteStringContent(utf8, output);
        output.WriteByte((byte)'"');
    }

    /// <summary>As <see cref="WriteString"/>, without the quotes.</summary>
    public static void WriteStringContent(ReadOnlySpan<byte> utf8, SlabWriter output) => WriteContent(utf8, output, twice: false);

    /// <summary>The content of a JSON string that stands inside another JSON string: both escapings in one pass.</summary>
    internal static void WriteTwiceEscapedContent(ReadOnlySpan<byte> utf8, SlabWriter output) => WriteContent(utf8, output, twice: true);

    private static void WriteContent(ReadOnlySpan<byte> utf8, SlabWriter output, bool twice)
    {
        if (!Utf8.IsValid(utf8))
        {
            WriteRepaired(utf8, output, twice);
            return;
        }

        while (!utf8.IsEmpty)
        {
            int limit = Math.Min(utf8.Length, PartBytes);
            var target = output.GetSpan((limit * MostBytesPerByte) + Vector128<byte>.Count);
            output.Advance(CopyPart(ref utf8, limit, target, twice));
        }
    }

    /// <summary>Copies at least <paramref name="limit"/> bytes, a few more where a character goes over it; returns the bytes written.</summary>
    private static int CopyPart(ref ReadOnlySpan<byte> text, int limit, Span<byte> target, bool twice)
    {
        int read = 0;
        int written = 0;
        while (read < limit)
        {
            if (limit - read >= Vector128<byte>.Count)
            {
                // Copy sixteen bytes whatever they are, then go back to the first that needs an escape.
                var bytes = Vector128.Create(text.Slice(read, Vector128<byte>.Count));
                bytes.CopyTo(target[written..]);
                uint syntax = (Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))).ExtractMostSignificantBits();
                uint other = (Vector128.LessThan(bytes, Vector128.Create((byte)0x20)) | Vector128.GreaterThanOrEqual(bytes, Vector128.Create((byte)0xF0))).ExtractMostSignificantBits();
                if (syntax != 0 && other == 0 && !twice)
                {
                    written += EscapeSyntax(bytes, syntax, target[written..]);
                    read += Vector128<byte>.Count;
                    continue;
                }

                uint special = syntax | other;
                int plain = special == 0 ? Vector128<byte>.Count : BitOperations.TrailingZeroCount(special);
                read += plain;
                written += plain;
                if (special == 0)
                {
                    continue;
                }
            }
            else if (!NeedsEscape(text[read]))
            {
                target[written++] = text[read++];
                continue;
            }

            read += Escape(text[read..], target[written..], twice, out int length);
            written += length;
        }

        text = text[read..];
        return written;
    }

    /// <summary>
    /// Sixteen bytes of which only quotes and backslashes need an escape. Dense text (jsonb) has several in each block, at places that no branch predictor knows: the bytes are
    /// therefore spread without a branch, eight at a time. Writes 32 bytes, returns how many of them count.
    /// </summary>
    private static int EscapeSyntax(Vector128<byte> bytes, uint syntax, Span<byte> target)
    {
        uint low = syntax & 0xFF;
        uint high = syntax >> 8;
        Spread(bytes, Spreads[low]).CopyTo(target);
        int half = 8 + BitOperations.PopCount(low);
        Spread(bytes, Spreads[high] + Vector128.Create((byte)8)).CopyTo(target[half..]);
        return half + 8 + BitOperations.PopCount(high);
    }

    private static Vector128<byte> Spread(Vector128<byte> bytes, Vector128<byte> places) =>
        Vector128.ShuffleNative(bytes, places) | (Vector128.GreaterThanOrEqual(places, Vector128.Create(Backslash)) & Vector128.Create((byte)'\\'));

    /// <summary>By the bits of eight bytes that need a backslash before them: which byte goes to each place of the output, or <see cref="Backslash"/>.</summary>
    private static Vector128<byte>[] MakeSpreads()
    {
        var spreads = new Vector128<byte>[256];
        for (int bits = 0; bits < spreads.Length; bits++)
        {
            int length = 0;
            for (int i = 0; i < 8; i++)
            {
                if ((bits >> i & 1) != 0)
                {
                    spreads[bits] = spreads[bits].WithElement(length++, Backslash);
                }

                spreads[bits] = spreads[bits].WithElement(length++, (byte)i);
            }
        }

        return spreads;
    }

    /// <summary>Below U+0020, the quote, the backslash, and every byte that begins a four-byte sequence.</summary>
    private static bool NeedsEscape(byte value) => value is < 0x20 or (byte)'"' or (byte)'\\' or >= 0xF0;

    private static void WriteRepaired(ReadOnlySpan<byte> text, SlabWriter output, bool twice)
    {
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(text, out _, out int consumed);
            if (status != OperationStatus.Done)
            {
                output.Write(Replacement);
            }
            else if (NeedsEscape(text[0]))
            {
                Escape(text, output.GetSpan(MostBytesPerByte * consumed), twice, out int length);
                output.Advance(length);
            }
            else
            {
                output.Write(text[..consumed]);
            }

            text = text[consumed..];
        }
    }

    /// <summary>Escapes the first character and returns how many bytes it takes.</summary>
    private static int Escape(ReadOnlySpan<byte> text, Span<byte> target, bool twice, out int written)
    {
        written = 0;
        byte first = text[0];
        if (first >= 0xF0)
        {
            // The inner text of a doubly escaped string has this character raw, only the outer generator escapes it.
            Rune.DecodeFromUtf8(text, out var rune, out int consumed);
            int above = rune.Value - 0x10000;
            written = FillUnicode(0xD800 + (above >> 10), target);
            written += FillUnicode(0xDC00 + (above & 0x3FF), target[written..]);
            return consumed;
        }

        bool isSyntax = first is (byte)'"' or (byte)'\\';
        if (twice)
        {
            // The inner escape begins with a backslash, which the outer one doubles; an escaped quote or backslash has a second character to escape.
            target[written++] = (byte)'\\';
            if (isSyntax)
            {
                target[written++] = (byte)'\\';
            }
        }

        byte letter = first switch
        {
            _ when isSyntax => first,
            (byte)'\b' => (byte)'b',
            (byte)'\t' => (byte)'t',
            (byte)'\n' => (byte)'n',
            (byte)'\f' => (byte)'f',
            (byte)'\r' => (byte)'r',
            _ => 0,
        };
        if (letter == 0)
        {
            written += FillUnicode(first, target[written..]);
            return 1;
        }

        target[written++] = (byte)'\\';
        target[written++] = letter;
        return 1;
    }

    private static int FillUnicode(int unit, Span<byte> target)
    {
        target[0] = (byte)'\\';
        target[1] = (byte)'u';
        target[2] = HexDigits[unit >> 12];
        target[3] = HexDigits[(unit >> 8) & 15];
        target[4] = HexDigits[(unit >> 4) & 15];
        target[5] = HexDigits[unit & 15];
        return 6;
    }
}
