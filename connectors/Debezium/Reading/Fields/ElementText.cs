using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>The text of an array's element, from its JSON.</summary>
internal abstract class ElementText
{
    public static ElementText Plain { get; } = new PlainText();

    public static ElementText Date { get; } = new TimeText(static number => DateOf(number));

    public static ElementText Time(TimeUnit unit) => new TimeText(number => TimeOf(Scaled(number, unit)));

    public static ElementText Timestamp(TimeUnit unit) => new TimeText(number =>
    {
        long us = Scaled(number, unit);
        long days = (long)Math.Floor((decimal)us / IsoTime.DayUs);
        var date = CivilDate.FromEpochDay(days);
        // The era goes behind the time.
        string day = string.Create(CultureInfo.InvariantCulture, $"{(date.Year > 0 ? date.Year : 1 - date.Year):0000}-{date.Month:00}-{date.Day:00}");
        return $"{day} {TimeOf(us - (days * IsoTime.DayUs))}{(date.Year > 0 ? "" : " BC")}";
    });

    public static ElementText Decimal(int scale) => new DecimalText(scale);

    public static ElementText Bytes(BinaryText form) => new ByteaText(form);

    /// <param name="text">The element; of a text what is between its quotes.</param>
    /// <param name="value">Its kind.</param>
    /// <param name="output">Gets the text that the element's type reads.</param>
    public abstract void Write(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output);

    private static void PlainOf(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
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

    private static long Scaled(long number, TimeUnit unit) => unit switch
    {
        TimeUnit.Milliseconds => checked(number * 1000),
        TimeUnit.Microseconds => number,
        _ => number >= 0 ? number / 1000 : -((-number + 999) / 1000),
    };

    private static string DateOf(long days)
    {
        var date = CivilDate.FromEpochDay(days);
        return string.Create(CultureInfo.InvariantCulture, $"{(date.Year > 0 ? date.Year : 1 - date.Year):0000}-{date.Month:00}-{date.Day:00}{(date.Year > 0 ? "" : " BC")}");
    }

    private static string TimeOf(long us) =>
        string.Create(CultureInfo.InvariantCulture, $"{us / 3_600_000_000:00}:{us / 60_000_000 % 60:00}:{us / 1_000_000 % 60:00}.{us % 1_000_000:000000}");

    private sealed class PlainText : ElementText
    {
        public override void Write(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output) => PlainOf(text, value, output);
    }

    private sealed class TimeText(Func<long, string> textOf) : ElementText
    {
        public override void Write(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
        {
            if (value.Kind == JsonKind.Number && Utf8Parser.TryParse(text, out long number, out int used) && used == text.Length)
            {
                output.Write(Encoding.ASCII.GetBytes(textOf(number)));
            }
            else
            {
                PlainOf(text, value, output);
            }
        }
    }

    private sealed class DecimalText(int scale) : ElementText
    {
        public override void Write(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
        {
            int own = scale;
            var bytes = value;
            if (value.Kind == JsonKind.Object)
            {
                var members = new JsonScanner(text, new JsonValue { Start = 0, Length = text.Length, Kind = JsonKind.Object });
                while (members.TryNext(out var name, out var member))
                {
                    if (name.In(text).SequenceEqual("scale"u8) && Utf8Parser.TryParse(member.In(text), out int read, out _))
                    {
                        own = read;
                    }
                    else if (name.In(text).SequenceEqual("value"u8))
                    {
                        bytes = member;
                    }
                }

                text = bytes.In(text);
            }

            if (bytes.Kind != JsonKind.Text)
            {
                output.Write(text);
                return;
            }

            byte[] unscaled = new byte[text.Length];
            int length = BytesField.FromBase64(text, bytes.HasEscapes, unscaled);
            var number = new BigInteger(unscaled.AsSpan(0, length), isUnsigned: false, isBigEndian: true);
            output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}e{-own}")));
        }
    }

    private sealed class ByteaText(BinaryText form) : ElementText
    {
        public override void Write(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
        {
            output.Write("\\x"u8);
            if (form == BinaryText.Hex)
            {
                output.Write(text);
                return;
            }

            byte[] bytes = new byte[text.Length];
            int length = BytesField.FromBase64(text, value.HasEscapes, bytes);
            output.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes.AsSpan(0, length))));
        }
    }
}
