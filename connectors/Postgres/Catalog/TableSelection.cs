using Penstock.Engine.Configuration;

namespace Penstock.Postgres.Catalog;

/// <summary>
/// Which tables and columns are captured: the include and exclude lists of schemas (<c>schema</c>), tables (<c>schema.table</c>) and columns (<c>schema.table.column</c>).
/// </summary>
/// <remarks>Debezium 1.3. Include and exclude of one kind exclude each other. Postgres' own schemas, temporary tables and the pipeline's own schema are never captured.</remarks>
public sealed class TableSelection
{
    /// <summary>The pipeline keeps its state here.</summary>
    public const string OwnSchema = "penstock";

    private readonly PatternList? _schemaInclude;
    private readonly PatternList? _schemaExclude;
    private readonly PatternList? _tableInclude;
    private readonly PatternList? _tableExclude;
    private readonly PatternList? _columnInclude;
    private readonly PatternList? _columnExclude;

    /// <summary>Null: no list of that kind.</summary>
    public TableSelection(PatternList? schemaInclude, PatternList? schemaExclude, PatternList? tableInclude, PatternList? tableExclude, PatternList? columnInclude, PatternList? columnExclude)
    {
        _schemaInclude = schemaInclude;
        _schemaExclude = schemaExclude;
        _tableInclude = tableInclude;
        _tableExclude = tableExclude;
        _columnInclude = columnInclude;
        _columnExclude = columnExclude;
    }

    /// <summary>Every table of every schema that is not built in.</summary>
    public static TableSelection All { get; } = new(null, null, null, null, null, null);

    /// <summary>The table of the signals: captured whatever the lists of schemas and tables say (Debezium's RelationalTableFilters).</summary>
    public (string Schema, string Name)? SignalTable { get; init; }

    /// <summary>The entries of <c>table.include.list</c>, for messages about those that match nothing.</summary>
    public IEnumerable<string> IncludePatterns => _tableInclude?.Sources ?? [];

    /// <summary>Reads the six lists (null or blank: none). The errors name the option as Debezium writes it.</summary>
    public static bool TryCreate(
        string? schemaInclude,
        string? schemaExclude,
        string? tableInclude,
        string? tableExclude,
        string? columnInclude,
        string? columnExclude,
        out TableSelection? selection,
        out IReadOnlyList<string> errors)
    {
        (string Option, string? Text)[] options =
        [
            ("schema.include.list", schemaInclude), ("schema.exclude.list", schemaExclude),
            ("table.include.list", tableInclude), ("table.exclude.list", tableExclude),
            ("column.include.list", columnInclude), ("column.exclude.list", columnExclude),
        ];
        var problems = new List<string>();
        var lists = new PatternList?[options.Length];
        for (int i = 0; i < options.Length; i++)
        {
            if (!string.IsNullOrWhiteSpace(options[i].Text) && !PatternList.TryParse(options[i].Text!, out lists[i], out string? error))
            {
                problems.Add($"{options[i].Option}: {error}");
            }

            if (i % 2 == 1 && !string.IsNullOrWhiteSpace(options[i].Text) && !string.IsNullOrWhiteSpace(options[i - 1].Text))
            {
                problems.Add($"{options[i - 1].Option} and {options[i].Option} exclude each other: give one of them");
            }
        }

        errors = problems;
        selection = problems.Count == 0 ? new TableSelection(lists[0], lists[1], lists[2], lists[3], lists[4], lists[5]) : null;
        return problems.Count == 0;
    }

    public bool Includes(string schema, string table)
    {
        if (IsBuiltIn(schema, table))
        {
            return false;
        }

        if (SignalTable == (schema, table))
        {
            return true;
        }

        string name = $"{schema}.{table}";
        return (_schemaInclude?.Matches(schema) ?? true)
            && !(_schemaExclude?.Matches(schema) ?? false)
            && (_tableInclude?.Matches(name) ?? true)
            && !(_tableExclude?.Matches(name) ?? false);
    }

    public bool IncludesColumn(string schema, string table, string column)
    {
        string name = $"{schema}.{table}.{column}";
        return (_columnInclude?.Matches(name) ?? true) && !(_columnExclude?.Matches(name) ?? false);
    }

    /// <summary>Whether one entry of <c>table.include.list</c> matches a table.</summary>
    public bool PatternMatches(string pattern, string schema, string table) => _tableInclude?.Matches(pattern, $"{schema}.{table}") ?? false;

    /// <summary>The place in <c>table.include.list</c> of the first entry that matches a table, 0 without a list.</summary>
    public int IncludePlace(string schema, string table) => _tableInclude?.IndexOf($"{schema}.{table}") ?? 0;

    private static bool IsBuiltIn(string schema, string table) =>
        schema is "pg_catalog" or "information_schema" or "pg_toast" or OwnSchema
        || schema.StartsWith("pg_temp", StringComparison.Ordinal)
        || schema.StartsWith("pg_toast_temp", StringComparison.Ordinal)
        // PostGIS' table of reference systems, left out by Debezium's table.ignore.builtin as well
        || table == "spatial_ref_sys";
}
