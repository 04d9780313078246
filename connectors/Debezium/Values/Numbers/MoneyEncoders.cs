using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>money, <c>precise</c>: Decimal of <c>money.fraction.digits</c>, rounded half up.</summary>
internal sealed class MoneyEncoder(int fractionDigits) : WireEncoder(DecimalEncoder.SchemaOf(fractionDigits, null), [.. "\"AA==\""u8])
{
    /// <summary>The same values as JSON numbers.</summary>
    public MoneyNumberEncoder AsNumber() => new(fractionDigits);

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        Span<byte> buffer = stackalloc byte[MoneyText.LongestBytes];
        var number = MoneyText.Parse(text, buffer);
        if (number.Fraction.Length <= fractionDigits)
        {
            TwosComplement.Write(number, fractionDigits - number.Fraction.Length, output);
        }
        else
        {
            TwosComplement.Write(MoneyRounding.HalfUp(number, fractionDigits), output);
        }
    }
}

/// <summary>money, <c>precise</c>, with <c>decimal.format=NUMERIC</c>.</summary>
internal sealed class MoneyNumberEncoder(int fractionDigits) : WireEncoder(
    DecimalEncoder.SchemaOf(fractionDigits, null),
    JsonFragment.From(output => BigDecimalText.Write(NumericText.Parse("0"u8), fractionDigits, output)))
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        Span<byte> buffer = stackalloc byte[MoneyText.LongestBytes];
        Span<byte> rounded = stackalloc byte[MoneyText.LongestBytes];
        var number = MoneyText.Parse(text, buffer);
        BigDecimalText.Write(number.Fraction.Length <= fractionDigits ? number : MoneyRounding.HalfUp(number, fractionDigits, rounded), fractionDigits, output);
    }
}

/// <summary>money, <c>double</c>.</summary>
internal sealed class MoneyDoubleEncoder() : WireEncoder(new SchemaNode { Type = "double" }, [.. "0.0"u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        Span<byte> buffer = stackalloc byte[MoneyText.LongestBytes];
        Span<byte> plain = stackalloc byte[MoneyText.LongestBytes * 2];
        var number = MoneyText.Parse(text, buffer);
        JavaFloatText.WriteDouble(plain[..MoneyRounding.Join(number, plain)], output);
    }
}

/// <summary>money, <c>string</c>: the digits that Postgres shows.</summary>
internal sealed class MoneyTextEncoder(int fractionDigits) : WireEncoder(new SchemaNode { Type = "string" }, ZeroOf(fractionDigits))
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        Span<byte> buffer = stackalloc byte[MoneyText.LongestBytes];
        var number = MoneyText.Parse(text, buffer);
        output.WriteByte((byte)'"');
        BigDecimalText.WritePlain(number, number.Fraction.Length, output);
        output.WriteByte((byte)'"');
    }

    private static byte[] ZeroOf(int fractionDigits) => JsonFragment.From(output =>
    {
        output.WriteByte((byte)'"');
        BigDecimalText.Write(NumericText.Parse("0"u8), fractionDigits, output);
        output.WriteByte((byte)'"');
    });
}
