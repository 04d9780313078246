using System.Diagnostics;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>What was done since the process started. Bounded: the first topics have a count of their own, the others share one. Written by decoder and applier, read by any thread.</summary>
/// <param name="mostTopics">Topics with a count of their own.</param>
internal sealed class SinkTotals(int mostTopics)
{
    public const string OthersName = "(other topics)";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _records = new(StringComparer.Ordinal);
    private readonly List<string> _topics = [];
    private long _rows;
    private long _transactions;
    private long _deadLetters;
    private long _applyTicks;
    private long _lastApplyTicks = -1;

    /// <summary>Rows that were inserted, updated or deleted.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Transactions of the target that were committed.</summary>
    public long Transactions => Interlocked.Read(ref _transactions);

    /// <summary>Records that were put aside.</summary>
    public long DeadLetters => Interlocked.Read(ref _deadLetters);

    /// <summary>Time in all transactions.</summary>
    public double ApplySeconds => Interlocked.Read(ref _applyTicks) / (double)Stopwatch.Frequency;

    /// <summary>Time in the last one; null before the first.</summary>
    public double? LastApplySeconds => Interlocked.Read(ref _lastApplyTicks) is >= 0 and var ticks ? ticks / (double)Stopwatch.Frequency : null;

    /// <summary>Records that were read, by topic, in the order in which topics were met.</summary>
    public IReadOnlyList<(string Topic, long Records)> Topics()
    {
        lock (_gate)
        {
            return [.. _topics.Select(topic => (topic, _records[topic]))];
        }
    }

    /// <summary>The name under which a topic is counted; gives it its place.</summary>
    public string NameOf(string topic)
    {
        lock (_gate)
        {
            return Place(topic);
        }
    }

    /// <summary>Records of a topic were decoded.</summary>
    public void Read(string topic, int records)
    {
        lock (_gate)
        {
            _records[Place(topic)] += records;
        }
    }

    /// <summary>A transaction was committed.</summary>
    public void Committed(in Applied applied, long ticks)
    {
        Interlocked.Add(ref _rows, applied.Rows);
        Interlocked.Add(ref _deadLetters, applied.PutAside);
        Interlocked.Increment(ref _transactions);
        Interlocked.Add(ref _applyTicks, ticks);
        Interlocked.Exchange(ref _lastApplyTicks, ticks);
    }

    private string Place(string topic)
    {
        string name = _records.ContainsKey(topic) || _topics.Count(known => known != OthersName) < mostTopics ? topic : OthersName;
        if (_records.TryAdd(name, 0))
        {
            _topics.Add(name);
        }

        return name;
    }
}
