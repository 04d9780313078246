using System.Text;
using System.Text.RegularExpressions;
using Penstock.Postgres.Catalog;

namespace Penstock.Debezium.Values;

/// <summary>
/// Reads a column default as Debezium does (2.8 "Column defaults", capture A15): by patterns, not by evaluation. A call of a function stands for a zero-like
/// value, the first text between quotes for itself, anything else for its own text.
/// </summary>
internal static partial class ColumnDefault
{
    /// <summary>Zero-like value of a function's result by type name. A type that is not here has no default.</summary>
    private static readonly Dictionary<string, string> Generated = new(StringComparer.Ordinal)
    {
        ["bit"] = "00",
        ["varbit"] = "0",
        ["bool"] = "false",
        ["bpchar"] = "",
        ["varchar"] = "",
        ["text"] = "",
        ["numeric"] = "0.0",
        ["float4"] = "0.0",
        ["float8"] = "0.0",
        ["int2"] = "0",
        ["int4"] = "0",
        ["int8"] = "0",
        ["json"] = "{}",
        ["jsonb"] = "{}",
        ["xml"] = "",
        ["uuid"] = "00000000-0000-0000-0000-000000000000",
        ["date"] = "1970-01-01",
        ["time"] = "00:00:00",
        ["timestamp"] = "1970-01-01 00:00:00",
        ["timestamptz"] = "1970-01-01 00:00:00+00",
        ["interval"] = "00:00:00",
    };

    private static readonly HashSet<string> CurrentTimes = new(
        ["current_timestamp", "current_time", "current_date", "localtime", "localtimestamp"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether schemas of a built-in type ever have a default.</summary>
    public static bool Carries(string typeName) => Generated.ContainsKey(typeName);

    /// <param name="encoder">The column's encoder.</param>
    /// <param name="expression">pg_get_expr.</param>
    /// <param name="typeName">typname of a built-in type, else null.</param>
    /// <param name="modifier">atttypmod.</param>
    /// <param name="enumType">The column's type where it is an enum, else null.</param>
    /// <returns>JSON, or null where Debezium gives no default.</returns>
    public static string? ToJson(WireEncoder encoder, string expression, string? typeName, int modifier, CatalogType? enumType)
    {
        if (enumType is not null)
        {
            return ReadEnum(expression, enumType.Name) is { } label ? Written(encoder, label) : null;
        }

        return typeName is not null && Generated.TryGetValue(typeName, out string? generated) && Read(expression, generated) is { } value
            ? Written(encoder, value, text => DefaultText.Of(typeName, modifier, text))
            : null;
    }

    /// <summary>JSON of a default's text in the given form; null where it is no value of the type: an expression such as (1 + 2), or a constant of another type, which an assignment would convert.</summary>
    internal static string? Written(WireEncoder encoder, string value, Func<string, string?>? form = null)
    {
        try
        {
            if ((form is null ? value : form(value)) is not { } formed)
            {
                return null;
            }

            byte[] text = Encoding.UTF8.GetBytes(formed);
            string json = Encoding.UTF8.GetString(JsonFragment.From(output => encoder.WriteDefault(text, output)));
            return json == "null" ? null : json;
        }
        catch (UnrepresentableValueException)
        {
            return null;
        }
    }

    private static string? Read(string expression, string generated)
    {
        if (FunctionCall().IsMatch(expression) || CurrentTimes.Contains(expression))
        {
            return generated;
        }

        if (!expression.Contains('\'', StringComparison.Ordinal))
        {
            return expression.StartsWith("NULL::", StringComparison.Ordinal) ? null : expression;
        }

        // Up to the first quote, even where that is the first half of a doubled one.
        var literal = Literal().Match(expression);
        return literal.Success ? literal.Groups[1].Value : null;
    }

    /// <summary>The label in <c>'ok'::mood</c> or <c>'ok'::public."Mood"</c>, if the cast names the type.</summary>
    private static string? ReadEnum(string expression, string typeName)
    {
        int cast = expression.LastIndexOf("::", StringComparison.Ordinal);
        // A dot in the type's own name is taken for the end of a schema's, and no type is found.
        if (typeName.Contains('.', StringComparison.Ordinal) || cast < 2 || expression[0] != '\'' || expression[cast - 1] != '\'')
        {
            return null;
        }

        string castTo = expression[(cast + 2)..];
        string quoted = $"\"{typeName.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        bool same = castTo == typeName || castTo == quoted
            || castTo.EndsWith("." + typeName, StringComparison.Ordinal) || castTo.EndsWith("." + quoted, StringComparison.Ordinal);
        return same ? expression[1..(cast - 1)] : null;
    }

    [GeneratedRegex(@"^[(]?[A-Za-z0-9_.]+\(.*\)")]
    private static partial Regex FunctionCall();

    [GeneratedRegex("'(.*?)'")]
    private static partial Regex Literal();
}
