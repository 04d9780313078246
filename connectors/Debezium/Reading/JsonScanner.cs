using System.Text;
using System.Text.Json;

namespace Penstock.Debezium.Reading;

/// <summary>What kind of JSON value stands somewhere.</summary>
public enum JsonKind : byte
{
    None,
    Null,
    True,
    False,
    Number,
    Text,
    Object,
    Array,
}

/// <summary>A value's place in the bytes that were scanned; of a text what is between the quotes.</summary>
public struct JsonValue
{
    public int Start;
    public int Length;
    public JsonKind Kind;

    /// <summary>A text has backslashes in it.</summary>
    public bool HasEscapes;

    public readonly ReadOnlySpan<byte> In(ReadOnlySpan<byte> bytes) => bytes.Slice(Start, Length);

    /// <summary>A text without its escapes.</summary>
    public readonly string TextIn(ReadOnlySpan<byte> bytes) =>
        HasEscapes ? JsonSerializer.Deserialize<string>(bytes.Slice(Start - 1, Length + 2))! : Encoding.UTF8.GetString(In(bytes));

    /// <summary>A member of an object, the first one with this name; false too where this is no object.</summary>
    public readonly bool TryMember(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> wanted, out JsonValue value)
    {
        value = default;
        if (Kind != JsonKind.Object)
        {
            return false;
        }

        var members = new JsonScanner(bytes, this);
        while (members.TryNext(out var name, out value))
        {
            if (name.In(bytes).SequenceEqual(wanted))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The bytes are no JSON, or not an event.</summary>
public sealed class MalformedEventException(string message) : Exception(message);

/// <summary>
/// Walks the members of an object, or the elements of an array, without a document and without unescaping. Finds the ends of values; what is inside of them is checked by who reads them.
/// </summary>
public ref struct JsonScanner
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _end;
    private readonly byte _close;
    private int _at;
    private bool _isFirst = true;

    /// <param name="bytes">All bytes.</param>
    /// <param name="container">An object or array in them.</param>
    public JsonScanner(ReadOnlySpan<byte> bytes, in JsonValue container)
    {
        _bytes = bytes;
        _at = container.Start + 1;
        _end = container.Start + container.Length;
        _close = container.Kind switch
        {
            JsonKind.Object => (byte)'}',
            JsonKind.Array => (byte)']',
            _ => throw new MalformedEventException("an object or an array is expected"),
        };
    }

    /// <summary>The value that the bytes are.</summary>
    public static JsonValue Whole(ReadOnlySpan<byte> bytes)
    {
        int at = Skip(bytes, 0);
        var value = ReadValue(bytes, ref at);
        return Skip(bytes, at) == bytes.Length ? value : throw new MalformedEventException("there is something behind the JSON value");
    }

    /// <summary>The next member.</summary>
    public bool TryNext(out JsonValue name, out JsonValue value)
    {
        name = default;
        if (!Begin(out value))
        {
            return false;
        }

        name = ReadValue(_bytes, ref _at);
        if (name.Kind != JsonKind.Text)
        {
            throw Broken();
        }

        _at = Skip(_bytes, _at);
        if (_at >= _end || _bytes[_at] != ':')
        {
            throw Broken();
        }

        _at++;
        _at = Skip(_bytes, _at);
        value = ReadValue(_bytes, ref _at);
        return true;
    }

    /// <summary>The next element.</summary>
    public bool TryNext(out JsonValue value)
    {
        if (!Begin(out value))
        {
            return false;
        }

        value = ReadValue(_bytes, ref _at);
        return true;
    }

    private bool Begin(out JsonValue value)
    {
        value = default;
        _at = Skip(_bytes, _at);
        if (_at >= _end)
        {
            throw Broken();
        }

        if (_bytes[_at] == _close)
        {
            return false;
        }

        if (!_isFirst)
        {
            if (_bytes[_at] != ',')
            {
                throw Broken();
            }

            _at = Skip(_bytes, _at + 1);
        }

        _isFirst = false;
        return true;
    }

    private static JsonValue ReadValue(ReadOnlySpan<byte> bytes, ref int at)
    {
        if (at >= bytes.Length)
        {
            throw Broken();
        }

        int start = at;
        switch (bytes[at])
        {
            case (byte)'"':
                at = EndOfText(bytes, at + 1, out bool hasEscapes);
                return new JsonValue { Start = start + 1, Length = at - start - 2, Kind = JsonKind.Text, HasEscapes = hasEscapes };
            case (byte)'{':
                at = EndOfContainer(bytes, at);
                return new JsonValue { Start = start, Length = at - start, Kind = JsonKind.Object };
            case (byte)'[':
                at = EndOfContainer(bytes, at);
                return new JsonValue { Start = start, Length = at - start, Kind = JsonKind.Array };
            case (byte)'n':
                return Word(bytes, ref at, "null"u8, JsonKind.Null);
            case (byte)'t':
                return Word(bytes, ref at, "true"u8, JsonKind.True);
            case (byte)'f':
                return Word(bytes, ref at, "false"u8, JsonKind.False);
            default:
                while (at < bytes.Length && bytes[at] is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'+' or (byte)'.' or (byte)'e' or (byte)'E')
                {
                    at++;
                }

                return at > start ? new JsonValue { Start = start, Length = at - start, Kind = JsonKind.Number } : throw Broken();
        }
    }

    private static JsonValue Word(ReadOnlySpan<byte> bytes, ref int at, ReadOnlySpan<byte> word, JsonKind kind)
    {
        if (!bytes[at..].StartsWith(word))
        {
            throw Broken();
        }

        at += word.Length;
        return new JsonValue { Start = at - word.Length, Length = word.Length, Kind = kind };
    }

    private static int EndOfText(ReadOnlySpan<byte> bytes, int at, out bool hasEscapes)
    {
        hasEscapes = false;
        while (true)
        {
            int found = bytes[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (found < 0)
            {
                throw Broken();
            }

            at += found;
            if (bytes[at] == '"')
            {
                return at + 1;
            }

            hasEscapes = true;
            at += 2;
            if (at >= bytes.Length)
            {
                throw Broken();
            }
        }
    }

    private static int EndOfContainer(ReadOnlySpan<byte> bytes, int at)
    {
        int depth = 0;
        while (true)
        {
            int found = bytes[at..].IndexOfAny(Structural);
            if (found < 0)
            {
                throw Broken();
            }

            at += found;
            switch (bytes[at])
            {
                case (byte)'"':
                    at = EndOfText(bytes, at + 1, out _);
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    at++;
                    break;
                default:
                    depth--;
                    at++;
                    if (depth == 0)
                    {
                        return at;
                    }

                    break;
            }
        }
    }

    private static readonly System.Buffers.SearchValues<byte> Structural = System.Buffers.SearchValues.Create("\"{}[]"u8);

    private static int Skip(ReadOnlySpan<byte> bytes, int at)
    {
        while (at < bytes.Length && bytes[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private static MalformedEventException Broken() => new("the record's value is not the JSON of an event");
}
