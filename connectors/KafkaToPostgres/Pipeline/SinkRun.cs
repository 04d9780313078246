using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using Penstock.Debezium.Events;
using Penstock.Debezium.Reading;
using Penstock.Debezium.Reading.Transactions;
using Penstock.Engine.Operations;
using Penstock.Engine.Telemetry;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Consuming;
using Penstock.KafkaToPostgres.Settings;
using Penstock.KafkaToPostgres.Transactions;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>One run: from joining the group to leaving it, or to the first failure.</summary>
internal sealed class SinkRun : IPartitionOffsets, IPoisonPolicy, IDisposable
{
    private const int PollMs = 100;

    /// <summary>A full graph is waited for this long before the partitions are paused.</summary>
    private const int PatienceMs = 500;
    private const int AdviceIntervalMs = 1000;
    private const int SpanIntervalMs = 1000;

    private readonly SinkOptions _options;
    private readonly TargetDatabase _target;
    private readonly KafkaConnection _kafka;
    private readonly ILogger _logger;
    private readonly ILogger _kafkaLogger;
    private readonly HealthState _health;
    private readonly SinkTotals _totals;
    private readonly SinkOffsets _offsets;
    private readonly BatchApplier _applier;
    private readonly CollisionRetry _collisions;
    private readonly RecordDecoder _decoder;
    private readonly SinkGraph _graph;
    private readonly OwnedPartitions _owned;
    private readonly HashSet<(string Topic, int Partition)> _gaps;
    private readonly TransactionFeed? _transactions;
    private NpgsqlConnection? _applying;
    private readonly TargetTables _tables;
    private ApplyWatch? _watch;
    private long _duplicatesSaid;
    private long _nextSpanMs;

    public SinkRun(SinkOptions options, TargetDatabase target, KafkaConnection kafka, ILoggerFactory logs, HealthState health, SinkTotals totals, HashSet<(string Topic, int Partition)> gaps)
    {
        _totals = totals;
        _owned = new OwnedPartitions(totals);
        _options = options;
        _target = target;
        _kafka = kafka;
        _logger = logs.CreateLogger("");
        _kafkaLogger = logs.CreateLogger("kafka");
        _health = health;
        _gaps = gaps;
        _offsets = new SinkOffsets(kafka.Group(options.Group));
        _applier = new BatchApplier(_offsets, options.Insert, this) { AppliesWhole = options.Apply == ApplyMode.Transaction };
        _transactions = options.Apply == ApplyMode.Transaction ? new TransactionFeed(options, kafka, logs) : null;
        _collisions = new CollisionRetry(_logger);
        _tables = new TargetTables(options, target);
        _decoder = new RecordDecoder(
            options.Decoding,
            _tables.Find,
            _tables.HasChanged,
            options.Evolution == SchemaEvolution.None ? null : new SinkEvolution(options, target, _logger, _tables.NextNumber).Evolve);
        _graph = new SinkGraph(options.Limits, options.BatchChanges, Decode, Apply);
    }

    /// <summary>Called when something was committed.</summary>
    public Action? Working { get; init; }

    /// <summary>Reads and applies until <paramref name="stop"/>, then drains.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using (var control = _target.Open())
        {
            _ = _target.Translated(() =>
            {
                TargetDatabase.RequireUtf8(control);
                SinkOffsets.Create(control);
                if (_options.OnError == OnError.DeadLetter)
                {
                    DeadLetters.Create(control);
                }

                return true;
            });
        }

