using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>
/// How a key column's value stands in a header: Connect's SimpleHeaderConverter takes Java's <c>toString</c> where JsonConverter has a form of its own (capture A27). A Decimal is a
/// plain number there, NaN and the infinities have no quotes.
/// </summary>
internal static class HeaderValue
{
    public static ValueEncoder Of(ValueEncoder encoder) => encoder switch
    {
        DecimalEncoder number => number.AsNumber(),
        RoundDecimalEncoder round => round.AsNumber(),
        MoneyEncoder money => money.AsNumber(),
        FloatEncoder or DoubleEncoder => new BareSpecials(encoder),
        _ => encoder,
    };

    private sealed class BareSpecials(ValueEncoder number) : WireEncoder(number.Schema, [.. "0.0"u8])
    {
        public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
        {
            if (JavaFloatText.IsSpecial(text))
            {
                output.Write(text);
            }
            else
            {
                number.Write(text, output);
            }
        }
    }
}
