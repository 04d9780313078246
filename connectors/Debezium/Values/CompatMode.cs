namespace Penstock.Debezium.Values;

/// <summary><c>PENSTOCK_COMPAT</c>: what is written where Debezium's own output is plainly wrong; docs/compat.md lists every difference.</summary>
public enum CompatMode
{
    /// <summary>Debezium's output, byte for byte. What is lost is counted and said once.</summary>
    StrictDebezium,

    /// <summary>
    /// The value as the row holds it, in a form that fits the schema; the same bytes from the snapshot and from the stream. What no form of a type can hold is null, is counted, and
    /// a header names the column.
    /// </summary>
    Correct,
}
