using Microsoft.Extensions.Logging;

namespace Penstock.KafkaToPostgres.Transactions;

/// <summary>Says what a transaction waits for that does not become whole, and ends the run where it never can.</summary>
/// <param name="assembler">What is held.</param>
/// <param name="logger">Gets a warning.</param>
internal sealed class TransactionWait(TransactionAssembler assembler, ILogger logger)
{
    public const int FirstWordMs = 10_000;
    private const int NextWordMs = 60_000;

    private (PendingTransaction? Head, int Events, int Pending) _seen;
    private long _since;
    private long _saidAt;

    /// <summary>Looks at what is held; often called.</summary>
    /// <param name="nowMs">A clock, milliseconds.</param>
    /// <exception cref="TransactionException">What is missing cannot come.</exception>
    public void Look(long nowMs)
    {
        var seen = (assembler.Head, assembler.Head?.Events ?? 0, assembler.Pending);
        if (seen != _seen || assembler.Pending == 0 || assembler.Leases is null)
        {
            (_seen, _since, _saidAt) = (seen, nowMs, 0);
            return;
        }

        if (nowMs - _since < FirstWordMs || (_saidAt != 0 && nowMs - _saidAt < NextWordMs))
        {
            return;
        }

        _saidAt = nowMs;
        if (assembler.Head is not { } head)
        {
            logger.LogWarning("events of {Transactions} transactions wait for the END records of these: does the source write them ({Setting})?", assembler.Pending, "PENSTOCK_PROVIDE_TRANSACTION_METADATA");
            return;
        }

        var missing = Missing(head);
        foreach (var (name, lacking) in missing)
        {
            RefuseWhatCannotCome(head, name, lacking);
        }

        logger.LogWarning("transaction {Transaction} waits for events that have not come yet {Missing}", head.Id, string.Join(", ", missing.Select(collection => $"{collection.Name} {collection.Events}")));
    }

    private List<(string Name, long Events)> Missing(PendingTransaction head)
    {
        var collections = assembler.Tails.ToDictionary(tail => tail.Lease, tail => tail.Collection);
        return [.. head.End!.Collections.Select(collection => (collection.Name, collection.Events - head.EventsOf(lease => collections[lease] == collection.Name))).Where(collection => collection.Item2 > 0)];
    }

    private void RefuseWhatCannotCome(PendingTransaction head, string collection, long lacking)
    {
        string[] topics = [.. assembler.Tails.Where(tail => tail.Collection == collection).Select(tail => tail.Lease.Topic).Distinct()];
        var leases = assembler.Leases!.Where(lease => topics.Contains(lease.Topic) || lease.Topic.EndsWith($".{collection}", StringComparison.Ordinal)).ToList();
        if (leases.Count == 0)
        {
            throw new TransactionException(
                $"transaction {head.Id} changed {collection}, and no topic that is consumed brings its events: add that topic to PENSTOCK_TOPICS, leave the table out at the source, {TransactionException.OrByTable}.");
        }

        if (leases.TrueForAll(lease => assembler.Tails.FirstOrDefault(tail => tail.Lease == lease)?.IsBeyond(head) == true))
        {
            throw new TransactionException(
                $"transaction {head.Id} lacks {lacking} events of {collection}, and later ones have come: retention or compaction has removed them, or a transform at the source takes them away. See \"Transactions of the source\" in docs/sink.md, {TransactionException.OrByTable}.");
        }
    }
}
