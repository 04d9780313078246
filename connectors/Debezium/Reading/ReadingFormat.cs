namespace Penstock.Debezium.Reading;

/// <summary>How instants without a zone were written as numbers, where no schema says so.</summary>
public enum TimePrecision
{
    /// <summary>Milliseconds up to three digits of a column's precision, microseconds above.</summary>
    Adaptive,

    /// <summary>As adaptive for dates and timestamps; times of day always in microseconds.</summary>
    AdaptiveTimeMicroseconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// <summary>How bytes were written as text.</summary>
public enum BinaryText
{
    Base64,
    Hex,
}

/// <summary>
/// What the events' source was told about their form: needed where they come without schemas, because a number does not say what it counts. The same options as the source's.
/// </summary>
public sealed record ReadingFormat
{
    /// <summary><c>time.precision.mode</c>.</summary>
    public TimePrecision Times { get; init; }

    /// <summary><c>decimal.handling.mode</c> is precise: a text is the unscaled number's bytes in base64. Else it is the number itself.</summary>
    public bool DecimalsAreBytes { get; init; } = true;

    /// <summary><c>binary.handling.mode</c>.</summary>
    public BinaryText Binary { get; init; }

    /// <summary><c>unavailable.value.placeholder</c>.</summary>
    public string Placeholder { get; init; } = "__debezium_unavailable_value";
}
