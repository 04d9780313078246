using System.Buffers;
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
    // Below U+0020, the quote, the backslash, and every byte that can begin a four-byte sequence (0xF0..0xF4; the rest up to 0xFF is never valid).
    private static readonly SearchValues<byte> Escaped = SearchValues.Create(EscapedBytes());

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

        while (true)
        {
            int at = utf8.IndexOfAny(Escaped);
            if (at < 0)
            {
                output.Write(utf8);
                return;
            }

            output.Write(utf8[..at]);
            utf8 = utf8[at..];
            utf8 = utf8[WriteEscape(utf8, output, twice)..];
        }
    }

    private static void WriteRepaired(ReadOnlySpan<byte> text, SlabWriter output, bool twice)
    {
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(text, out _, out int consumed);
            if (status != OperationStatus.Done)
            {
                output.Write(Replacement);
            }
            else if (Escaped.Contains(text[0]))
            {
                WriteEscape(text, output, twice);
            }
            else
            {
                output.Write(text[..consumed]);
            }

            text = text[consumed..];
        }
    }

    /// <summary>Escapes the first character and returns how many bytes it takes.</summary>
    private static int WriteEscape(ReadOnlySpan<byte> text, SlabWriter output, bool twice)
    {
        byte first = text[0];
        if (first >= 0xF0)
        {
            // The inner text of a doubly escaped string has this character raw, only the outer generator escapes it.
            Rune.DecodeFromUtf8(text, out var rune, out int consumed);
            int above = rune.Value - 0x10000;
            WriteUnicode(0xD800 + (above >> 10), output);
            WriteUnicode(0xDC00 + (above & 0x3FF), output);
            return consumed;
        }

        byte letter = first switch
        {
            (byte)'"' => (byte)'"',
            (byte)'\\' => (byte)'\\',
            (byte)'\b' => (byte)'b',
            (byte)'\t' => (byte)'t',
            (byte)'\n' => (byte)'n',
            (byte)'\f' => (byte)'f',
            (byte)'\r' => (byte)'r',
            _ => 0,
        };
        if (twice)
        {
            // The inner escape begins with a backslash, which the outer one doubles; an escaped quote or backslash has a second character to escape.
            output.Write(first is (byte)'"' or (byte)'\\' ? "\\\\"u8 : "\\"u8);
        }

        if (letter == 0)
        {
            WriteUnicode(first, output);
        }
        else
        {
            output.WriteByte((byte)'\\');
            output.WriteByte(letter);
        }

        return 1;
    }

    private static void WriteUnicode(int unit, SlabWriter output)
    {
        var span = output.GetSpan(6);
        span[0] = (byte)'\\';
        span[1] = (byte)'u';
        span[2] = HexDigits[unit >> 12];
        span[3] = HexDigits[(unit >> 8) & 15];
        span[4] = HexDigits[(unit >> 4) & 15];
        span[5] = HexDigits[unit & 15];
        output.Advance(6);
    }

    private static byte[] EscapedBytes()
    {
        var bytes = new List<byte>();
        for (int i = 0; i < 256; i++)
        {
            if (i < 0x20 || i >= 0xF0 || i == '"' || i == '\\')
            {
                bytes.Add((byte)i);
            }
        }

        return [.. bytes];
    }
}
