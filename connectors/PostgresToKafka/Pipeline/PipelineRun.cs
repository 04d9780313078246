using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Partitioning;
using Penstock.Kafka.Producing;
using Penstock.Kafka.Sizes;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Preflight;
using Penstock.Postgres.Publication;
using Penstock.Postgres.Slot;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;
using Penstock.PostgresToKafka.Settings;
using PipelineMemory = Penstock.Postgres.State.PipelineState;
using PipelineState = Penstock.Engine.Operations.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// One attempt from preflight to the end: checks, publication, snapshot where one is due, stream. Ends when asked to, or with the exception that the supervisor judges.
/// </summary>
internal sealed class PipelineRun(PipelineOptions options, SourceDatabase database, KafkaConnection kafka, RecordProducers producers, TopicTable topics, ILogger logger, HealthState health)
{
    /// <summary>How long the slot's creation waits for older transactions: Debezium's <c>internal.create.slot.command.timeout</c>.</summary>
    private const int SlotTimeoutMs = 90_000;

    private readonly EventFormat _format = OptionMapping.Format(options, database.Url.Database);
    /// <summary>Seven tenths of the time that a stop may take: the rest is for the slot's last confirmation and for closing.</summary>
    private readonly int _drainTimeoutMs = options.Operations.ShutdownTimeoutMs * 7 / 10;

    private readonly PipelineLimits _limits = PipelineLimits.Of(options.Flow);

    /// <summary>Called once, when the first records are delivered or quiet streaming has lasted a while: the dependencies answer, earlier failures are over.</summary>
    public Action? Working { get; init; }

    /// <summary>Runs until <paramref name="stop"/>, or until the snapshot is complete with <c>snapshot.mode=initial_only</c>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var seen = Check(database, options);
        foreach (var finding in seen.Findings)
        {
            logger.LogWarning("{Finding}", finding.Message);
        }

        using var partitions = new TopicCatalog(kafka, topics, new TopicPolicy(), producers.Log);
        await using var stopping = stop.Register(partitions.Stop);
        CheckTopics(partitions, seen.Captured);
        bool withStream = options.Capture.SnapshotMode != SnapshotMode.InitialOnly;
        if (withStream)
        {
            Failpoint.Reach("publication.ensure");
            seen = seen with { Publication = EnsurePublication(seen.Captured) };
            Failpoint.Reach("publication.ensured");
        }

        var state = new PipelineMemory(database, options.Name, options.Capture.State == StateKind.Schema);
        bool isDue = SnapshotIsDue(seen.Slot, state);
        if (isDue && !await SnapshotAsync(seen, state, partitions, withStream, stop).ConfigureAwait(false))
        {
            return;
        }

