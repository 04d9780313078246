using Penstock.Debezium.Values;

namespace Penstock.EndToEnd.Values;

/// <summary>Which way a value took: a few types differ (captures A6, A10, A12).</summary>
internal enum OraclePath
{
    Stream,
    Snapshot,
    Element,
}

/// <summary>
/// How Postgres turns the JSON of a value back and compares it with the value, in SQL. <c>j</c> is the JSON (a string's text, anything else as it stands), <c>v</c> the value that the
/// column holds, <c>back</c> the result of <paramref name="Back"/>. Nulls are compared without it.
/// </summary>
/// <param name="Back">An expression over <c>j</c>.</param>
/// <param name="Same">A condition over <c>v</c>, <c>j</c> and <c>back</c>.</param>
/// <param name="Loss">Why the value does not come back as it was; then <paramref name="Same"/> says what is left of it. Null where nothing is lost.</param>
internal sealed record Reading(string Back, string Same, string? Loss = null)
{
    /// <summary>The column is not in the events.</summary>
    public static readonly Reading Absent = new("NULL", "false", "Debezium leaves the column out");

    /// <summary>Every value is written as null.</summary>
    public static readonly Reading Null = new("NULL", "j IS NULL", "Debezium writes null");

    /// <summary>The text of what comes back is that of the value, byte for byte: stricter than the type's own equality, for which 1.0 is 1.00.</summary>
    public static Reading Exact(string back) => new(back, "back::text = v::text");

    public static Reading Lossy(string loss, string back, string same) => new(back, same, loss);
}

/// <summary>A column's type, the texts that are put in, and how its JSON is read.</summary>
/// <param name="Name">Names the table.</param>
/// <param name="Type">Type in SQL.</param>
/// <param name="Texts">Input texts; those that the type does not take are left out by Postgres.</param>
/// <param name="Read">By mode and way.</param>
/// <param name="Extension">The extension that has the type, null for a built-in one.</param>
internal sealed record OracleColumn(string Name, string Type, FsCheck.Gen<string> Texts, Func<ValueModes, OraclePath, Reading> Read, string? Extension = null)
{
    /// <summary>Arrays of it, of one dimension.</summary>
    /// <param name="spoilt">A condition over <c>v</c> under which the whole array is null in Debezium's output, and why; null for none.</param>
    /// <param name="delimiter">Between elements.</param>
    public OracleColumn Array((string Condition, string Loss)? spoilt = null, char delimiter = ',') => new(
        $"{Name}_array",
        $"{Type}[]",
        ValueTexts.Arrays(Texts, delimiter),
        (modes, _) =>
        {
            var all = ReadElements(modes, "json_array_elements_text(s.j::json) WITH ORDINALITY");
            return all != Reading.Absent && modes.Compat != CompatMode.Correct && spoilt is var (condition, loss)
                ? Reading.Lossy(string.Join("; ", new[] { loss, all.Loss }.OfType<string>()), "NULL", $"CASE WHEN {condition} THEN j IS NULL ELSE {all.Same} END")
                : all;
        },
        Extension);

    /// <summary>All elements of an array of it, paired by their places with those of the JSON; an element without a partner differs.</summary>
    /// <param name="modes">Handling modes.</param>
    /// <param name="elements">SQL: texts of the JSON's elements, and their places.</param>
    public Reading ReadElements(ValueModes modes, string elements)
    {
        var element = Read(modes, OraclePath.Element);
        string same = $"""
            j IS NOT NULL AND (SELECT coalesce(bool_and((v IS NOT DISTINCT FROM NULL AND j IS NULL) OR coalesce({element.Same}, false)), true)
             FROM (SELECT a.v, b.j, ({element.Back}) AS back FROM unnest(s.v) WITH ORDINALITY a(v, n) FULL JOIN {elements} b(j, n) ON a.n = b.n) e)
            """;
        return element == Reading.Absent ? element : new Reading("NULL", same, element.Loss);
    }

    /// <summary>The table that has the column, as <c>v</c> beside <c>id</c>.</summary>
    public string Table => $"t_{Name}";

    public OracleColumn Named(string name, string type) => this with { Name = name, Type = type };
}
