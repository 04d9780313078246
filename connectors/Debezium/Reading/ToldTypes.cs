using System.Text.RegularExpressions;
using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading;

/// <summary>Columns by the header <c>__penstock.types</c> of postgres-to-kafka, whose types are Postgres' own.</summary>
internal static partial class ToldTypes
{
    /// <summary>The columns in the order of the header.</summary>
    /// <param name="header">Names and types, a JSON object.</param>
    /// <exception cref="MalformedEventException">It is none, or a type is not the name of one: it becomes a part of statements.</exception>
    public static List<WantedColumn> Columns(ReadOnlySpan<byte> header)
    {
        var columns = new List<WantedColumn>();
        var whole = JsonScanner.Whole(header);
        if (whole.Kind != JsonKind.Object)
        {
            throw Broken();
        }

        var members = new JsonScanner(header, whole);
        while (members.TryNext(out var name, out var type))
        {
            string text = type.Kind == JsonKind.Text ? type.TextIn(header) : "";
            if (!TypeName().IsMatch(text))
            {
                throw Broken();
            }

            columns.Add(new WantedColumn(name.TextIn(header), text, OtherOf(text)));
        }

        return columns;
    }

    private static MalformedEventException Broken() => new("the header __penstock.types is not an object of columns and their types");

    // Of types that the target may not have. What is no text in events has no other form than its own.
    private static string OtherOf(string type) => type.TrimEnd('[', ']') switch
    {
        "hstore" => "jsonb",
        var name when name.StartsWith("geometry", StringComparison.Ordinal) || name.StartsWith("geography", StringComparison.Ordinal) || name.Contains("vec", StringComparison.Ordinal) => "",
        _ => type.EndsWith("[]", StringComparison.Ordinal) ? "text[]" : "text",
    };

    // A name, perhaps with a schema or quotes; the words that follow some; a modifier of numbers or, in PostGIS, a word; arrays.
    [GeneratedRegex("""
        ^("[^"\0]+"|[a-z_][a-z0-9_]*)(\.("[^"\0]+"|[a-z_][a-z0-9_]*))?
        (\ (varying|precision))?
        (\ (year|month|day|hour|minute|second)(\ to\ (month|hour|minute|second))?)?
        (\((-?[0-9]{1,9}|[A-Za-z]+)(,-?[0-9]{1,9})?\))?
        (\ with(out)?\ time\ zone)?
        (\[\])*\z
        """, RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex TypeName();
}
