namespace Penstock.Debezium.Values;

/// <summary>What <see cref="ArrayText.Next"/> found.</summary>
internal enum ArrayItem
{
    End,
    Null,

    /// <summary>An element whose bytes stand in the text as they are.</summary>
    Plain,

    /// <summary>A quoted element with backslashes before some of its bytes.</summary>
    Escaped,

    /// <summary>An inner array.</summary>
    Nested,
}

/// <summary>Walks over the outermost elements of an array's text, <c>{1,NULL,"a b"}</c> or <c>[0:1]={7,8}</c>.</summary>
internal ref struct ArrayText
{
    private readonly byte _delimiter;
    private ReadOnlySpan<byte> _rest;
    private bool _first;

    /// <param name="text">The whole text.</param>
    /// <param name="delimiter">typdelim of the element type: a comma for all but box and PostGIS' types.</param>
    /// <exception cref="UnrepresentableValueException">It does not begin as an array.</exception>
    public ArrayText(ReadOnlySpan<byte> text, byte delimiter)
    {
        _delimiter = delimiter;
        _first = true;
        _rest = WithoutBounds(text)[1..];
    }

    /// <summary>Whether the text begins with lower bounds, which no JSON array has.</summary>
    public static bool HasBounds(ReadOnlySpan<byte> text) => !text.IsEmpty && text[0] == '[';

    /// <summary>How deep the arrays of the text are nested; 0 for an array without elements, which has no dimension.</summary>
    /// <exception cref="UnrepresentableValueException">It does not begin as an array.</exception>
    public static int Dimensions(ReadOnlySpan<byte> text)
    {
        text = WithoutBounds(text);
        int depth = text.IndexOfAnyExcept((byte)'{');
        return depth == 1 && text[1] == '}' ? 0 : depth;
    }

    /// <param name="element">The element's bytes: quotes left out, for <see cref="ArrayItem.Plain"/> and <see cref="ArrayItem.Escaped"/>; with its braces, an inner array's text.</param>
    /// <exception cref="UnrepresentableValueException">The text ends too early or goes on after its end.</exception>
    public ArrayItem Next(out ReadOnlySpan<byte> element)
    {
        element = default;
        if (_first && _rest.Length == 1)
        {
            _rest = default;
            return ArrayItem.End;
        }

        if (_rest.IsEmpty)
        {
            return ArrayItem.End;
        }

        _first = false;
        var item = _rest[0] switch
        {
            (byte)'"' => TakeQuoted(out element),
            (byte)'{' => TakeNested(out element),
            _ => TakeBare(out element),
        };
        // What follows is a delimiter and another element, or the closing brace as the last byte.
        if (_rest.IsEmpty || (_rest[0] == _delimiter ? _rest.Length < 2 : _rest[0] != '}' || _rest.Length != 1))
        {
            throw Malformed();
        }

        _rest = _rest[0] == '}' ? default : _rest[1..];
        return item;
    }

    private ArrayItem TakeQuoted(out ReadOnlySpan<byte> element)
    {
        int length = QuotedLength(_rest, out bool escaped);
        element = _rest[1..(length - 1)];
        _rest = _rest[length..];
        return escaped ? ArrayItem.Escaped : ArrayItem.Plain;
    }

    private ArrayItem TakeBare(out ReadOnlySpan<byte> element)
    {
        int end = _rest.IndexOfAny(_delimiter, (byte)'}');
        if (end <= 0)
        {
            throw Malformed();
        }

        element = _rest[..end];
        _rest = _rest[end..];
        return element.SequenceEqual("NULL"u8) ? ArrayItem.Null : ArrayItem.Plain;
    }

    // Debezium drops the lower bounds (capture A8).
    private static ReadOnlySpan<byte> WithoutBounds(ReadOnlySpan<byte> text)
    {
        if (HasBounds(text))
        {
            int equals = text.IndexOf((byte)'=');
            text = equals < 0 ? default : text[(equals + 1)..];
        }

        return text.Length >= 2 && text[0] == '{' && text[^1] == '}' ? text : throw Malformed();
    }

    private ArrayItem TakeNested(out ReadOnlySpan<byte> element)
    {
        int depth = 0;
        int at = 0;
        do
        {
            if (at >= _rest.Length)
            {
                throw Malformed();
            }

            switch (_rest[at])
            {
                case (byte)'{':
                    depth++;
                    at++;
                    break;
                case (byte)'}':
                    depth--;
                    at++;
                    break;
                case (byte)'"':
                    at += QuotedLength(_rest[at..], out _);
                    break;
                default:
                    at++;
                    break;
            }
        }
        while (depth > 0);

        element = _rest[..at];
        _rest = _rest[at..];
        return ArrayItem.Nested;
    }

    /// <summary>Length with both quotes.</summary>
    private static int QuotedLength(ReadOnlySpan<byte> text, out bool escaped)
    {
        escaped = false;
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

            escaped = true;
            at++;
        }
    }

    private static UnrepresentableValueException Malformed() => UnrepresentableValueException.Not("an array");
}
