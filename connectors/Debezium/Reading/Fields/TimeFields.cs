using System.Buffers.Binary;
using System.Buffers.Text;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>What a number of a time counts.</summary>
internal enum TimeUnit
{
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// <summary>date: days since 1970, or ISO text.</summary>
internal sealed class DateField : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => sizeof(int);

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        long days;
        if (value.Kind == JsonKind.Text)
        {
            if (Infinity.IsNamed(text, out bool isNegative))
            {
                BinaryPrimitives.WriteInt32BigEndian(output, isNegative ? int.MinValue : int.MaxValue);
                return sizeof(int);
            }

            if (!IsoTime.TryDate(text, out days, out int read) || (read < text.Length && text[read] is not ((byte)'Z' or (byte)'T')))
            {
                throw new UnfitValueException("a text is no date");
            }
        }
        else if (value.Kind != JsonKind.Number || !Utf8Parser.TryParse(text, out days, out int used) || used != text.Length)
        {
            throw Unfit(value, "a date");
        }

        days -= IsoTime.PostgresEpochDays;
        BinaryPrimitives.WriteInt32BigEndian(output, days == (int)days ? (int)days : throw new UnfitValueException("a date is out of range"));
        return sizeof(int);
    }
}

/// <summary>time: a number since midnight, or ISO text.</summary>
internal sealed class TimeField(TimeUnit unit) : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => sizeof(long);

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        long us;
        if (value.Kind == JsonKind.Text)
        {
            if (!IsoTime.TryTime(text, out us, out int read) || (read < text.Length && text[read] != 'Z'))
            {
                throw new UnfitValueException("a text is no time of day");
            }
        }
        else
        {
            us = Count.Microseconds(text, value, unit);
        }

        BinaryPrimitives.WriteInt64BigEndian(output, us);
        return sizeof(long);
    }
}

/// <summary>timestamp and timestamptz: a number since 1970, or ISO text.</summary>
internal sealed class TimestampField(TimeUnit unit) : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => sizeof(long);

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        long us;
        if (value.Kind != JsonKind.Text)
        {
            us = Count.Microseconds(text, value, unit) - IsoTime.PostgresEpochUs;
        }
        else if (Infinity.IsNamed(text, out bool isNegative))
        {
            us = isNegative ? long.MinValue : long.MaxValue;
        }
        else
        {
            us = IsoTime.TryTimestamp(text, out long read) ? read - IsoTime.PostgresEpochUs : throw new UnfitValueException("a text is no timestamp");
        }

        BinaryPrimitives.WriteInt64BigEndian(output, us);
        return sizeof(long);
    }
}

/// <summary>Numbers of time units.</summary>
internal static class Count
{
    public static long Microseconds(ReadOnlySpan<byte> text, in JsonValue value, TimeUnit unit)
    {
        if (value.Kind != JsonKind.Number || !Utf8Parser.TryParse(text, out long number, out int used) || used != text.Length)
        {
            throw new UnfitValueException("the event has no whole number where one that counts time is expected");
        }

        return unit switch
        {
            TimeUnit.Milliseconds => checked(number * 1000),
            TimeUnit.Microseconds => number,
            // Toward the past, as the source has rounded nothing: nanoseconds of Postgres end in three zeros.
            _ => number >= 0 ? number / 1000 : -((-number + 999) / 1000),
        };
    }
}

/// <summary>Postgres' infinite dates and timestamps, by name.</summary>
internal static class Infinity
{
    public static bool IsNamed(ReadOnlySpan<byte> text, out bool isNegative)
    {
        isNegative = text.Length > 0 && text[0] == '-';
        return text.SequenceEqual("infinity"u8) || text.SequenceEqual("-infinity"u8);
    }
}
