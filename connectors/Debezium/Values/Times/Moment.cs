namespace Penstock.Debezium.Values;

/// <summary>A date, or a point in time without zone, in the whole range of Postgres.</summary>
/// <param name="Kind">Finite or one of the infinities; then the rest means nothing.</param>
/// <param name="Date">Calendar date.</param>
/// <param name="MicrosOfDay">Microseconds since midnight, below a day.</param>
internal readonly record struct Moment(MomentKind Kind, CivilDate Date, long MicrosOfDay)
{
    private const string WhatDate = "a date (DateStyle = ISO)";
    private const string WhatTimestamp = "a timestamp (DateStyle = ISO)";

    /// <summary>Whole seconds since 1970, rounded down.</summary>
    public long EpochSecond => (Date.ToEpochDay() * 86_400) + (MicrosOfDay / TimeText.MicrosPerSecond);

    /// <summary>Microseconds in that second.</summary>
    public long MicroOfSecond => MicrosOfDay % TimeText.MicrosPerSecond;

    /// <exception cref="UnrepresentableValueException">The text is not a date.</exception>
    public static Moment ParseDate(ReadOnlySpan<byte> text)
    {
        if (TryParseInfinity(text, out var infinity))
        {
            return infinity;
        }

        var rest = new TimeText(text);
        if (!rest.TryReadDate(out var date))
        {
            throw UnrepresentableValueException.Not(WhatDate);
        }

        return new Moment(MomentKind.Finite, Finish(date, ref rest, WhatDate), 0);
    }

    /// <exception cref="UnrepresentableValueException">The text is not a timestamp without time zone.</exception>
    public static Moment ParseTimestamp(ReadOnlySpan<byte> text)
    {
        if (TryParseInfinity(text, out var infinity))
        {
            return infinity;
        }

        var rest = new TimeText(text);
        if (!rest.TryReadDate(out var date) || !rest.TryRead((byte)' ') || !rest.TryReadClock(out long micros) || micros == TimeText.MicrosPerDay)
        {
            throw UnrepresentableValueException.Not(WhatTimestamp);
        }

        return new Moment(MomentKind.Finite, Finish(date, ref rest, WhatTimestamp), micros);
    }

    /// <summary>A timestamp with time zone, moved to UTC.</summary>
    /// <exception cref="UnrepresentableValueException">The text is not one.</exception>
    public static Moment ParseZoned(ReadOnlySpan<byte> text)
    {
        if (TryParseInfinity(text, out var infinity))
        {
            return infinity;
        }

        var rest = new TimeText(text);
        if (!rest.TryReadDate(out var date) || !rest.TryRead((byte)' ') || !rest.TryReadClock(out long micros) || micros == TimeText.MicrosPerDay
            || !rest.TryReadOffset(out int offsetSeconds))
        {
            throw UnrepresentableValueException.Not(WhatTimestamp);
        }

        date = Finish(date, ref rest, WhatTimestamp);
        if (offsetSeconds != 0)
        {
            micros -= offsetSeconds * TimeText.MicrosPerSecond;
            // An offset may reach over more than one midnight in a text that Postgres would not write; the division takes any.
            long days = Math.DivRem(micros, TimeText.MicrosPerDay, out long ofDay);
            if (ofDay < 0)
            {
                days--;
                ofDay += TimeText.MicrosPerDay;
            }

            date = CivilDate.FromEpochDay(date.ToEpochDay() + days);
            micros = ofDay;
        }

        return new Moment(MomentKind.Finite, date, micros);
    }

    private static CivilDate Finish(CivilDate date, ref TimeText rest, string what)
    {
        if (rest.TryReadBc())
        {
            date = date with { Year = 1 - date.Year };
        }

        return rest.AtEnd && date.Exists() ? date : throw UnrepresentableValueException.Not(what);
    }

    private static bool TryParseInfinity(ReadOnlySpan<byte> text, out Moment moment)
    {
        var kind = text.SequenceEqual("infinity"u8) ? MomentKind.After : text.SequenceEqual("-infinity"u8) ? MomentKind.Before : MomentKind.Finite;
        moment = new Moment(kind, default, 0);
        return kind != MomentKind.Finite;
    }
}

/// <summary>Whether a moment is finite.</summary>
internal enum MomentKind
{
    Finite,

    /// <summary>-infinity.</summary>
    Before,

    /// <summary>infinity.</summary>
    After,
}
