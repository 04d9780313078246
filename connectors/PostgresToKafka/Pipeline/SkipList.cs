using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Connection;
using Penstock.Postgres.State;
using Penstock.PostgresToKafka.Settings;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What <c>skip</c> has asked for, as a stream takes it with it at its beginning.</summary>
internal static class SkipList
{
    /// <summary>Events to leave out that may still come; null where there are none. Where notes of them go is looked at now: in mid-stream a missing topic holds everything up.</summary>
    /// <exception cref="TopicException">The dead-letter topic cannot be used.</exception>
    public static EventSkips? Of(PipelineOptions options, SourceDatabase database, PipelineMemory state, TopicCatalog partitions, ulong confirmedLsn, ILogger logger)
    {
        var memory = new SkipMemory(database, options.Name);
        var asked = state.IsKept ? memory.Read().Where(skip => skip.Position.CommitLsn >= confirmedLsn).Select(skip => skip.Position).ToHashSet() : [];
        if (asked.Count == 0)
        {
            return null;
        }

        if (partitions.Check([options.Flow.DeadLetterTopic]) is [var missing, ..])
        {
            throw missing;
        }

        logger.LogInformation("events to leave out {Events} {Topic}", asked.Count, options.Flow.DeadLetterTopic);
        return new EventSkips(asked, options.Flow.DeadLetterTopic, skipped =>
        {
            // Noted before the note is on its way: what is left out is never without a trace.
            memory.Done(skipped.Position, skipped.Table, skipped.Operation, skipped.Reason);
            logger.LogWarning("left out, as asked by skip {Position} {Table} {Operation} {Reason}", skipped.Position, skipped.Table, skipped.Operation, skipped.Reason);
        });
    }
}
