using System.Buffers;
using System.Buffers.Binary;
using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>A value whose text in Postgres is put together from the parts of a JSON value.</summary>
internal abstract class ComposedField : FieldEncoder
{
    private readonly ArrayBufferWriter<byte> _text = new();

    public sealed override void Write(ReadOnlySpan<byte> json, in JsonValue value, ChangeBatch output)
    {
        _text.ResetWrittenCount();
        Compose(value.In(json), value, _text);
        var text = _text.WrittenSpan;
        var room = output.Free(sizeof(int) + text.Length);
        BinaryPrimitives.WriteInt32BigEndian(room, text.Length);
        text.CopyTo(room[sizeof(int)..]);
        output.Advance(sizeof(int) + text.Length);
    }

    /// <summary>Writes the text that the type's input function reads.</summary>
    protected abstract void Compose(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output);

    protected sealed override int MostBytes(in JsonValue value) => throw new NotSupportedException("the text's length is known when it is composed");

    protected sealed override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output) => throw new NotSupportedException("the text is composed");

    /// <summary>The value's plain text: of a JSON text without its escapes.</summary>
    protected static void Plain(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
    {
        if (value.HasEscapes)
        {
            output.Advance(JsonTextReader.Unescape(text, output.GetSpan(text.Length)));
        }
        else
        {
            output.Write(text);
        }
    }

    /// <summary>In double quotes, with backslashes before quotes and backslashes: arrays and hstore are written so.</summary>
    protected static void Quoted(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        while (true)
        {
            int special = text.IndexOfAny((byte)'"', (byte)'\\');
            if (special < 0)
            {
                break;
            }

            output.Write(text[..special]);
            output.Write("\\"u8);
            output.Write(text.Slice(special, 1));
            text = text[(special + 1)..];
        }

        output.Write(text);
        output.Write("\""u8);
    }

    /// <summary>The bytes of a text in base64, which may have JSON's escapes.</summary>
    protected static byte[] FromBase64(ReadOnlySpan<byte> text, in JsonValue value)
    {
        byte[] bytes = new byte[text.Length];
        return bytes[..BytesField.FromBase64(text, value.HasEscapes, bytes)];
    }

    protected static JsonValue Member(ReadOnlySpan<byte> json, ReadOnlySpan<byte> wanted)
    {
        var members = new JsonScanner(json, new JsonValue { Start = 0, Length = json.Length, Kind = JsonKind.Object });
        while (members.TryNext(out var name, out var value))
        {
            if (name.In(json).SequenceEqual(wanted))
            {
                return value;
            }
        }

        return default;
    }
}
