using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Debezium.Snapshots;
using Penstock.Debezium.Values;
using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Engine.Telemetry;
using Penstock.Engine.Watching;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Partitioning;
using Penstock.Kafka.Producing;
using Penstock.Kafka.Sizes;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Preflight;
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
internal sealed class PipelineRun(
    PipelineOptions options, SourceDatabase database, KafkaConnection kafka, RecordProducers producers, TopicTable topics, ProcessMemory memory, ILogger logger, HealthState health)
{
    /// <summary>How long the slot's creation waits for older transactions: Debezium's <c>internal.create.slot.command.timeout</c>.</summary>
    private const int SlotTimeoutMs = 90_000;

    private readonly EventFormat _format = OptionMapping.Format(options, database.Url.Database);
    /// <summary>Seven tenths of the time that a stop may take: the rest is for the slot's last confirmation and for closing.</summary>
    private readonly int _drainTimeoutMs = options.Operations.ShutdownTimeoutMs * 7 / 10;

    private readonly PipelineLimits _limits = PipelineLimits.Of(options.Flow, options.Signals);
    private readonly RunPreparation _preparation = new(options, database, logger);
    private readonly LeftOutByTransformsLog _leftOut = new(logger);
    private readonly LossLog _losses = new(options.Events.Values.Compat, options.Events.OnConversionFailure != ConversionFailure.Skip, logger, health);
    private readonly NotificationQueue? _notifications = OptionMapping.Notifications(options, logger);

    /// <summary>Called once, when the first records are delivered or quiet streaming has lasted a while: the dependencies answer, earlier failures are over.</summary>
    public Action? Working { get; init; }

    /// <summary>Runs until <paramref name="stop"/>, or until the snapshot is complete where no stream is to follow.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        PreflightResult seen;
        using (Spans.Begin("preflight"))
        {
            seen = Check(database, options);
        }

        foreach (var finding in seen.Findings)
        {
            logger.LogWarning("{Finding}", finding.Message);
        }

        health.Tables.Expect(OptionMapping.SnapshotTables(options, seen.All, seen.Captured, seen.Publication).Select(table => table.FullName));

        using var partitions = new TopicCatalog(kafka, topics, new TopicPolicy(), producers.Log, memory.Partitions);
        await using var stopping = stop.Register(partitions.Stop);
        _preparation.CheckTopics(partitions, seen.Captured);
        using var topicWatch = new TopicWatch(partitions.FindChanges, kafka.TopicCheckIntervalMs, memory.SaidChanges, logger);
        bool withStream = options.Snapshot.Rule.WithStream;
        if (withStream)
        {
            _preparation.SetReplicaIdentities(seen.Captured);
            Failpoint.Reach("publication.ensure");
            seen = seen with { Publication = _preparation.EnsurePublication(seen.Captured) };
            Failpoint.Reach("publication.ensured");
        }

        var state = new PipelineMemory(database, options.Name, seen.KeepsState);
        if (withStream)
        {
            state.Ensure();
        }

        var continuity = new Continuity(options, database, state, logger, health);
        if (withStream && state.IsKept && state.Read() is null)
        {
            state.Register(options.Capture.SlotName, continuity.Server);
        }

        var gap = withStream ? continuity.Check() : null;
        bool snapshotIsDue = gap is null ? new SnapshotDecision(options, memory, logger).IsDue(seen.Slot, state) : options.GapPolicy == GapPolicy.Resnapshot;
        if (!snapshotIsDue)
        {
            _notifications?.Whole("SKIPPED");
        }
        else
        {
            await Task.WhenAny(Task.Delay(options.Snapshot.DelayMs, stop)).ConfigureAwait(false);
            // A lost slot was dropped.
            seen = seen with { Slot = gap?.Kind == GapKind.SlotLost ? null : seen.Slot };
            if (stop.IsCancellationRequested || !await SnapshotAsync(seen, state, partitions, withStream, stop).ConfigureAwait(false))
            {
                return;
            }

            await Task.WhenAny(Task.Delay(withStream ? options.Snapshot.StreamingDelayMs : 0, stop)).ConfigureAwait(false);
        }

        if (withStream && !stop.IsCancellationRequested)
        {
            await StreamAsync(seen, partitions, state, continuity, snapshotIsDue ? null : gap, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Everything that can be seen without changing anything.</summary>
    public static PreflightResult Look(SourceDatabase database, PipelineOptions options, bool advises = false)
    {
        var seen = PreflightChecks.Run(database, OptionMapping.Preflight(options) with { Advises = advises });
        return seen with { Findings = [.. seen.Findings, .. KeyChecks.Run(database, OptionMapping.Format(options, database.Url.Database), seen)] };
    }

    /// <summary>The same for a start.</summary>
    /// <exception cref="PreflightFailedException">Something has to be changed first.</exception>
    public static PreflightResult Check(SourceDatabase database, PipelineOptions options)
    {
        var seen = Look(database, options);
        return seen.HasErrors
            ? throw new PreflightFailedException(string.Join('\n', seen.Findings.Where(finding => finding.IsError).Select(finding => finding.Message)))
            : seen;
    }

    /// <summary>False if asked to stop before the end: nothing is left behind, the next start begins anew.</summary>
    private async Task<bool> SnapshotAsync(PreflightResult seen, PipelineMemory state, TopicCatalog partitions, bool withStream, CancellationToken stop)
    {
        health.Enter(PipelineState.Snapshot);
        var request = new SnapshotRequest
        {
            Tables = OptionMapping.SnapshotTables(options, seen.All, seen.Captured, seen.Publication),
            Statements = options.Snapshot.Statements,
            LockTimeoutMs = options.Snapshot.LockTimeoutMs,
            NewSlot = withStream && seen.Slot is null ? options.Capture.SlotName : null,
            SlotTimeoutMs = SlotTimeoutMs,
            Stop = stop,
            PublishedBy = OptionMapping.RowsOf(options),
            OnWaiting = waiting => logger.LogWarning("{Waiting}", waiting),
        };
        request = request with { OnTable = Notices(request.Tables) };
        using var span = Spans.Begin("snapshot");
        span?.SetTag("penstock.tables", request.Tables.Count);
        using var alone = SnapshotLock.Take(database, options.Capture.SlotName);
        AssertStillDue(request.NewSlot);
        RememberedPartitions.Compare(state, partitions, logger);
        using var catalog = OpenCatalog();
        var watermark = new Watermark();
        using var producer = producers.Create();
        var (graph, _, sizes) = Assemble(catalog, partitions, producer, watermark, 0, null, null);
        Failpoint.Reach("snapshot.start");
        using var reader = SnapshotReader.Start(database, graph.WalSlabs, request, TimeProvider.System);
        Failpoint.Reach("snapshot.started");
        logger.LogInformation("snapshot begins {Tables} {Lsn}", request.Tables.Count, new Lsn(reader.Origin.Lsn));
        _notifications?.Whole("STARTED");
        var source = new SnapshotSource(reader, () => _notifications?.Whole("COMPLETED"));
        using var watch = SilenceWatch.OfSnapshot(database, source, reader, alone, graph.Fail);
        using var view = health.Show(new SnapshotView(reader.Progress));
        using var metrics = RunMetrics.OfSnapshot(health, graph, watermark, sizes, reader.Progress);
        using (new ProgressLog(logger, health, watermark, () => $"{reader.Progress.Count(t => t.IsDone)} of {reader.Progress.Count} tables, {reader.Progress.Sum(t => t.Rows)} rows", () => (null, null)) { Losses = _losses, LeftOut = _leftOut })
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
        // Before the slot is made: one that stands beyond the record counts as somebody else's.
        var server = ServerIdentity.Read(database);
        if (request.NewSlot is not null)
        {
            state.WriteConfirmed(options.Capture.SlotName, server, reader.Origin.Lsn);
        }

        Failpoint.Reach("snapshot.position-written");
        reader.Complete();
        Failpoint.Reach("snapshot.slot-made");
        state.WriteSnapshotComplete(options.Capture.SlotName, server, reader.Origin.Lsn, withStream);
        Failpoint.Reach("snapshot.state-written");
        span?.SetTag("penstock.rows", reader.Progress.Sum(table => table.Rows));
        memory.SnapshotTaken = true;
        memory.FreshSlotLsn = seen.Slot?.ConfirmedFlushLsn ?? reader.Origin.Lsn;
        logger.LogInformation("snapshot is complete {Rows}", reader.Progress.Sum(table => table.Rows));
        return true;
    }

    private PostgresCatalog OpenCatalog()
    {
        var catalog = new PostgresCatalog(database);
        if (options.Events.Values.Compat == CompatMode.StrictDebezium)
        {
            catalog.KeepTypes();
        }

        return catalog;
    }

    /// <summary>Another process may have completed its snapshot between the look at the slot and the lock.</summary>
    private void AssertStillDue(string? newSlot)
    {
        using var control = database.Open();
        if (newSlot is not null && database.Translated(() => ReplicationSlots.Find(control, newSlot)) is not null)
        {
            throw new DatabaseException(FailureClass.SlotActive, $"another process has completed the snapshot and made slot \"{newSlot}\" at this moment.");
        }
    }

    /// <summary>What tells of the tables of a whole snapshot. The signal table counts as captured, though its rows are not read.</summary>
    private Action<SnapshotProgress> Notices(IReadOnlyList<CapturedTable> tables)
    {
        string[] read = [.. tables.Select(table => table.FullName)];
        string[] listed = options.Signals.Table is not { } signals ? read
            : options.Capture.TableIncludeList is null ? [.. read.Append(signals.FullName).Order(StringComparer.Ordinal)]
            : [.. read, signals.FullName];
        return progress => _notifications?.WholeTable(progress, read, listed);
    }

    private async Task StreamAsync(PreflightResult seen, TopicCatalog partitions, PipelineMemory state, Continuity continuity, SlotGap? gap, CancellationToken stop)
    {
        Failpoint.Reach("slot.ensure");
        var slot = EnsureSlot(stop);
        Failpoint.Reach("slot.ensured");
        using var xmin = CatalogXmin.Start(database, slot.Name, options.Capture.XminFetchIntervalMs, logger);
        using var adHoc = AdHocSource.Open(options, database, _format, state, seen, logger, out var saved);
        await using var stopping = stop.Register(() => adHoc?.Stop());
        using var catalog = OpenCatalog();
        var watermark = new Watermark();
        using var producer = producers.Create();
        var (graph, decoder, sizes) = Assemble(catalog, partitions, producer, watermark, LastCommitLsn(slot, state), xmin, adHoc, SkipList.Of(options, database, state, partitions, slot.ConfirmedFlushLsn, logger));
        using var reader = OpenReader(seen.ServerVersion, slot.ConfirmedFlushLsn);
        // From here on nobody else can move the slot: what is true now stays true.
        ulong recorded = continuity.Confirm(slot.ConfirmedFlushLsn, gap);
        RememberedPartitions.Compare(state, partitions, logger);
        var source = new StreamSource(reader, gap is null ? null : gap with { ToLsn = slot.ConfirmedFlushLsn });
        int walSenderTimeoutMs = ReplicationSlots.WalSenderTimeoutMs(database);
        using var recorder = new PositionRecorder(state, slot.Name, continuity.Server, watermark, recorded, options.Flow.StatusUpdateIntervalMs, logger, graph.Fail);
        using var status = new StatusThread(reader, () => recorder.Position, slot.ConfirmedFlushLsn, StatusThread.IntervalMs(options.Flow.StatusUpdateIntervalMs, walSenderTimeoutMs), graph.Fail);
        using var silence = SilenceWatch.OfStream(database, slot.Name, source, reader, walSenderTimeoutMs, graph.Fail);
        using var chunks = adHoc is null ? null : SilenceWatch.OfChunks(database, adHoc.Chunks, graph.Fail);
        using var shutdown = new ShutdownWatch(database, reader, graph.Fail);
        using var heartbeat = HeartbeatAction.Start(database, options.Flow.HeartbeatIntervalMs, options.Flow.HeartbeatActionQuery, logger);
        logger.LogInformation("streaming {Slot} {Publication} {Lsn}", slot.Name, options.Capture.PublicationName, new Lsn(slot.ConfirmedFlushLsn));
        health.Enter(PipelineState.Streaming);
        decoder.Restore(saved);
        var ladder = new LsnLadder(memory.Head, watermark, reader, status);
        using var view = health.Show(new StreamView(ladder, adHoc));
        using var metrics = RunMetrics.OfStream(health, graph, watermark, sizes, ladder, adHoc, () => (reader.ReceivedLsn, status.ConfirmedLsn));
        bool drained;
        using (new ProgressLog(logger, health, watermark, null, () => (new Lsn(reader.ReceivedLsn), new Lsn(status.ConfirmedLsn))) { Working = Working, Losses = _losses, LeftOut = _leftOut })
        {
            try
            {
                drained = await graph.RunAsync(source, options.Flow.HeartbeatIntervalMs, _drainTimeoutMs, stop).ConfigureAwait(false);
            }
            catch (PipelineFailedException failed) when (failed.InnerException is UndecodableEventException)
            {
                // What stands before the change was delivered: it need not come again at each try.
                recorder.Finish();
                status.Finish();
                throw;
            }
        }

        Failpoint.Reach("stop.drained");
        recorder.Finish();
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

    /// <summary>
    /// What the first event's <c>source.sequence</c> calls the last commit. Debezium has it from its stored offset; here it is the slot's confirmed position, which is a commit's end, or a
    /// keepalive's position with nothing committed between: either way no event before it is missing and none behind it was seen. A slot that nothing was confirmed of has none.
    /// </summary>
    private ulong LastCommitLsn(SlotState slot, PipelineMemory state) =>
        slot.ConfirmedFlushLsn == memory.FreshSlotLsn || (options.Snapshot.Rule.Time != SnapshotTime.Never && slot.ConfirmedFlushLsn == state.Read()?.SnapshotLsn) ? 0 : slot.ConfirmedFlushLsn;

    private (PipelineGraph Graph, EventDecoder Decoder, SizeFilter Sizes) Assemble(
        PostgresCatalog catalog, TopicCatalog partitions, IRecordProducer producer, Watermark watermark, ulong lastCommitLsn, CatalogXmin? xmin, AdHocSource? adHoc, EventSkips? skips = null)
    {
        var selection = new CatalogSelection(OptionMapping.Selection(options));
        var sizeFilter = new SizeFilter(options.Flow.MaxRecordBytes, options.Flow.OnOversize, options.Flow.DeadLetterTopic, topics, logger);
        var partitioner = new Partitioner(topics, partitions);
        var counter = new TableCounter(health.Tables);
        var spans = new BatchSpans();
        EventDecoder? decoder = null;
        var graph = new PipelineGraph(
            _limits,
            (slabs, emit, batches) =>
            {
                decoder = new EventDecoder(_format, catalog, selection, topics, slabs, emit, batches, adHoc, _notifications, skips) { LastCommitLsn = lastCommitLsn };
                _losses.Watch(decoder);
                _leftOut.Watch(decoder);
                return new DecoderStage(decoder, xmin).Decode;
            },
            batch =>
            {
                Failpoint.Reach("size-filter.batch");
                sizeFilter.Filter(batch);
            },
            batch =>
            {
                Failpoint.Reach("partitioner.batch");
                partitioner.Partition(batch);
                counter.Count(batch);
                spans.Produced(batch);
            },
            producer,
            watermark);
        producer.Delivered = (sequence, records) =>
        {
            Failpoint.Reach("delivery.report");
            spans.Delivered(sequence, records);
            health.Delivery.Note(watermark.Deliver(sequence, records), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            Failpoint.Reach("delivery.counted");
        };
        producer.Failed = failure =>
        {
            producers.Learn(failure);
            graph.Fail(new ProducerFailedException(failure));
        };
        return (graph, decoder!, sizeFilter);
    }

    private SlotState EnsureSlot(CancellationToken stop)
    {
        using var control = database.Open();
        return database.Translated(() =>
        {
            if (ReplicationSlots.Find(control, options.Capture.SlotName) is null)
            {
                memory.FreshSlotLsn = ReplicationSlots.Create(database, options.Capture.SlotName, SlotTimeoutMs, waiting => logger.LogWarning("{Waiting}", waiting), stop);
                logger.LogInformation("created slot {Slot} {Lsn}", options.Capture.SlotName, new Lsn(memory.FreshSlotLsn));
            }

            var slot = ReplicationSlots.Find(control, options.Capture.SlotName)
                ?? throw new DatabaseException(FailureClass.Unavailable, $"slot \"{options.Capture.SlotName}\" was dropped as soon as it was made");
            if (options.Capture.SlotFailover && !slot.IsFailover)
            {
                ReplicationSlots.MakeFailover(database, slot.Name);
                logger.LogInformation("slot {Slot} is a failover slot now", slot.Name);
            }

            return slot;
        });
    }

    private IWalReader OpenReader(int serverVersion, ulong startLsn)
    {
        var request = new WalStreamRequest(options.Capture.SlotName, options.Capture.PublicationName, startLsn, options.Capture.SlotStreamParameters);
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
