using Npgsql;

namespace Penstock.Postgres.Apply;

/// <summary>
/// Applies batches of changes: one transaction with all rows and the offsets behind them. Each group of rows is copied in binary form into a temporary table and merged by one
/// statement; rows that were made are copied into the table itself while none of them is there yet.
/// </summary>
public sealed class BatchApplier(SinkOffsets offsets, InsertMode mode, IPoisonPolicy poison)
{
    /// <summary>After rows that were there already, so many transactions go through the stage before a direct COPY is tried again; doubles each time.</summary>
    private const int FirstDetour = 8;
    private const int LongestDetour = 1024;

    /// <summary>Runs inside each transaction, before its end.</summary>
    public Action<NpgsqlConnection>? BeforeCommit { get; init; }

    /// <summary>What is given belongs together: it is not applied without the part of a partition that went elsewhere.</summary>
    public bool AppliesWhole { get; init; }

    private readonly Reduction _reduction = new();
    private readonly List<CopyGroup> _groups = [];
    private readonly Dictionary<TargetTable, List<(bool[] Present, StageSql Sql)>> _statements = [];
    private readonly Dictionary<TargetTable, (int Left, int Next)> _detours = [];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private NpgsqlConnection? _connection;
    private int _stages;
    private long _transaction;

    /// <summary>Applies the batches, or as much of them as belongs to partitions that are still this process's.</summary>
    /// <param name="connection">A connection of its own, the same as before while it lives.</param>
    /// <param name="batches">In the order of their records.</param>
    /// <param name="applied">What was done.</param>
    /// <returns>False if a partition was found to have gone elsewhere: it is marked revoked, nothing was applied, and another attempt is to be made.</returns>
    /// <exception cref="PoisonException">A change cannot be applied and the policy is to stop.</exception>
    /// <exception cref="PostgresException">The transaction failed for a reason that is not a row's.</exception>
    public bool TryApply(NpgsqlConnection connection, IReadOnlyList<ChangeBatch> batches, out Applied applied)
    {
        if (_connection != connection)
        {
            // Temporary tables are a session's own.
            _connection = connection;
            _statements.Clear();
        }

        bool isLess = false;
        foreach (var partition in batches.SelectMany(batch => batch.Ends).Select(end => end.Partition))
        {
            isLess |= partition.IsLeftOut = partition.IsRevoked;
        }

        if (isLess && AppliesWhole)
        {
            applied = default;
            return false;
        }

        try
        {
            if (!batches.Any(batch => batch.HasUnreadable))
            {
                return TryApplyWhole(connection, batches, out applied);
            }
        }
        catch (PostgresException refusal) when (RowErrors.IsOfARow(refusal))
        {
            Run(connection, "ROLLBACK");
        }
        catch (RowMissingException)
        {
            Run(connection, "ROLLBACK");
        }
        catch (PostgresException)
        {
            TryRollBack(connection);
            throw;
        }

        return TryApplyOneByOne(connection, batches, out applied);
    }

    private bool TryApplyWhole(NpgsqlConnection connection, IReadOnlyList<ChangeBatch> batches, out Applied applied)
    {
        _reduction.Take(batches);
        int rows = Group(connection);
        _transaction++;
        Run(connection, "BEGIN");
        if (_reduction.Truncated.Count > 0)
        {
            // In one statement, because tables with foreign keys between them can only be emptied together.
            Run(connection, $"TRUNCATE {string.Join(", ", _reduction.Truncated.Select(table => table.QualifiedName))}");
        }

        // Rows that are referred to are written before, and deleted after, those that refer to them.
        foreach (var group in _groups.OrderBy(group => group.Action).ThenBy(group => group.Action == GroupAction.Delete ? -group.Table.ReferenceDepth : group.Table.ReferenceDepth))
        {
            Apply(connection, group);
        }

        applied = new Applied(batches.Sum(batch => batch.Count), rows, 0);
        return TryCommit(connection, batches);
    }

