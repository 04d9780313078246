using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Debezium.Reading;
using Penstock.Debezium.Snapshots;
using Penstock.Debezium.Transforms;
using Penstock.Engine.Commands;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Consuming;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Verify;

/// <summary><c>verify --against topic</c>: a table against its topic, read to its end and folded by key. Changes nothing; keys, which the user asked for, go to the output alone.</summary>
internal sealed class TopicVerification(PipelineOptions options, VerifyRequest request, ILoggerFactory logs, TextWriter output, TextWriter error)
{
    private const int LookMs = 500;

    private readonly SourceVisit _source = SourceVisit.Saying(options, error);

    /// <summary>Returns the exit code: 1 where keys differ.</summary>
    public Task<int> RunAsync(CancellationToken stop) => Task.Run(() => _source.Run((database, kafka) => Compare(database, kafka, stop)));

    private int Compare(SourceDatabase database, KafkaConnection kafka, CancellationToken stop)
    {
        if (!TableIdentifier.TryParse(request.Table, out string schema, out string name))
        {
            return _source.Refuse(Verdict.Settings, "--table is the name of a table, schema.table, with double quotes around parts with white space or dots.");
        }

        if (options.Events.Transforms != TransformSet.None || options.Events.CloudEvents is not null || kafka.IsEmbedded)
        {
            return _source.Refuse(Verdict.Settings, "only topics of whole envelopes can be compared, of brokers outside of the pipeline's process: compare with the sink's table instead (--against table).");
        }

        CapturedTable? table;
        using (var connection = database.Open())
        {
            table = database.Translated(() => CapturedTables.Select(CapturedTables.ReadAll(connection), OptionMapping.Selection(options))).FirstOrDefault(table => (table.Schema, table.Name) == (schema, name));
        }

        if (table is null)
        {
            return _source.Refuse(Verdict.Preflight, $"{schema}.{name} is not there, or the pipeline does not capture it.");
        }

        try
        {
            kafka.Open();
            var log = new ClientLog(logs.CreateLogger("kafka"));
            string bare = EventTopics.Destination(OptionMapping.Format(options, database.Url.Database), schema, name) ?? "";
            var (topic, partitions) = TopicListing.Read(kafka, log).Find(bare);
            output.WriteLine($"source     {table.FullName}, {database.Url}");
            output.WriteLine($"topic      {topic}, {partitions.Count} partition{(partitions.Count == 1 ? "" : "s")}");
            var comparison = new TopicComparison(
                new EncodedRows(options, database, table), () => new TopicFold(kafka, topic, partitions, log), at => WaitUntilDelivered(database, at, stop), new Placeholders(options.Events.Values.UnavailableValuePlaceholder), error.WriteLine);
            return Tell(comparison.Run(stop));
        }
        catch (OperationCanceledException)
        {
            return _source.Refuse(Verdict.Unavailable, "ended before it was done.");
        }
        catch (Exception failed) when (failed is MalformedEventException or ConsumerException)
        {
            return _source.Refuse(failed is ConsumerException { IsTemporary: true } ? Verdict.Unavailable : Verdict.Preflight, failed.Message);
        }
        catch (Exception failed) when (failed is not DatabaseException && Verdict.Of(failed) is { } verdict)
        {
            return _source.Refuse(verdict.ExitCode, verdict.Message);
        }
    }

    private void WaitUntilDelivered(SourceDatabase database, ulong position, CancellationToken stop)
    {
        for (long until = Environment.TickCount64 + (1000L * request.WaitSeconds); ; stop.WaitHandle.WaitOne(LookMs))
        {
            stop.ThrowIfCancellationRequested();
            using var connection = database.Open();
            ulong confirmed = database.Translated(() => ReplicationSlots.Find(connection, options.Capture.SlotName))?.ConfirmedFlushLsn ?? 0;
            if (confirmed >= position)
            {
                return;
            }

            if (Environment.TickCount64 > until)
            {
                throw new DatabaseException(
                    FailureClass.Unavailable,
                    $"keys differ, and the pipeline has confirmed {new Lsn(confirmed)} where the table was read at {new Lsn(position)}: what differs may be on its way. See postgres-to-kafka status; wait longer with --wait (now {request.WaitSeconds} s).");
            }
        }
    }

    private int Tell(TopicResult result)
    {
        foreach (var found in result.Differing.Take(request.Listed))
        {
            output.WriteLine($"{(found.IsInTopic ? found.IsInSource ? "other" : "extra" : "missing"),-10} {found.Key}");
        }

        if (result.Differing.Count > request.Listed)
        {
            output.WriteLine($"           and {result.Differing.Count - request.Listed} more (--limit)");
        }

        if (result.NotJudged > 0)
        {
            output.WriteLine($"not judged {result.NotJudged} keys whose rows changed all the time");
        }

        if (result.NotSent > 0)
        {
            output.WriteLine($"not sent   {result.NotSent} rows whose last event leaves out large values: only that they are there was compared");
        }

        if (result.Differing.Count > 0)
        {
            output.WriteLine($"different  {result.Differing.Count}{(result.IsComplete ? "" : " or more")} keys, {result.Rows} rows in the source: {result.Differing.Count(found => !found.IsInTopic)} missing in the topic, {result.Differing.Count(found => !found.IsInSource)} that only it has, {result.Differing.Count(found => found.IsInSource && found.IsInTopic)} with other values");
            return Verdict.Defect;
        }

        output.WriteLine(result.IsComplete ? $"equal      {result.Rows} rows" : $"not judged more keys than can be looked at again: {result.Rows} rows in the source. Of those that were none differs");
        return result.IsComplete ? Verdict.Success : Verdict.Unavailable;
    }
}
