using System.Text;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Values;
using Penstock.DebeziumTests.Values;

namespace Penstock.DebeziumTests.Documentation;

/// <summary>The tables of docs/events.md about types, written by the encoders themselves.</summary>
internal static class TypeTables
{
    private const string Same = "same";
    private const string Absent = "*no column*";
    private const string NeverToasted = "*never TOASTed*";
    private const int LongestCode = 160;

    public static string Markdown()
    {
        var page = new StringBuilder();
        foreach (var (title, types) in DocumentedTypes.Groups)
        {
            page.Append($"### {title}\n\n");
            page.Append("| Type | Mode | Schema | Postgres' text | JSON | `PENSTOCK_COMPAT=correct` |\n|---|---|---|---|---|---|\n");
            foreach (var type in types)
            {
                AppendType(type, page);
            }

            page.Append('\n');
        }

        page.Append("### What stands for a value that is not there\n\n");
        page.Append("A TOASTed value that an update did not change, and in a delete's `before` a NOT NULL column that the server did not send.\n\n");
        page.Append("| Type | Mode | Unchanged TOASTed value | with `correct` | NOT NULL in `before` (`correct`: null) |\n|---|---|---|---|---|\n");
        foreach (var type in DocumentedTypes.Groups.SelectMany(g => g.Types))
        {
            AppendStandIns(type, page);
        }

        return page.ToString();
    }

    // One line for each form: modes that write the same share it.
    private static void AppendType(DocumentedType type, StringBuilder page)
    {
        foreach (string text in type.Texts)
        {
            var lines = type.Axis.Modes
                .Select(mode => (mode.Label, Cells: Cells(type, text, mode.Set(new ValueModes()))))
                .GroupBy(line => line.Cells, line => line.Label);
            foreach (var line in lines)
            {
                string mode = line.Count() == type.Axis.Modes.Length ? "" : string.Join("; ", line);
                page.Append($"| {type.Name} | {mode} | {line.Key.Schema} | {Code(text)} | {line.Key.Json} | {line.Key.Correct} |\n");
            }
        }
    }

    private static (string Schema, string Json, string Correct) Cells(DocumentedType type, string text, ValueModes modes)
    {
        var strict = Find(type, modes, RowOrigin.Stream);
        var snapshot = Find(type, modes, RowOrigin.Snapshot);
        var correct = Find(type, modes with { Compat = CompatMode.Correct }, RowOrigin.Stream)!;
        string json = strict is null ? Absent : Value(strict, text);
        if (snapshot is not null && Value(snapshot, text) is var other && other != json)
        {
            json += $", in a snapshot {other}";
        }

        string right = Value(correct, text);
        string rightSchema = Schema(correct.Schema);
        bool sameSchema = strict is not null && Schema(strict.Schema) == rightSchema;
        return (
            strict is null ? "" : Code(Schema(strict.Schema)),
            json,
            right == json && sameSchema ? Same : sameSchema ? right : $"{right} as {Code(rightSchema)}");
    }

    private static void AppendStandIns(DocumentedType type, StringBuilder page)
    {
        var lines = type.Axis.Modes
            .Select(mode => (mode.Label, Cells: StandIns(type, mode.Set(new ValueModes()))))
            .GroupBy(line => line.Cells, line => line.Label);
        foreach (var line in lines)
        {
            string mode = line.Count() == type.Axis.Modes.Length ? "" : string.Join("; ", line);
            page.Append($"| {type.Name} | {mode} | {line.Key.Strict} | {line.Key.Correct} | {line.Key.Zero} |\n");
        }
    }

    private static (string Strict, string Correct, string Zero) StandIns(DocumentedType type, ValueModes modes)
    {
        var strict = Find(type, modes, RowOrigin.Stream);
        if (!type.MayBeToasted)
        {
            return (NeverToasted, Same, strict is null ? Absent : Code(Encoded.Written(strict.WriteZero)));
        }

        string correct = Code(Encoded.Written(Find(type, modes with { Compat = CompatMode.Correct }, RowOrigin.Stream)!.WriteUnavailable));
        if (strict is null)
        {
            return (Absent, correct, Absent);
        }

        string unavailable = Code(Encoded.Written(strict.WriteUnavailable));
        return (unavailable, correct == unavailable ? Same : correct, Code(Encoded.Written(strict.WriteZero)));
    }

    private static string Value(ValueEncoder encoder, string text)
    {
        long before = encoder.Losses;
        string json = encoder.ReadsAsNull ? "null" : Encoded.Json(encoder, text);
        return Code(json) + (json == "null" || encoder.Losses != before ? " **lost**" : "");
    }

    private static ValueEncoder? Find(DocumentedType type, ValueModes modes, RowOrigin origin) =>
        new EncoderTable(modes, Encoded.Catalog(DocumentedTypes.Catalog)).Find(type.Oid, type.Modifier, origin, type.Dimensions);

    private static string Schema(SchemaNode node)
    {
        string inner = node.Type switch
        {
            "array" => $"array of {(node.Items!.Optional ? "optional " : "")}{Schema(node.Items)}",
            "map" => $"map of {Schema(node.Keys!)} to {(node.Values!.Optional ? "optional " : "")}{Schema(node.Values)}",
            "struct" => $"struct {{{string.Join(", ", node.Fields.Select(f => $"{f.Field} {(f.Optional ? "optional " : "")}{Schema(f)}"))}}}",
            _ => node.Type,
        };
        string parameters = node.Parameters.Length == 0 ? "" : $" ({string.Join(", ", node.Parameters.Select(p => $"{p.Key}={p.Value}"))})";
        return inner + (node.Name is null ? "" : " " + node.Name) + parameters;
    }

    // A code span; an empty one would be two backticks.
    private static string Code(string text) => text.Length == 0 ? "*empty*"
        : text.Length > LongestCode ? $"`{text[..40]}...` ({text.Length} characters)"
        : $"`{text.Replace("|", "\\|", StringComparison.Ordinal)}`";
}
