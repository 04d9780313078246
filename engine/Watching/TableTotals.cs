using Penstock.Engine.Flow;

namespace Penstock.Engine.Watching;

/// <summary>
/// How many events of each table went to the brokers since the process started, and their bytes. Bounded: the first tables, in the order of the configuration, have a count of their own; all others share one,
/// and so do the records of no table (heartbeats, messages, transactions). Written by one stage of the graph, read by any thread.
/// </summary>
/// <param name="mostTables">Tables with a count of their own.</param>
public sealed class TableTotals(int mostTables)
{
    public const string OthersName = "(other tables)";
    public const string NoneName = "(no table)";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TableTotal> _byName = new(StringComparer.Ordinal);
    private readonly TableTotal _others = new(OthersName);
    private volatile TableTotal[] _all = [];

    /// <summary>Records of no table.</summary>
    public TableTotal None { get; } = new(NoneName);

    /// <summary>Tables in the order in which they were met, then the two that are shared, if they have counted anything.</summary>
    public IEnumerable<TableTotal> All => _all.Concat(((TableTotal[])[_others, None]).Where(total => total.Events > 0));

    /// <summary>Gives tables their places before their first event, in this order.</summary>
    public void Expect(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            Of(name);
        }
    }

    /// <summary>The count of a table.</summary>
    public TableTotal Of(string name)
    {
        lock (_gate)
        {
            if (_byName.TryGetValue(name, out var total))
            {
                return total;
            }

            if (_all.Length >= mostTables)
            {
                return _others;
            }

            total = new TableTotal(name);
            _byName.Add(name, total);
            _all = [.. _all, total];
            return total;
        }
    }
}

/// <summary>The counts of one table.</summary>
public sealed class TableTotal(string name)
{
    /// <summary>What <see cref="Of"/> counts by, in its order.</summary>
    public static IReadOnlyList<string> Operations { get; } = ["create", "update", "delete", "read", "truncate", "message", "tombstone", "other"];

    private readonly long[] _counts = new long[Operations.Count];
    private long _bytes;
    private long _lastAtMs;

    /// <summary>schema.table.</summary>
    public string Name { get; } = name;

    /// <summary>Of all operations.</summary>
    public long Events => _counts.Sum();

    /// <summary>Bytes of keys and values.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>When its last event was received from the source, milliseconds since 1970; 0 before the first.</summary>
    public long LastAtMs => Volatile.Read(ref _lastAtMs);

    /// <summary>By the place in <see cref="Operations"/>.</summary>
    public long Of(int operation) => Volatile.Read(ref _counts[operation]);

    /// <summary>Adds records that stand one behind the other; gives how many there were of this table.</summary>
    internal int Add(ReadOnlySpan<Record> records, int table, long receivedAtMs)
    {
        int count = 0;
        long bytes = 0;
        for (; count < records.Length && records[count].Table == table; count++)
        {
            ref readonly var record = ref records[count];
            if (!record.Removed)
            {
                _counts[Place(record.Operation)]++;
                bytes += Math.Max(record.KeyLength, 0) + Math.Max(record.ValueLength, 0);
            }
        }

        Volatile.Write(ref _bytes, _bytes + bytes);
        Volatile.Write(ref _lastAtMs, receivedAtMs);
        return count;
    }

    private static int Place(byte operation) => operation switch
    {
        (byte)'c' => 0,
        (byte)'u' => 1,
        (byte)'d' => 2,
        (byte)'r' => 3,
        (byte)'t' => 4,
        (byte)'m' => 5,
        (byte)'x' => 6,
        _ => 7,
    };
}

/// <summary>Counts the batches of one run. Not thread-safe; allocates only when it meets a new table.</summary>
public sealed class TableCounter(TableTotals totals)
{
    private TableTotal?[] _byNumber = [];

    /// <summary>Counts what was not removed.</summary>
    public void Count(RecordBatch batch)
    {
        var records = batch.Records;
        long receivedAtMs = batch.ReceivedAtUnixNs / 1_000_000;
        for (int i = 0; i < records.Length;)
        {
            int table = records[i].Table;
            i += (table < 0 ? totals.None : Find(batch, table)).Add(records[i..], table, receivedAtMs);
        }
    }

    private TableTotal Find(RecordBatch batch, int table)
    {
        if (table >= _byNumber.Length)
        {
            Array.Resize(ref _byNumber, table + 8);
        }

        return _byNumber[table] ??= totals.Of(batch.Source!.TableName(table));
    }
}