    /// <summary>After a refusal: every change in its own order under a savepoint, so that only those that cannot be applied are left out.</summary>
    private bool TryApplyOneByOne(NpgsqlConnection connection, IReadOnlyList<ChangeBatch> batches, out Applied applied)
    {
        int rows = 0;
        int putAside = 0;
        Prepare(connection, batches);
        _transaction++;
        Run(connection, "BEGIN");
        foreach (var batch in batches)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                var change = batch.Changes[i];
                if (change.Kind == ChangeKind.None || change.Partition.IsLeftOut)
                {
                    continue;
                }

                if (TryApplyOne(connection, batch, i) is { } found)
                {
                    putAside++;
                    if (!poison.TryPutAside(connection, found))
                    {
                        Run(connection, "ROLLBACK");
                        throw new PoisonException(
                            $"{(change.Table is null ? "" : $"{change.Table}: ")}{found.Reason} (record {change.Partition} at offset {change.Offset}). Correct the table or the row, or set PENSTOCK_ON_ERROR=dead-letter to go on without it.");
                    }
                }
                else
                {
                    rows++;
                }
            }
        }

        applied = new Applied(batches.Sum(batch => batch.Count), rows, putAside);
        return TryCommit(connection, batches);
    }

    private Poison? TryApplyOne(NpgsqlConnection connection, ChangeBatch batch, int index)
    {
        var change = batch.Changes[index];
        if (change.Kind == ChangeKind.Unreadable)
        {
            return new Poison(batch, index, batch.ReasonOf(index), "");
        }

        Run(connection, "SAVEPOINT one");
        try
        {
            if (change.Kind == ChangeKind.Truncate)
            {
                Run(connection, $"TRUNCATE {change.Table!.QualifiedName}");
            }
            else
            {
                ReadOnlySpan<Reduction.Entry> single = [new Reduction.Entry { Batch = batch, Index = index, Table = change.Table!, Kind = change.Kind, IsPartial = change.IsPartial, RowOffset = change.RowOffset, RowLength = change.RowLength }];
                var group = NewGroup(connection, change.Table!, ActionOf(change.Kind, change.IsPartial, direct: false), single[0].Row);
                group.Rows.Add(0);
                ApplyStaged(connection, group, single);
            }

            Run(connection, "RELEASE one");
            return null;
        }
        catch (PostgresException refusal) when (RowErrors.IsOfARow(refusal))
        {
            Run(connection, "ROLLBACK TO one");
            return new Poison(batch, index, RowErrors.Describe(refusal), refusal.SqlState);
        }
        catch (RowMissingException)
        {
            Run(connection, "ROLLBACK TO one");
            return new Poison(batch, index, DeadLetters.MissingRow, "");
        }
    }

    private bool TryCommit(NpgsqlConnection connection, IReadOnlyList<ChangeBatch> batches)
    {
        // The last end of each partition counts.
        var ends = new Dictionary<PartitionPosition, PartitionEnd>();
        foreach (var end in batches.SelectMany(batch => batch.Ends).Where(end => !end.Partition.IsLeftOut))
        {
            ends[end.Partition] = end;
        }

        PartitionEnd[] last = [.. ends.Values];
        BeforeCommit?.Invoke(connection);
        if (offsets.TryStore(connection, last))
        {
            Run(connection, "COMMIT");
            return true;
        }

        Run(connection, "ROLLBACK");
        offsets.RevokeLost(connection, last);
        return false;
    }

    /// <summary>Sorts what is left into groups; returns how many rows there are. Makes the staging tables that are missing, before the transaction: a rollback must not take them.</summary>
    private int Group(NpgsqlConnection connection)
    {
        _groups.Clear();
        var entries = _reduction.Entries;
        int rows = 0;
        CopyGroup? last = null;
        for (int i = 0; i < entries.Length; i++)
        {
            ref var entry = ref entries[i];
            if (entry.IsGone)
            {
                continue;
            }

            rows++;
            var action = ActionOf(entry.Kind, entry.IsPartial, direct: true);
            if (last is null || last.Table != entry.Table || last.Action != action || !last.Fits(entry.Row))
            {
                last = Find(entry.Table, action, entry.Row);
                if (last is null)
                {
                    last = NewGroup(connection, entry.Table, action, entry.Row);
                    _groups.Add(last);
                }
            }

            last.Rows.Add(i);
        }

        return rows;
    }

    private CopyGroup? Find(TargetTable table, GroupAction action, ReadOnlySpan<byte> row)
    {
        foreach (var group in _groups)
        {
            if (group.Table == table && group.Action == action && group.Fits(row))
            {
                return group;
            }
        }

        return null;
    }

    private GroupAction ActionOf(ChangeKind kind, bool isPartial, bool direct) => kind switch
    {
        ChangeKind.Delete => GroupAction.Delete,
        _ when isPartial || mode == InsertMode.Update => GroupAction.Update,
        ChangeKind.Create when direct => GroupAction.Create,
        _ => GroupAction.Write,
    };

    private CopyGroup NewGroup(NpgsqlConnection connection, TargetTable table, GroupAction action, ReadOnlySpan<byte> row)
    {
        bool[] present = CopyGroup.Present(table, row, action);
        if (!_statements.TryGetValue(table, out var known))
        {
            _statements[table] = known = [];
        }

        var sql = known.Find(statement => statement.Present.AsSpan().SequenceEqual(present)).Sql;
        if (sql is null)
        {
            sql = new StageSql(table, [.. Enumerable.Range(0, present.Length).Where(place => present[place])], ++_stages);
            Run(connection, sql.CreateStage);
            known.Add((present, sql));
        }

        return new CopyGroup(table, action, present, sql);
    }

    private void Prepare(NpgsqlConnection connection, IReadOnlyList<ChangeBatch> batches)
    {
        foreach (var batch in batches)
        {
            foreach (ref var change in batch.Changes)
            {
                if (change.Table is not null && change.Kind is not (ChangeKind.None or ChangeKind.Truncate or ChangeKind.Unreadable))
                {
                    NewGroup(connection, change.Table, ActionOf(change.Kind, change.IsPartial, direct: false), batch.Row(change));
                }
            }
        }
    }

    private void Apply(NpgsqlConnection connection, CopyGroup group)
    {
        if (group.Action != GroupAction.Create || !MayCopyDirectly(group.Table))
        {
            ApplyStaged(connection, group, _reduction.Entries);
            return;
        }

        Run(connection, "SAVEPOINT direct");
        try
        {
            group.Copy(connection, group.Sql.CopyToTable, _reduction.Entries, _buffer);
            Run(connection, "RELEASE direct");
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            Run(connection, "ROLLBACK TO direct");
            int next = _detours.TryGetValue(group.Table, out var detour) ? Math.Min(LongestDetour, detour.Next * 2) : FirstDetour;
            _detours[group.Table] = (next, next);
            ApplyStaged(connection, group, _reduction.Entries);
        }
    }

    private bool MayCopyDirectly(TargetTable table)
    {
        if (!table.CanCopyDirectly)
        {
            return false;
        }

        if (_detours.TryGetValue(table, out var detour) && detour.Left > 0)
        {
            _detours[table] = (detour.Left - 1, detour.Next);
            return false;
        }

        return true;
    }

    private void ApplyStaged(NpgsqlConnection connection, CopyGroup group, ReadOnlySpan<Reduction.Entry> entries)
    {
        var sql = group.Sql;
        if (sql.UsedIn == _transaction)
        {
            Run(connection, sql.Clear);
        }

        sql.UsedIn = _transaction;
        group.Copy(connection, sql.CopyToStage, entries, _buffer);
        long done = Run(connection, group.Action switch
        {
            GroupAction.Delete => sql.Delete,
            GroupAction.Update => sql.Update,
            _ when mode == InsertMode.Insert => sql.Insert,
            _ => sql.Upsert,
        });
        if (group.Action == GroupAction.Update && mode != InsertMode.Update && done < group.Rows.Count)
        {
            throw new RowMissingException();
        }
    }

    private static int Run(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteNonQuery();
    }

    private static void TryRollBack(NpgsqlConnection connection)
    {
        try
        {
            Run(connection, "ROLLBACK");
        }
        catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone, and with it the transaction; the error that led here is the one to report.
        }
    }

    /// <summary>A row that lacks columns is not in the table.</summary>
    private sealed class RowMissingException : Exception;
}
