using System.Text.RegularExpressions;
using Penstock.Debezium.Events;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Debezium's include and exclude lists, as the options of a case give them.</summary>
internal sealed class GoldenSelection(IReadOnlyDictionary<string, string> options) : ITableSelection
{
    private readonly Regex[]? _schemas = List(options, "schema.include.list");
    private readonly Regex[]? _notSchemas = List(options, "schema.exclude.list");
    private readonly Regex[]? _tables = List(options, "table.include.list");
    private readonly Regex[]? _notTables = List(options, "table.exclude.list");
    private readonly Regex[]? _columns = List(options, "column.include.list");
    private readonly Regex[]? _notColumns = List(options, "column.exclude.list");

    public bool Includes(string schema, string table) =>
        Passes(schema, _schemas, _notSchemas) && Passes($"{schema}.{table}", _tables, _notTables) && table != "spatial_ref_sys";

    public bool IncludesColumn(string schema, string table, string column) => Passes($"{schema}.{table}.{column}", _columns, _notColumns);

    private static bool Passes(string name, Regex[]? include, Regex[]? exclude) =>
        (include is null || include.Any(p => p.IsMatch(name))) && (exclude is null || !exclude.Any(p => p.IsMatch(name)));

    private static Regex[]? List(IReadOnlyDictionary<string, string> options, string name) => options.TryGetValue(name, out string? list)
        ? [.. list.Split(',', StringSplitOptions.TrimEntries).Select(AnchoredPattern.Compile)]
        : null;
}