        if (withStream && !stop.IsCancellationRequested)
        {
            await StreamAsync(seen.ServerVersion, resumes: seen.Slot is not null && !isDue, partitions, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Everything that can be seen without changing anything.</summary>
    /// <exception cref="PreflightFailedException">Something has to be changed first.</exception>
    public static PreflightResult Check(SourceDatabase database, PipelineOptions options)
    {
        var seen = PreflightChecks.Run(database, new PreflightRequest
        {
            Selection = OptionMapping.Selection(options),
            Publication = OptionMapping.Publication(options),
            SlotName = options.Capture.SlotName,
            WithSnapshot = options.Capture.SnapshotMode != SnapshotMode.NoData,
            WithStream = options.Capture.SnapshotMode != SnapshotMode.InitialOnly,
        });
        return seen.HasErrors
            ? throw new PreflightFailedException(string.Join('\n', seen.Findings.Where(finding => finding.IsError).Select(finding => finding.Message)))
            : seen;
    }

    private void CheckTopics(TopicCatalog partitions, IReadOnlyList<CapturedTable> captured)
    {
        var problems = partitions.Check(OptionMapping.Topics(options, _format, captured));
        if (problems.Count > 0)
        {
            throw problems.Count == 1
                ? problems[0]
                : new TopicException(problems.Any(p => p.Problem != TopicProblem.Missing) ? TopicProblem.Refused : TopicProblem.Missing, problems[0].Topic, string.Join('\n', problems.Select(p => p.Message)));
        }
    }

    private PublicationState? EnsurePublication(IReadOnlyList<CapturedTable> captured)
    {
        using var control = database.Open();
        if (database.Translated(() => Publications.Ensure(control, OptionMapping.Publication(options), captured)) is { } change)
        {
            logger.LogInformation("{Change}", change);
        }

        return database.Translated(() => Publications.Find(control, options.Capture.PublicationName));
    }

    private bool SnapshotIsDue(SlotState? slot, PipelineMemory state)
    {
        if (options.Capture.SnapshotMode == SnapshotMode.NoData)
        {
            return false;
        }

        state.Ensure();
        var record = state.Read();
        if (options.Capture.SnapshotMode == SnapshotMode.InitialOnly)
        {
            if (record?.SnapshotCompletedAt is not null)
            {
                logger.LogInformation("The snapshot was completed earlier; to read it again: DELETE FROM penstock.pipeline WHERE name = '{Name}'", options.Name);
            }

            return record?.SnapshotCompletedAt is null;
        }

        if (slot is not null && !state.IsKept)
        {
            logger.LogInformation("slot {Slot} exists: its snapshot counts as done (PENSTOCK_STATE=none keeps no other memory)", slot.Name);
            return false;
        }

        if (slot is null && record?.SnapshotCompletedAt is { } completed)
        {
            logger.LogWarning(
                "slot {Slot} is gone since the snapshot of {Completed:u}: changes in between may be missing from the topics, so the tables are read again", options.Capture.SlotName, completed);
        }

        return slot is null || record?.SnapshotCompletedAt is null || record.SlotName != slot.Name;
    }

    /// <summary>False if asked to stop before the end: nothing is left behind, the next start begins anew.</summary>
    private async Task<bool> SnapshotAsync(PreflightResult seen, PipelineMemory state, TopicCatalog partitions, bool withStream, CancellationToken stop)
    {
        health.Enter(PipelineState.Snapshot);
        var publication = seen.Publication;
        var request = new SnapshotRequest
        {
            Tables = CapturedTables.ToSnapshot(seen.All, seen.Captured, publication?.ViaRoot ?? options.Capture.PublishViaPartitionRoot, publication?.NamedOrAll ?? seen.Captured.Select(t => t.Oid).ToHashSet()),
            NewSlot = withStream && seen.Slot is null ? options.Capture.SlotName : null,
            SlotTimeoutMs = SlotTimeoutMs,
            Stop = stop,
            OnWaiting = waiting => logger.LogWarning("{Waiting}", waiting),
        };
        using var alone = SnapshotLock.Take(database, options.Capture.SlotName);
        using var catalog = new PostgresCatalog(database);
        var watermark = new Watermark();
        using var producer = producers.Create();
        var graph = Assemble(catalog, partitions, producer, watermark, lastCommitLsn: 0);
        Failpoint.Reach("snapshot.start");
        using var reader = SnapshotReader.Start(database, graph.WalSlabs, request, TimeProvider.System);
        Failpoint.Reach("snapshot.started");
        logger.LogInformation("snapshot begins {Tables} {Lsn}", request.Tables.Count, new Lsn(reader.Origin.Lsn));
        var source = new SnapshotSource(reader);
        using var watch = SilenceWatch.OfSnapshot(database, source, reader, alone, graph.Fail);
        using (new ProgressLog(logger, health, watermark, () => $"{reader.Progress.Count(t => t.IsDone)} of {reader.Progress.Count} tables, {reader.Progress.Sum(t => t.Rows)} rows", () => (null, null)))
        {
            bool drained = await graph.RunAsync(source, 0, _drainTimeoutMs, stop).ConfigureAwait(false);
            if (!drained || !source.IsComplete)
            {
                logger.LogWarning("stopped during the snapshot: the next start begins it anew");
                return false;
            }
        }

        AssertNothingHeld(graph, watermark);
        Failpoint.Reach("snapshot.delivered");
        reader.Complete();
        Failpoint.Reach("snapshot.slot-made");
        state.WriteSnapshotComplete(options.Capture.SlotName, ServerIdentity.Read(database), reader.Origin.Lsn);
        Failpoint.Reach("snapshot.state-written");
        logger.LogInformation("snapshot is complete {Rows}", reader.Progress.Sum(table => table.Rows));
        return true;
    }

    private async Task StreamAsync(int serverVersion, bool resumes, TopicCatalog partitions, CancellationToken stop)
    {
        Failpoint.Reach("slot.ensure");
        var slot = EnsureSlot(stop);
        Failpoint.Reach("slot.ensured");
        using var catalog = new PostgresCatalog(database);
        var watermark = new Watermark();
        using var producer = producers.Create();
        var graph = Assemble(catalog, partitions, producer, watermark, resumes ? slot.ConfirmedFlushLsn : 0);
        using var reader = OpenReader(serverVersion, slot.ConfirmedFlushLsn);
        var source = new StreamSource(reader);
        int walSenderTimeoutMs = ReplicationSlots.WalSenderTimeoutMs(database);
        using var status = new StatusThread(reader, watermark, slot.ConfirmedFlushLsn, StatusThread.IntervalMs(options.Flow.StatusUpdateIntervalMs, walSenderTimeoutMs), graph.Fail);
        using var watch = SilenceWatch.OfStream(database, slot.Name, source, reader, walSenderTimeoutMs, graph.Fail);
        using var heartbeat = HeartbeatAction.Start(database, options.Flow.HeartbeatIntervalMs, options.Flow.HeartbeatActionQuery, logger);
        logger.LogInformation("streaming {Slot} {Publication} {Lsn}", slot.Name, options.Capture.PublicationName, new Lsn(slot.ConfirmedFlushLsn));
        health.Enter(PipelineState.Streaming);
        bool drained;
        using (new ProgressLog(logger, health, watermark, null, () => (new Lsn(reader.ReceivedLsn), new Lsn(status.ConfirmedLsn))) { Working = Working })
        {
            drained = await graph.RunAsync(source, options.Flow.HeartbeatIntervalMs, _drainTimeoutMs, stop).ConfigureAwait(false);
        }

        health.Enter(PipelineState.Stopping);
        Failpoint.Reach("stop.drained");
        status.Finish();
        Failpoint.Reach("stop.confirmed");
        if (drained)
        {
            AssertNothingHeld(graph, watermark);
        }
        else
        {
            logger.LogWarning("stopped before Kafka had acknowledged everything: what is open is sent again by the next start {Batches}", watermark.InFlight);
        }

        logger.LogInformation("stopped {Confirmed} {Events}", new Lsn(status.ConfirmedLsn), watermark.Delivered);
    }

    private PipelineGraph Assemble(PostgresCatalog catalog, TopicCatalog partitions, IRecordProducer producer, Watermark watermark, ulong lastCommitLsn)
    {
        var selection = new CatalogSelection(OptionMapping.Selection(options));
        var sizeFilter = new SizeFilter(options.Flow.MaxRecordBytes, options.Flow.OnOversize, options.Flow.DeadLetterTopic, topics, logger);
        var partitioner = new Partitioner(topics, partitions);
        var graph = new PipelineGraph(
            _limits,
            (slabs, emit, batches) => new DecoderStage(new EventDecoder(_format, catalog, selection, topics, slabs, emit, batches, lastCommitLsn), logger).Decode,
            batch =>
            {
                Failpoint.Reach("size-filter.batch");
                sizeFilter.Filter(batch);
            },
            batch =>
            {
                Failpoint.Reach("partitioner.batch");
                partitioner.Partition(batch);
            },
            producer,
            watermark);
        producer.Delivered = (sequence, records) =>
        {
            Failpoint.Reach("delivery.report");
            watermark.Deliver(sequence, records);
            Failpoint.Reach("delivery.counted");
        };
        producer.Failed = failure =>
        {
            producers.Learn(failure);
            graph.Fail(new ProducerFailedException(failure));
        };
        return graph;
    }

    private SlotState EnsureSlot(CancellationToken stop)
    {
        using var control = database.Open();
        return database.Translated(() =>
        {
            if (ReplicationSlots.Find(control, options.Capture.SlotName) is { } existing)
            {
                return existing;
            }

            logger.LogInformation("created slot {Slot} {Lsn}", options.Capture.SlotName, new Lsn(ReplicationSlots.Create(database, options.Capture.SlotName, SlotTimeoutMs, waiting => logger.LogWarning("{Waiting}", waiting), stop)));
            return ReplicationSlots.Find(control, options.Capture.SlotName) ?? throw new DatabaseException(FailureClass.Unavailable, $"slot \"{options.Capture.SlotName}\" was dropped as soon as it was made");
        });
    }

    private IWalReader OpenReader(int serverVersion, ulong startLsn)
    {
        var request = new WalStreamRequest(options.Capture.SlotName, options.Capture.PublicationName, startLsn);
        return options.Flow.Reader == ReaderKind.Npgsql
            ? new NpgsqlWalReader(database, request, TimeProvider.System)
            : new SocketWalReader(database, request, serverVersion, TimeProvider.System);
    }

    /// <summary>Invariant 7: a drained run holds nothing. If it does, that is a defect, and the message names who.</summary>
    private static void AssertNothingHeld(PipelineGraph graph, Watermark watermark)
    {
        var (count, holders) = graph.OutstandingSlabs;
        if (count > 0 || watermark.InFlight > 0)
        {
            throw new InvalidOperationException($"a drained run holds {count} slabs ({holders}) and {watermark.InFlight} open batches");
        }
    }
}
