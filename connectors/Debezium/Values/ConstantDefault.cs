using System.Text.RegularExpressions;
using Penstock.Postgres.Catalog;

namespace Penstock.Debezium.Values;

/// <summary>
/// Reads a column default that is a constant, whole and with its quotes undone; an expression or a call of a function is no default
/// (<see cref="CompatMode.Correct"/>; <see cref="ColumnDefault"/> is how Debezium does it, capture A15).
/// </summary>
internal static partial class ConstantDefault
{
    // VARHDRSZ, which the modifier of char(n) counts in.
    private const int HeaderBytes = 4;

    /// <param name="encoder">The column's encoder.</param>
    /// <param name="expression">pg_get_expr.</param>
    /// <param name="typeName">typname of a built-in type, else null.</param>
    /// <param name="modifier">atttypmod.</param>
    /// <param name="enumType">The column's type where it is an enum, else null.</param>
    /// <returns>JSON, or null where there is no constant, or Debezium's schemas of the type carry no default.</returns>
    public static string? ToJson(WireEncoder encoder, string expression, string? typeName, int modifier, CatalogType? enumType)
    {
        bool carried = enumType is not null || (typeName is not null && ColumnDefault.Carries(typeName));
        if (!carried || Read(expression) is not { } value)
        {
            return null;
        }

        if (typeName == "bpchar" && modifier > HeaderBytes)
        {
            // Values come padded; Postgres counts code points.
            int missing = modifier - HeaderBytes - value.EnumerateRunes().Count();
            value += new string(' ', Math.Max(missing, 0));
        }

        return ColumnDefault.Written(encoder, value);
    }

    private static string? Read(string expression)
    {
        if (Bare().IsMatch(expression))
        {
            return expression;
        }

        if (Quoted().Match(expression) is not { Success: true } quoted)
        {
            return null;
        }

        string value = quoted.Groups["text"].Value.Replace("''", "'", StringComparison.Ordinal);
        return quoted.Groups["escaped"].Success ? value.Replace(@"\\", @"\", StringComparison.Ordinal) : value;
    }

    [GeneratedRegex(@"\A(-?[0-9]+(\.[0-9]+)?|true|false)\z")]
    private static partial Regex Bare();

    // A literal and casts by name alone; (n) is a modifier, anything else between parentheses an expression.
    [GeneratedRegex("""\A(?<escaped>E)?'(?<text>(?:[^']|'')*)'(::[A-Za-z_"][A-Za-z0-9_". ]*(\([0-9, -]+\))?[a-z ]*)*\z""")]
    private static partial Regex Quoted();
}
