namespace Penstock.Debezium.Values;

/// <summary>One pair of an hstore text, <c>"key"=>"value"</c> or <c>"key"=>NULL</c>.</summary>
internal readonly ref struct HstorePair(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isNull, int length)
{
    /// <summary>The key as it stands between the quotes: a backslash before each quote and backslash.</summary>
    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>As <see cref="Key"/>; empty for NULL.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    public bool IsNull { get; } = isNull;

    /// <summary>Bytes of the pair in the text.</summary>
    public int Length { get; } = length;

    /// <exception cref="UnrepresentableValueException">The text does not begin with a pair.</exception>
    public static HstorePair Read(ReadOnlySpan<byte> text)
    {
        int keyEnd = QuotedLength(text);
        var rest = text[keyEnd..];
        if (!rest.StartsWith("=>"u8))
        {
            throw Malformed();
        }

        rest = rest[2..];
        if (rest.StartsWith("NULL"u8))
        {
            return new HstorePair(text[1..(keyEnd - 1)], default, true, keyEnd + 6);
        }

        int valueEnd = QuotedLength(rest);
        return new HstorePair(text[1..(keyEnd - 1)], rest[1..(valueEnd - 1)], false, keyEnd + 2 + valueEnd);
    }

    public static UnrepresentableValueException Malformed() => UnrepresentableValueException.Not("an hstore");

    private static int QuotedLength(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] != '"')
        {
            throw Malformed();
        }

        int at = 1;
        while (true)
        {
            int stop = at >= text.Length ? -1 : text[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (stop < 0)
            {
                throw Malformed();
            }

            at += stop + 1;
            if (text[at - 1] == '"')
            {
                return at;
            }

            at++;
        }
    }
}
