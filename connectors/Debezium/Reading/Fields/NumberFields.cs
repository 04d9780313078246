using System.Buffers.Binary;
using System.Buffers.Text;

namespace Penstock.Debezium.Reading.Fields;

internal sealed class BooleanField : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => 1;

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        output[0] = value.Kind switch
        {
            JsonKind.True => 1,
            JsonKind.False => 0,
            _ => throw Unfit(value, "true or false"),
        };
        return 1;
    }
}

/// <summary>smallint, integer and bigint.</summary>
/// <param name="bytes">2, 4 or 8.</param>
internal sealed class IntegerField(int bytes) : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => sizeof(long);

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        if (value.Kind is not (JsonKind.Number or JsonKind.Text) || !Utf8Parser.TryParse(text, out long number, out int used) || used != text.Length)
        {
            throw Unfit(value, "a whole number");
        }

        switch (bytes)
        {
            case sizeof(short) when number == (short)number:
                BinaryPrimitives.WriteInt16BigEndian(output, (short)number);
                return sizeof(short);
            case sizeof(int) when number == (int)number:
                BinaryPrimitives.WriteInt32BigEndian(output, (int)number);
                return sizeof(int);
            case sizeof(long):
                BinaryPrimitives.WriteInt64BigEndian(output, number);
                return sizeof(long);
            default:
                throw new UnfitValueException("a number is out of its column's range");
        }
    }
}

/// <summary>real and double precision.</summary>
internal sealed class FloatField(bool isSingle) : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => sizeof(double);

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        if (isSingle)
        {
            // Read as what it is: by way of a double it would be rounded twice.
            float single = value.Kind == JsonKind.Number && Utf8Parser.TryParse(text, out float parsed, out int used) && used == text.Length ? parsed : (float)Special(text, value);
            BinaryPrimitives.WriteSingleBigEndian(output, single);
            return sizeof(float);
        }

        double number = value.Kind == JsonKind.Number && Utf8Parser.TryParse(text, out double read, out int length) && length == text.Length ? read : Special(text, value);
        BinaryPrimitives.WriteDoubleBigEndian(output, number);
        return sizeof(double);
    }

    private static double Special(ReadOnlySpan<byte> text, in JsonValue value)
    {
        if (value.Kind == JsonKind.Text)
        {
            if (text.SequenceEqual("NaN"u8))
            {
                return double.NaN;
            }

            if (text.SequenceEqual("Infinity"u8))
            {
                return double.PositiveInfinity;
            }

            if (text.SequenceEqual("-Infinity"u8))
            {
                return double.NegativeInfinity;
            }

            if (Utf8Parser.TryParse(text, out double number, out int used) && used == text.Length)
            {
                return number;
            }
        }

        throw Unfit(value, "a number");
    }
}
