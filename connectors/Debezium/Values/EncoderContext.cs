namespace Penstock.Debezium.Values;

/// <summary>The way on which a value reaches the converter inside Debezium; some types come out differently.</summary>
internal enum ValuePath
{
    /// <summary>A column of a pgoutput tuple: parsed from text by Debezium.</summary>
    Stream,

    /// <summary>A column of a snapshot row: read through JDBC (captures A6, A12).</summary>
    Snapshot,

    /// <summary>An element of an array, in the stream as in a snapshot: java.sql objects made by the JDBC driver (capture A10).</summary>
    ArrayElement,
}

/// <summary>What an encoder is made from.</summary>
/// <param name="Modes">Handling modes.</param>
/// <param name="Placeholder">What stands for an unchanged TOASTed value.</param>
/// <param name="Modifier">atttypmod of the column, that of the domain where it is one; -1 for none.</param>
/// <param name="Path">Where the value comes from.</param>
/// <param name="OfDomain">
/// The column's own type is a domain. Debezium chooses the placeholders of arrays and hstore by the name of the column's type, and finds none for a domain's.
/// </param>
internal sealed record EncoderContext(ValueModes Modes, Placeholder Placeholder, int Modifier, ValuePath Path, bool OfDomain = false)
{
    /// <summary>Every path of a value gives the same bytes, and those are right.</summary>
    public bool IsCorrect => Modes.Compat == CompatMode.Correct;
}
