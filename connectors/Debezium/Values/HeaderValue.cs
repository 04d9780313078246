using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>
/// How a key column's value stands in a header: Connect's SimpleHeaderConverter takes Java's <c>toString</c> where JsonConverter has a form of its own (capture A27). A Decimal is a
/// plain number there, NaN and the infinities have no quotes, and Connect's own dates and times (<c>time.precision.mode=connect</c>) are text without quotes.
/// </summary>
internal static class HeaderValue
{
    private const long MsPerDay = 86_400_000;

    public static ValueEncoder Of(ValueEncoder encoder) => encoder switch
    {
        DecimalEncoder number => number.AsNumber(),
        RoundDecimalEncoder round => round.AsNumber(),
        MoneyEncoder money => money.AsNumber(),
        FloatEncoder or DoubleEncoder => new BareSpecials(encoder),
        { Schema.Name: "org.apache.kafka.connect.data.Date" } => new JavaDate(encoder, MsPerDay),
        { Schema.Name: "org.apache.kafka.connect.data.Time" or "org.apache.kafka.connect.data.Timestamp" } => new JavaDate(encoder, 1),
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

    /// <summary>
    /// A java.util.Date: Connect looks at the value alone. What lies before the end of 1970-01-01 is a time of day, a whole number of days is a date, all else both
    /// (Values.dateFormatFor).
    /// </summary>
    /// <param name="number">Writes the date as a number.</param>
    /// <param name="msPerUnit">What a one in it stands for.</param>
    private sealed class JavaDate(ValueEncoder number, long msPerUnit) : WireEncoder(number.Schema, [.. "00:00:00.000Z"u8])
    {
        public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
        {
            byte[] value = text.ToArray();
            byte[] json = JsonFragment.From(writer => number.Write(value, writer));
            if (!Utf8Parser.TryParse(json, out long units, out int read) || read != json.Length)
            {
                output.Write(json);
                return;
            }

            long ms = unchecked(units * msPerUnit);
            long msOfDay = ((ms % MsPerDay) + MsPerDay) % MsPerDay;
            string clock = string.Create(CultureInfo.InvariantCulture, $"{msOfDay / 3_600_000:D2}:{msOfDay / 60_000 % 60:D2}:{msOfDay / 1000 % 60:D2}.{msOfDay % 1000:D3}Z");
            if (ms >= MsPerDay)
            {
                var date = CivilDate.FromEpochDay(ms / MsPerDay);
                string day = string.Create(CultureInfo.InvariantCulture, $"{date.Year:D4}-{date.Month:D2}-{date.Day:D2}");
                clock = msOfDay == 0 ? day : $"{day}T{clock}";
            }

            output.Write(Encoding.ASCII.GetBytes(clock));
        }
    }
}
