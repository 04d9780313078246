using System.Globalization;
using Penstock.Servers;

namespace Penstock.Demo;

/// <summary>Folds the events of all topics, from the beginning, into the tables they describe, and checks their order for each key.</summary>
internal sealed class TopicFold
{
    private readonly Dictionary<ShopTable, Dictionary<long, RowHistory>> _rows = Shop.Tables.ToDictionary(table => table, _ => new Dictionary<long, RowHistory>());
    private readonly Dictionary<char, long> _operations = [];

    public long Events { get; private set; }

    /// <summary>Events of the stream: those that are no snapshot's.</summary>
    public long Streamed => Events - _operations.GetValueOrDefault('r');

    public long OutOfOrder { get; private set; }

    /// <summary>Events that came before: a restart may repeat some, this demo should see none.</summary>
    public long Repeated { get; private set; }

    public IReadOnlyDictionary<char, long> Operations => _operations;

    public IReadOnlyDictionary<long, RowHistory> Rows(ShopTable table) => _rows[table];

    /// <summary>Takes an event and tells which columns it changed, with the values before and after as text.</summary>
    public IReadOnlyList<(string Column, string? Before, string? After)> Take(ShopEvent change)
    {
        Events++;
        _operations[change.Operation] = _operations.GetValueOrDefault(change.Operation) + 1;
        Dictionary<long, RowHistory> rows = _rows[change.Table];
        if (!rows.TryGetValue(change.Key, out RowHistory? row))
        {
            rows[change.Key] = row = new RowHistory();
        }
        string?[]? before = row.Values;
        string?[]? after = null;
        int version = 0;
        if (change.Operation != 'd')
        {
            after = [.. change.Table.Columns.Select((column, i) => column.From(change.After, before?[i]))];
            version = int.Parse(after[change.Table.VersionIndex] ?? throw new ServerException($"an event of {change.Table.Name} has no version"), CultureInfo.InvariantCulture);
        }
        if (!row.Take(change.Operation, version, out bool repeated))
        {
            OutOfOrder++;
        }
        if (repeated)
        {
            Repeated++;
        }
        row.Values = after;
        return Changes(change.Table, before, after);
    }

    private static List<(string, string?, string?)> Changes(ShopTable table, string?[]? before, string?[]? after)
    {
        List<(string, string?, string?)> changes = [];
        for (int i = 0; after is not null && i < after.Length; i++)
        {
            if (i != table.VersionIndex && (before is null || before[i] != after[i]))
            {
                changes.Add((table.Columns[i].Name, before?[i], after[i]));
            }
        }
        return changes;
    }
}
