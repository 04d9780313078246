using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>
/// Writes one column's values: Postgres' text in, JSON out, nothing allocated. One encoder is chosen per (type, modes) when a relation becomes known.
/// </summary>
public abstract class ValueEncoder
{
    private long _losses;

    /// <summary>The column's Kafka Connect schema, without field name, optionality and default, which belong to the field.</summary>
    public abstract SchemaNode Schema { get; }

    /// <summary>Writes the JSON of a value that is not null. <paramref name="text"/> is the type's text output, as in a pgoutput tuple.</summary>
    /// <exception cref="UnrepresentableValueException">The text is not what the type's output function writes.</exception>
    public abstract void Write(ReadOnlySpan<byte> text, SlabWriter output);

    /// <summary>Writes what stands for an unchanged TOASTed value that the stream did not carry (Debezium 2.9).</summary>
    public abstract void WriteUnavailable(SlabWriter output);

    /// <summary>Writes what stands for a NOT NULL column that a delete's <c>before</c> does not carry (capture A14): a zero-like value.</summary>
    public abstract void WriteZero(SlabWriter output);

    /// <summary>
    /// True where Debezium hands on a NULL whatever the row holds (capture A6: <c>name</c> in the stream): the caller then writes what it writes for a NULL.
    /// </summary>
    public virtual bool ReadsAsNull => false;

    /// <summary>
    /// True for a type that may be TOASTed and has no value that could stand for one that is not there: <see cref="WriteUnavailable"/> writes null, and the field must allow it
    /// (<see cref="CompatMode.Correct"/> only).
    /// </summary>
    public virtual bool NeedsNullForUnavailable => false;

    /// <summary>
    /// Values that were written, but not as the row holds them: wrapped, clamped, cut, without their shape. Values written as null are counted by whom they are written for.
    /// Written by the decoder's thread only, read by any.
    /// </summary>
    public virtual long Losses => Volatile.Read(ref _losses);

    /// <summary>Counts a value that is not what the row holds. Costs nothing where nothing is lost.</summary>
    protected void Lose() => _losses++;
}

/// <summary>A text that the column's type never writes. The decoder adds LSN, table and column; the text itself is not in the message.</summary>
public sealed class UnrepresentableValueException(string message) : Exception(message)
{
    /// <param name="what">What the type's output function writes, such as "a date".</param>
    internal static UnrepresentableValueException Not(string what) => new($"the text is not {what} as Postgres writes it");
}

/// <summary>How values are to be written: the handling modes of Debezium's options.</summary>
public sealed record ValueModes
{
    public DecimalMode Decimal { get; init; } = DecimalMode.Precise;
    public TimeMode Time { get; init; } = TimeMode.Adaptive;
    public BinaryMode Binary { get; init; } = BinaryMode.Bytes;
    public bool IntervalAsText { get; init; }
    public bool HstoreAsMap { get; init; }
    public int MoneyFractionDigits { get; init; } = 2;
    public bool IncludeUnknown { get; init; }
    public string UnavailableValuePlaceholder { get; init; } = "__debezium_unavailable_value";

    /// <summary><c>PENSTOCK_COMPAT</c>.</summary>
    public CompatMode Compat { get; init; } = CompatMode.StrictDebezium;

    /// <summary>JsonConverter's <c>decimal.format=NUMERIC</c>: decimals as JSON numbers instead of base64.</summary>
    public bool DecimalFormatNumeric { get; init; }
}

public enum DecimalMode
{
    Precise,
    Double,
    Text,
}

public enum TimeMode
{
    Adaptive,
    AdaptiveTimeMicroseconds,
    Connect,
    IsoString,
    Microseconds,
    Nanoseconds,
}

public enum BinaryMode
{
    Bytes,
    Base64,
    Base64UrlSafe,
    Hex,
}

/// <summary>Where a row comes from: a few types differ between the two in Debezium (captures A6, A7, A12).</summary>
public enum RowOrigin
{
    Stream,
    Snapshot,
}
