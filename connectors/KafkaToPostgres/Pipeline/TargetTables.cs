using Penstock.KafkaToPostgres.Settings;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>Looks the target's tables up for a run, each over a connection of its own.</summary>
/// <param name="options">The settings.</param>
/// <param name="target">Where.</param>
internal sealed class TargetTables(SinkOptions options, TargetDatabase target)
{
    /// <summary>While rows are put aside their table is looked at no more often.</summary>
    private const int LookAgainMs = 1000;

    private readonly Dictionary<string, long> _lookedAt = [];
    private int _tables;

    /// <summary>A number for a table.</summary>
    public int NextNumber() => _tables++;

    /// <summary>A table of the batches that is no longer as it was; null for none.</summary>
    public TargetTable? Changed(IReadOnlyList<ChangeBatch> batches)
    {
        var tables = new HashSet<TargetTable>();
        foreach (var batch in batches)
        {
            foreach (ref readonly var change in batch.Changes)
            {
                if (change.Table is not null)
                {
                    tables.Add(change.Table);
                }
            }
        }

        return tables.FirstOrDefault(IsAnother);
    }

    /// <summary>Looks a table up; null where there is none.</summary>
    public TargetTable? Find(string schema, string name)
    {
        if (!IsToBeLookedAt($"{schema}.{name}"))
        {
            return null;
        }

        using var control = target.Open();
        return target.Translated(() => TargetCatalog.Find(control, schema, name, NextNumber(), options.KeyFields, options.WithKey));
    }

    /// <summary>The table is no longer as it was when it was looked up. Asked before a row is refused.</summary>
    public bool HasChanged(TargetTable table) => IsToBeLookedAt(table.ToString()) && IsAnother(table);

    /// <summary>A table that rows are refused for is looked at again, with many rows put aside not for each of them.</summary>
    private bool IsToBeLookedAt(string table)
    {
        long now = Environment.TickCount64;
        if (options.OnError == OnError.DeadLetter && _lookedAt.TryGetValue(table, out long lookedAt) && now - lookedAt < LookAgainMs)
        {
            return false;
        }

        _lookedAt[table] = now;
        return true;
    }

    private bool IsAnother(TargetTable table)
    {
        using var control = target.Open();
        var now = target.Translated(() => TargetCatalog.Find(control, table.Schema, table.Name, table.Number, options.KeyFields, options.WithKey));
        return now is null || !now.IsAs(table);
    }
}
