using System.Text;

namespace Penstock.Debezium.Reading;

/// <summary>Undoes the escapes of a JSON text.</summary>
internal static class JsonTextReader
{
    /// <summary>Writes the text in UTF-8; it never needs more room than it had.</summary>
    /// <returns>Bytes written.</returns>
    public static int Unescape(ReadOnlySpan<byte> text, Span<byte> output)
    {
        int written = 0;
        while (true)
        {
            int plain = text.IndexOf((byte)'\\');
            if (plain < 0)
            {
                text.CopyTo(output[written..]);
                return written + text.Length;
            }

            text[..plain].CopyTo(output[written..]);
            written += plain;
            text = text[plain..];
            if (text.Length < 2)
            {
                throw new MalformedEventException("a text of the event ends in a backslash");
            }

            if (text[1] != 'u')
            {
                output[written++] = text[1] switch
                {
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'t' => (byte)'\t',
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    (byte)'"' or (byte)'\\' or (byte)'/' => text[1],
                    _ => throw new MalformedEventException("a text of the event has an escape that JSON does not know"),
                };
                text = text[2..];
                continue;
            }

            int unit = Unit(text);
            text = text[6..];
            if (char.IsHighSurrogate((char)unit) && text.Length >= 6 && text[0] == '\\' && text[1] == 'u' && char.IsLowSurrogate((char)Unit(text)))
            {
                unit = char.ConvertToUtf32((char)unit, (char)Unit(text));
                text = text[6..];
            }

            // A surrogate alone is no character: as elsewhere, the replacement stands for it.
            written += (Rune.TryCreate(unit, out var rune) ? rune : Rune.ReplacementChar).EncodeToUtf8(output[written..]);
        }
    }

    private static int Unit(ReadOnlySpan<byte> text)
    {
        int unit = 0;
        for (int i = 2; i < 6; i++)
        {
            int digit = i < text.Length ? text[i] switch
            {
                >= (byte)'0' and <= (byte)'9' => text[i] - '0',
                >= (byte)'a' and <= (byte)'f' => text[i] - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => text[i] - 'A' + 10,
                _ => -1,
            } : -1;
            if (digit < 0)
            {
                throw new MalformedEventException("a text of the event has an escape that JSON does not know");
            }

            unit = (unit << 4) | digit;
        }

        return unit;
    }
}
