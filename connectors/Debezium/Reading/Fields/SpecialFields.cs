using System.Buffers;
using System.Text;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>bit and bit varying: a truth value for one bit, else bytes, the lowest first.</summary>
/// <param name="bits">How many there are; -1 where the column does not say, and zeros in front are then not known.</param>
internal sealed class BitsField(int bits) : ComposedField
{
    protected override void Compose(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
    {
        if (value.Kind is JsonKind.True or JsonKind.False)
        {
            output.Write(value.Kind == JsonKind.True ? "1"u8 : "0"u8);
            return;
        }

        if (value.Kind != JsonKind.Text)
        {
            throw Unfit(value, "bits");
        }

        byte[] bytes = FromBase64(text, value);
        int count = bits > 0 ? bits : bytes.Length * 8;
        var digits = output.GetSpan(count);
        for (int i = 0; i < count; i++)
        {
            int bit = count - 1 - i;
            digits[i] = bit / 8 < bytes.Length && (bytes[bit / 8] >> (bit % 8) & 1) == 1 ? (byte)'1' : (byte)'0';
        }

        output.Advance(count);
    }
}

/// <summary>point: <c>{"x":1,"y":2}</c>.</summary>
internal sealed class PointField : ComposedField
{
    protected override void Compose(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
    {
        if (value.Kind == JsonKind.Text)
        {
            Plain(text, value, output);
            return;
        }

        if (value.Kind != JsonKind.Object)
        {
            throw Unfit(value, "a point");
        }

        output.Write("("u8);
        output.Write(Member(text, "x"u8).In(text));
        output.Write(","u8);
        output.Write(Member(text, "y"u8).In(text));
        output.Write(")"u8);
    }
}

/// <summary>interval: a number of microseconds, or ISO 8601's text, which Postgres reads.</summary>
internal sealed class IntervalField : ComposedField
{
    protected override void Compose(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
    {
        Plain(text, value, output);
        if (value.Kind == JsonKind.Number)
        {
            output.Write(" microseconds"u8);
        }
    }
}

/// <summary>A type that the source does not know, as the bytes of its text; or the text itself.</summary>
internal sealed class OpaqueField : ComposedField
{
    protected override void Compose(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
    {
        if (value.Kind == JsonKind.Text && text.Length > 0 && char.IsAsciiLetterOrDigit((char)text[0]) && text.IndexOfAny((byte)' ', (byte)'&', (byte)',') < 0)
        {
            output.Write(FromBase64(text, value));
        }
        else
        {
            Plain(text, value, output);
        }
    }
}

/// <summary>hstore: an object, or the text of one.</summary>
internal sealed class HstoreField : ComposedField
{
    private readonly ArrayBufferWriter<byte> _part = new();

    protected override void Compose(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
    {
        if (value.Kind == JsonKind.Text)
        {
            byte[] inner = new byte[text.Length];
            var json = inner.AsSpan(0, JsonTextReader.Unescape(text, inner));
            var whole = JsonScanner.Whole(json);
            Compose(whole.In(json), whole, output);
            return;
        }

        if (value.Kind != JsonKind.Object)
        {
            throw Unfit(value, "key and value pairs");
        }

        bool isFirst = true;
        var members = new JsonScanner(text, new JsonValue { Start = 0, Length = text.Length, Kind = JsonKind.Object });
        while (members.TryNext(out var name, out var member))
        {
            output.Write(isFirst ? ""u8 : ","u8);
            isFirst = false;
            Part(text, name, output);
            output.Write("=>"u8);
            if (member.Kind == JsonKind.Null)
            {
                output.Write("NULL"u8);
            }
            else
            {
                Part(text, member, output);
            }
        }
    }

    private void Part(ReadOnlySpan<byte> json, in JsonValue value, IBufferWriter<byte> output)
    {
        _part.ResetWrittenCount();
        Plain(value.In(json), value, _part);
        Quoted(_part.WrittenSpan, output);
    }
}

/// <summary>PostGIS: its own binary form, of which it reads the hexadecimal digits; the reference system is in it.</summary>
internal sealed class GeometryField : ComposedField
{
    protected override void Compose(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
    {
        if (value.Kind != JsonKind.Object)
        {
            throw Unfit(value, "a geometry");
        }

        var bytes = Member(text, "wkb"u8);
        output.Write(Encoding.ASCII.GetBytes(Convert.ToHexString(FromBase64(bytes.In(text), bytes))));
    }
}

/// <summary>pgvector's sparsevec: <c>{"dimensions":5,"vector":[[1,1.5]]}</c>, or an object of the elements.</summary>
internal sealed class SparseVectorField : ComposedField
{
    protected override void Compose(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
    {
        if (value.Kind != JsonKind.Object)
        {
            throw Unfit(value, "a sparse vector");
        }

        var vector = Member(text, "vector"u8);
        output.Write("{"u8);
        var parts = new JsonScanner(text, vector);
        bool isFirst = true;
        while (vector.Kind == JsonKind.Object ? parts.TryNext(out var first, out var second) : TryPair(ref parts, text, out first, out second))
        {
            output.Write(isFirst ? ""u8 : ","u8);
            isFirst = false;
            output.Write(first.In(text));
            output.Write(":"u8);
            output.Write(second.In(text));
        }

        output.Write("}/"u8);
        output.Write(Member(text, "dimensions"u8).In(text));
    }

    private static bool TryPair(ref JsonScanner parts, ReadOnlySpan<byte> text, out JsonValue first, out JsonValue second)
    {
        first = second = default;
        if (!parts.TryNext(out var pair))
        {
            return false;
        }

        var items = new JsonScanner(text, pair);
        return items.TryNext(out first) && items.TryNext(out second);
    }
}
