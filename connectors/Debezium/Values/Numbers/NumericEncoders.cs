using System.Globalization;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>numeric(p,s), <c>precise</c>: Connect's Decimal, the unscaled integer in base64. NaN and the infinities are null.</summary>
internal sealed class DecimalEncoder(int precision, int scale, byte[]? unavailable = null) : WireEncoder(SchemaOf(scale, precision), [.. "\"AA==\""u8], unavailable)
{
    /// <param name="scale">Digits after the point.</param>
    /// <param name="precision">All digits; null for money, whose schema does not say.</param>
    public static SchemaNode SchemaOf(int scale, int? precision)
    {
        var scaleParameter = new KeyValuePair<string, string>("scale", scale.ToString(CultureInfo.InvariantCulture));
        return new SchemaNode
        {
            Type = "bytes",
            Name = "org.apache.kafka.connect.data.Decimal",
            Version = 1,
            Parameters = precision is { } digits
                ? [scaleParameter, new("connect.decimal.precision", digits.ToString(CultureInfo.InvariantCulture))]
                : [scaleParameter],
        };
    }

    /// <summary>The same values as JSON numbers.</summary>
    public DecimalNumberEncoder AsNumber() => new(precision, scale, correct: false);

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (JavaFloatText.IsSpecial(text))
        {
            output.Write("null"u8);
            return;
        }

        var number = NumericText.Parse(text).Within(scale);
        TwosComplement.Write(number, scale - number.Fraction.Length, output);
    }
}

/// <summary>numeric(p,s), <c>precise</c>, with the converter option <c>decimal.format=NUMERIC</c>: a JSON number as BigDecimal.toString writes it.</summary>
/// <param name="precision">All digits.</param>
/// <param name="scale">Digits after the point.</param>
/// <param name="correct">No number can stand for one that is not there.</param>
internal sealed class DecimalNumberEncoder(int precision, int scale, bool correct)
    : WireEncoder(DecimalEncoder.SchemaOf(scale, precision), JsonFragment.From(output => BigDecimalText.Write(NumericText.Parse("0"u8), scale, output)))
{
    public override bool NeedsNullForUnavailable { get; } = correct;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (JavaFloatText.IsSpecial(text))
        {
            output.Write("null"u8);
            return;
        }

        BigDecimalText.Write(NumericText.Parse(text).Within(scale), scale, output);
    }
}

/// <summary>
/// numeric(p,-s), <c>precise</c>: Decimal of a negative scale, the number of tens, hundreds, ... (<see cref="CompatMode.Correct"/>; Debezium takes the scale for 2048 - s, capture B4).
/// </summary>
/// <param name="precision">All digits.</param>
/// <param name="zeros">Zeros before the point that the type has.</param>
/// <param name="asNumber"><c>decimal.format=NUMERIC</c>: the digits as Postgres writes them.</param>
/// <param name="unavailable">JSON for a value that is not there.</param>
internal sealed class RoundDecimalEncoder(int precision, int zeros, bool asNumber, byte[]? unavailable)
    : WireEncoder(DecimalEncoder.SchemaOf(-zeros, precision), asNumber ? [.. "0"u8] : [.. "\"AA==\""u8], unavailable)
{
    public override bool NeedsNullForUnavailable => asNumber;

    /// <summary>The same values as JSON numbers.</summary>
    public RoundDecimalEncoder AsNumber() => new(precision, zeros, asNumber: true, unavailable: null);

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (JavaFloatText.IsSpecial(text))
        {
            output.Write("null"u8);
            return;
        }

        var number = NumericText.Parse(text).Within(0);
        if (asNumber)
        {
            BigDecimalText.WritePlain(number, 0, output);
        }
        else
        {
            TwosComplement.Write(number.InUnits(zeros), 0, output);
        }
    }
}

/// <summary>numeric without precision, <c>precise</c>: scale and unscaled integer, zeros at the end stripped but never below scale 0.</summary>
/// <param name="unavailable">JSON for a value that is not there, null for none.</param>
internal sealed class VariableDecimalEncoder(byte[]? unavailable = null) : WireEncoder(
    new SchemaNode
    {
        Type = "struct",
        Fields = [new() { Type = "int32", Field = "scale" }, new() { Type = "bytes", Field = "value" }],
        Name = "io.debezium.data.VariableScaleDecimal",
        Version = 1,
        Doc = "Variable scaled decimal",
    },
    [.. "{\"scale\":0,\"value\":\"AA==\"}"u8],
    unavailable)
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (JavaFloatText.IsSpecial(text))
        {
            output.Write("null"u8);
            return;
        }

        var number = NumericText.Parse(text).Stripped();
        output.Write("{\"scale\":"u8);
        JsonNumber.Write(number.Fraction.Length, output);
        output.Write(",\"value\":"u8);
        TwosComplement.Write(number, 0, output);
        output.WriteByte((byte)'}');
    }

    // A struct cannot be a schema's default in Connect (KAFKA-12694).
    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output) => throw UnrepresentableValueException.Not("a default");
}

/// <summary>numeric, <c>decimal.handling.mode=string</c>: plain notation, with all digits of the column's scale.</summary>
/// <param name="scale">Digits after the point, null where the column has no precision.</param>
/// <param name="placeholder">Where the placeholder text comes from.</param>
internal sealed class NumericTextEncoder(int? scale, Placeholder placeholder) : WireEncoder(
    new SchemaNode { Type = "string" },
    JsonFragment.From(output => WritePlain(NumericText.Parse("0"u8), scale ?? 0, output)),
    placeholder.Text)
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (JavaFloatText.IsSpecial(text))
        {
            output.Write(text[0] == 'N' ? "\"NAN\""u8 : text[0] == '-' ? "\"NEGATIVE_INFINITY\""u8 : "\"POSITIVE_INFINITY\""u8);
            return;
        }

        var number = NumericText.Parse(text);
        WritePlain(scale is { } digits ? number.Within(digits) : number, scale ?? number.Fraction.Length, output);
    }

    private static void WritePlain(NumericText number, int scale, SlabWriter output)
    {
        output.WriteByte((byte)'"');
        BigDecimalText.WritePlain(number, scale, output);
        output.WriteByte((byte)'"');
    }
}
