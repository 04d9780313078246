using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>smallint, integer, bigint and oid: the digits go over as they are once they are known to be a number of that width.</summary>
internal sealed class IntegerEncoder : WireEncoder
{
    private readonly ulong _largest;
    private readonly ulong _smallest;

    private IntegerEncoder(string type, ulong largest, ulong smallest)
        : base(new SchemaNode { Type = type }, [.. "0"u8])
    {
        _largest = largest;
        _smallest = smallest;
    }

    public static IntegerEncoder Int16() => new("int16", (ulong)short.MaxValue, 1UL << 15);

    public static IntegerEncoder Int32() => new("int32", int.MaxValue, 1UL << 31);

    public static IntegerEncoder Int64() => new("int64", long.MaxValue, 1UL << 63);

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        bool negative = !text.IsEmpty && text[0] == '-';
        var digits = negative ? text[1..] : text;
        // 19 digits hold every 64-bit number and cannot overflow the sum; JSON allows no leading zero.
        if (digits.IsEmpty || digits.Length > 19 || (digits[0] == '0' && text.Length > 1))
        {
            throw UnrepresentableValueException.Not("an integer");
        }

        ulong magnitude = 0;
        foreach (byte digit in digits)
        {
            uint value = (uint)digit - '0';
            if (value > 9)
            {
                throw UnrepresentableValueException.Not("an integer");
            }

            magnitude = (magnitude * 10) + value;
        }

        if (magnitude > (negative ? _smallest : _largest))
        {
            throw UnrepresentableValueException.Not("an integer of the column's width");
        }

        output.Write(text);
    }
}
