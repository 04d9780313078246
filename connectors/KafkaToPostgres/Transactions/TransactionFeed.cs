using Microsoft.Extensions.Logging;
using Npgsql;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Consuming;
using Penstock.Kafka.Topics;
using Penstock.KafkaToPostgres.Settings;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Transactions;

/// <summary>
/// What <c>apply=transaction</c> needs of the cluster, and the assembler between consumer and decoder. Called by the consumer's thread.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="kafka">The cluster, opened.</param>
/// <param name="logs">For its log.</param>
internal sealed class TransactionFeed(SinkOptions options, KafkaConnection kafka, ILoggerFactory logs)
{
    private const int LookIntervalMs = 1_000;
    private const int DefaultSessionMs = 30_000;

    /// <summary>A member of the group that died has its partitions for the time of its session; then they are given to others.</summary>
    private const int PatienceBeyondSessionMs = 15_000;

    private readonly ILogger _logger = logs.CreateLogger("");
    private TransactionAssembler? _assembler;
    private TransactionWait? _wait;
    private long _lookedAt;
    private long _lackingSince;
    private long _duplicatesSaid;

    /// <summary>The transaction topic's name in the cluster; known once <see cref="Open"/> was called.</summary>
    public string Topic { get; private set; } = "";

    private TransactionAssembler Assembler => _assembler!;

    /// <summary>Something may be given on.</summary>
    public bool HasReady => Assembler.HasReady;

    /// <summary>Finds the transaction topic.</summary>
    /// <exception cref="TransactionException">There is none, or it has more than one partition.</exception>
    /// <exception cref="KafkaUnavailableException">No broker answers.</exception>
    public void Open(CancellationToken stop)
    {
        var ends = Ends(stop);
        string[] topics = [.. ends.Select(partition => partition.Topic).Distinct()];
        Topic = TransactionTopicName.Of(topics, options.TransactionTopic) ?? TransactionTopicName.Of(topics, kafka.Topic(options.TransactionTopic)) ?? throw new TransactionException(
            $"there is no topic of transactions (...{options.TransactionTopic}) among the topics that are consumed: create it and set PENSTOCK_PROVIDE_TRANSACTION_METADATA=true at the source, name another one with PENSTOCK_TOPIC_TRANSACTION, {TransactionException.OrByTable}.");
        int partitions = ends.Count(partition => partition.Topic == Topic);
        if (partitions != 1)
        {
            throw new TransactionException($"topic {Topic} has {partitions} partitions, which do not say in which order transactions were committed: it must have one. Create it anew with one, {TransactionException.OrByTable}.");
        }

        _assembler = new TransactionAssembler(Topic, options.MaxTransactionBytes);
        _wait = new TransactionWait(_assembler, _logger);
        _logger.LogInformation("applying whole transactions {TransactionTopic}", Topic);
    }

    /// <summary>Where reading begins of a partition that was taken; null where its offsets say it.</summary>
    /// <exception cref="TransactionException">What was applied by table ends in the middle of transactions.</exception>
    public long? FirstOffset(NpgsqlConnection control, SinkOffsets offsets, PartitionPosition position)
    {
        Assembler.Leases = null;
        if (position.Topic != Topic)
        {
            return null;
        }

        var start = offsets.StartOf(control, position);
        if (start == TransactionStart.Known)
        {
            return null;
        }

        var ends = Ends(CancellationToken.None);
        var own = ends.First(partition => partition.Topic == Topic);
        long first = own.First;
        if (start == TransactionStart.InTables)
        {
            RefuseLag(offsets.List(control), ends);
            first = own.End;
            _logger.LogWarning("what was applied with PENSTOCK_APPLY=table ends where the topics end: transactions are applied from here on {Offset}", first);
        }

        // Said at once: rows that are applied before the first transaction is would else look as if they had been applied by table.
        return offsets.TryBegin(control, position, first) ? first : null;
    }

    /// <summary>Looks whether all partitions of all topics are this process's, and whether what is held comes to its end.</summary>
    /// <exception cref="TransactionException">Another process has some of them, or what is held never can.</exception>
    public void Look(IReadOnlyCollection<PartitionLease> leases, CancellationToken stop)
    {
        long now = Environment.TickCount64;
        if (now - _lookedAt < LookIntervalMs)
        {
            return;
        }

        _lookedAt = now;
        _wait!.Look(now);
        if (Assembler.Duplicates > _duplicatesSaid)
        {
            _logger.LogInformation("events that were applied before are passed by {Duplicates}", Assembler.Duplicates);
            _duplicatesSaid = Math.Max(Assembler.Duplicates, 2 * _duplicatesSaid);
        }

        if (Assembler.Leases is null)
        {
            TakeOver(leases, now, stop);
        }
    }

    /// <summary>Takes records over, and says which partitions are to wait now.</summary>
    public IReadOnlyCollection<PartitionLease> Take(ConsumedBatch batch)
    {
        Assembler.Take(batch);
        return Assembler.Held();
    }

    /// <inheritdoc cref="TransactionAssembler.Held"/>
    public IReadOnlyCollection<PartitionLease> Held() => Assembler.Held();

    /// <inheritdoc cref="TransactionAssembler.Emit"/>
    public void Emit(ConsumedBatch output) => Assembler.Emit(output, options.BatchChanges);

    private void TakeOver(IReadOnlyCollection<PartitionLease> leases, long now, CancellationToken stop)
    {
        var mine = leases.Select(lease => (lease.Topic, lease.Partition)).ToHashSet();
        var lacking = Ends(stop).Where(partition => !mine.Contains((partition.Topic, partition.Partition))).ToList();
        if (lacking.Count == 0)
        {
            Assembler.Leases = [.. leases];
            _lackingSince = 0;
            _logger.LogInformation("all partitions are taken {Partitions}", leases.Count);
            return;
        }

        _lackingSince = _lackingSince == 0 ? now : _lackingSince;
        int sessionMs = options.Kafka.Options.TryGetValue("session.timeout.ms", out string? given) && int.TryParse(given, out int parsed) ? parsed : DefaultSessionMs;
        if (now - _lackingSince > sessionMs + PatienceBeyondSessionMs)
        {
            throw new TransactionException(
                $"{lacking.Count} partitions are read by another process of group {kafka.Group(options.Group)}, the first of them {lacking[0].Topic}[{lacking[0].Partition}]: PENSTOCK_APPLY=transaction needs all of them. Run one process, {TransactionException.OrByTable} to share them.");
        }
    }

    private void RefuseLag(List<PartitionStatus> applied, IReadOnlyList<PartitionEnds> ends)
    {
        var next = applied.ToDictionary(partition => (partition.Topic, partition.Partition), partition => partition.NextOffset);
        foreach (var end in ends.Where(end => end.Topic != Topic && end.End > end.First && next.GetValueOrDefault((end.Topic, end.Partition), -1) < end.End))
        {
            throw new TransactionException(
                $"group {kafka.Group(options.Group)} was applied with PENSTOCK_APPLY=table, and {end.Topic}[{end.Partition}] is not at its end, so that it may stand in the middle of a transaction. Let the source rest (postgres-to-kafka pause), run with PENSTOCK_APPLY=table until kafka-to-postgres status shows no lag, and then start this again; {TransactionException.OrByTable}.");
        }
    }

    private IReadOnlyList<PartitionEnds> Ends(CancellationToken stop) =>
        TopicEnds.Read(kafka, [.. options.Topics.Select(topic => topic.StartsWith('^') ? topic : kafka.Topic(topic))], new ClientLog(logs.CreateLogger("kafka")), stop);
}