        _transactions?.Open(stop);
        _applying = _target.OpenPatient();
        _watch = new ApplyWatch(_target, _applying.ProcessID, _graph.Fail, _logger);
        try
        {
            string[] topics = [.. _options.Topics.Select(topic => topic.StartsWith('^') ? topic : _kafka.Topic(topic))];
            foreach (string topic in topics.Where(topic => !topic.StartsWith('^')))
            {
                _totals.NameOf(topic);
            }

            using var consumer = new NativeConsumer(_kafka.NewConsumerConfig(_options.Group, null, _options.QueueBytes), topics, this, new ClientLog(_kafkaLogger));
            using var view = _health.Show(new SinkView(() => _owned.Lag(consumer), () => _owned.Lags(consumer), _totals));
            using var metrics = SinkMetrics.OfRun(_health, () => _owned.Lags(consumer), () => _graph.OutstandingSlabs);
            _logger.LogInformation("consuming {Topics} {Group}", string.Join(',', topics), _kafka.Group(_options.Group));
            _health.Enter(PipelineState.Streaming);
            await Task.Factory.StartNew(() => Consume(consumer, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            if (!await _graph.EndAsync(_options.Operations.ShutdownTimeoutMs).ConfigureAwait(false))
            {
                _logger.LogWarning("the time to stop is over: what was read and not applied comes again");
            }

            consumer.Advise(_owned.TakeAdvice());
        }
        finally
        {
            _target.Close(_applying);
        }
    }

    private void Consume(NativeConsumer consumer, CancellationToken stop)
    {
        ConsumedBatch? full = null;
        long advisedAt = Environment.TickCount64;
        long waitingSince = 0;
        try
        {
            while (!stop.IsCancellationRequested && _graph.Failure is null)
            {
                if (Environment.TickCount64 - advisedAt > AdviceIntervalMs)
                {
                    advisedAt = Environment.TickCount64;
                    consumer.Advise(_owned.TakeAdvice());
                }

                if (full is not null && _graph.TrySend(full))
                {
                    full = null;
                }

                _transactions?.Look(consumer.Leases, stop);
                if (full is null && _graph.TryRent() is { } batch)
                {
                    waitingSince = 0;
                    consumer.Resume();
                    full = TryFill(consumer, batch) ? batch : null;
                }
                else if (waitingSince == 0 || Environment.TickCount64 - waitingSince < PatienceMs)
                {
                    waitingSince = waitingSince == 0 ? Environment.TickCount64 : waitingSince;
                    Thread.Sleep(1);
                }
                else
                {
                    consumer.Idle(PollMs);
                }
            }
        }
        catch (OffsetLostException lost) when (_options.OnGap == OnGap.Earliest)
        {
            // The next run takes the partition from its first record.
            lock (_owned.Gate)
            {
                _gaps.Add((lost.Lease.Topic, lost.Lease.Partition));
            }

            _health.Gap(lost.Message);
            _logger.LogError("gap: {Reason}; going on at the first record that is there", lost.Message);
            _graph.Fail(new ConsumerException(lost.Message, isTemporary: true));
        }
        catch (Exception error)
        {
            _graph.Fail(error);
        }
    }

    /// <summary>Gets what is to be applied next; an empty batch is given back.</summary>
    private bool TryFill(NativeConsumer consumer, ConsumedBatch batch)
    {
        if (_transactions is null ? consumer.Fill(batch, PollMs, _options.BatchChanges) : TryFillWithTransactions(consumer, batch))
        {
            return true;
        }

        _graph.Return(batch);
        return false;
    }

    private bool TryFillWithTransactions(NativeConsumer consumer, ConsumedBatch batch)
    {
        if (!_transactions!.HasReady)
        {
            if (consumer.Fill(batch, PollMs, _options.BatchChanges))
            {
                consumer.Hold(_transactions.Take(batch));
                batch.Clear();
            }
            else
            {
                // What waited for a transaction that is gone has to be read on, and no other record may come. Only now, not behind every transaction: paused and resumed that often, the consumer came to a stand for good.
                consumer.Hold(_transactions.Held());
            }

            if (!_transactions.HasReady)
            {
                return false;
            }
        }

        _transactions.Emit(batch);
        return batch.Count > 0;
    }

    public IReadOnlyList<PartitionLease> Take(IReadOnlyList<(string Topic, int Partition)> partitions)
    {
        if (partitions.Count == 0)
        {
            return [];
        }

        using var control = _target.Open();
        var taken = _target.Translated(() => _offsets.Take(control, partitions, $"{Environment.MachineName}/{Environment.ProcessId}"));
        var leases = new List<PartitionLease>();
        lock (_owned.Gate)
        {
            foreach (var position in taken)
            {
                bool isNew = position.NextOffset < 0;
                bool isGap = _gaps.Remove((position.Topic, position.Partition));
                long? first = _transactions is null ? null : _target.Translated(() => _transactions.FirstOffset(control, _offsets, position));
                bool fromFirst = isGap || (isNew && _options.Start == StartAt.Earliest);
                // A topic that was made anew counts its records from 0.
                position.AppliedOffset = isGap ? 0 : position.AppliedOffset;
                position.DoneOffset = isGap ? -1 : position.NextOffset;
                position.DoneTimeMs = position.Applied.TimeMs;
                var lease = new PartitionLease(position.Topic, position.Partition, first ?? (fromFirst ? -2 : isNew ? -1 : position.NextOffset)) { State = position };
                _owned.Add(position, lease);
                leases.Add(lease);
                _logger.LogInformation("partition {Partition} taken {Offset} {Epoch}", lease.ToString(), fromFirst ? "earliest" : isNew ? "latest" : position.NextOffset, position.Epoch);
            }
        }

        return leases;
    }

    public void Released(IReadOnlyList<PartitionLease> leases)
    {
        lock (_owned.Gate)
        {
            foreach (var lease in leases)
            {
                var position = (PartitionPosition)lease.State!;
                position.Revoke();
                _owned.Remove(position);
                _logger.LogInformation("partition {Partition} given back", lease.ToString());
            }
        }

        if (_transactions is not null)
        {
            _graph.Fail(LostOwnership());
        }
    }

    private void Decode(ConsumedBatch consumed, ChangeBatch changes)
    {
        var ends = new Dictionary<PartitionPosition, (long Next, int Records)>();
        foreach (ref readonly var record in consumed.Records)
        {
            var position = (PartitionPosition)record.Lease.State!;
            ends[position] = (record.Offset + 1, ends.GetValueOrDefault(position).Records + 1);
            if (record.Lease.Topic == _transactions?.Topic)
            {
                if (record.ValueLength > 0 && TransactionEnd.TryRead(consumed.Value(record), out var end))
                {
                    position.Applied = end!.Position;
                }

                continue;
            }

            _decoder.Decode(consumed.Key(record), consumed.Value(record), record.ValueLength < 0, consumed.TryHeader(record, "__penstock.position"u8, out var identity) ? identity : default, consumed.TryHeader(record, TypesHeader.Name, out var types) ? types : default, position, record.Offset, changes.Count, changes);
        }

        foreach (var (position, (next, records)) in ends)
        {
            _totals.Read(position.Topic, records);
            changes.Ends.Add(new PartitionEnd(position, next, position.Applied));
        }

        if (_decoder.Duplicates > _duplicatesSaid)
        {
            _logger.LogInformation("events that were applied before are passed by {Duplicates}", _decoder.Duplicates);
            _duplicatesSaid = Math.Max(_decoder.Duplicates, 2 * _duplicatesSaid);
        }
    }

    private void Apply(IReadOnlyList<ChangeBatch> batches)
    {
        Applied applied = default;
        long began = Stopwatch.GetTimestamp();
        using var span = BeginSpan();
        _watch!.Begin();
        try
        {
            while (!_target.Translated(() => TryApply(batches, out applied)))
            {
                if (_transactions is not null)
                {
                    throw LostOwnership();
                }

                _logger.LogInformation("a partition went to another process; what it had on its way is left to that one");
            }
        }
        finally
        {
            _watch.End();
        }

        Working?.Invoke();
        _health.Delivered(applied.Rows);
        _health.Aside(applied.PutAside);
        span?.SetTag("penstock.batches", batches.Count).SetTag("penstock.changes", applied.Changes).SetTag("penstock.rows", applied.Rows).SetTag("penstock.dead_letters", applied.PutAside);
        _totals.Committed(applied, Stopwatch.GetTimestamp() - began);
        long nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        foreach (var end in batches.SelectMany(batch => batch.Ends).Where(end => !end.Partition.IsRevoked))
        {
            _owned.Committed(end);
            _health.Delivery.Note(end.Applied.TimeMs, nowMs);
        }
    }

    /// <summary>For one transaction a second at most.</summary>
    private Activity? BeginSpan()
    {
        if (Environment.TickCount64 < _nextSpanMs || Spans.Begin("apply transaction") is not { } span)
        {
            return null;
        }

        _nextSpanMs = Environment.TickCount64 + SpanIntervalMs;
        return span;
    }

    private static ConsumerException LostOwnership() => new("partitions went to another process of the group, and whole transactions need all of them: they are asked for again", isTemporary: true);

    public void Dispose() => _watch?.Dispose();

    private bool TryApply(IReadOnlyList<ChangeBatch> batches, out Applied applied)
    {
        try
        {
            Applied made = default;
            bool isApplied = _collisions.Run(() => _applier.TryApply(_applying!, batches, out made));
            applied = made;
            return isApplied;
        }
        catch (PostgresException refusal) when (RowErrors.IsOfATable(refusal) && _tables.Changed(batches) is { } changed)
        {
            throw new TableChangedException(changed);
        }
    }

    public bool TryPutAside(NpgsqlConnection connection, Poison poison)
    {
        if (_options.OnError == OnError.Stop)
        {
            return false;
        }

        var change = poison.Batch.Changes[poison.Index];
        var consumed = (ConsumedBatch)poison.Batch.Source!;
        ref readonly var record = ref consumed.Records[change.Record];
        DeadLetters.Add(
            connection,
            _kafka.Group(_options.Group),
            change.Partition,
            change.Offset,
            record.KeyLength < 0 ? null : consumed.Key(record).ToArray(),
            record.ValueLength < 0 ? null : consumed.Value(record).ToArray(),
            record.HeadersLength == 0 ? null : consumed.Headers(record).ToArray(),
            poison.Reason,
            poison.SqlState);
        _logger.LogWarning("put aside {Partition} {Offset}: {Reason}", change.Partition.ToString(), change.Offset, poison.Reason);
        return true;
    }
}
