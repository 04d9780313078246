using Microsoft.Extensions.Logging;
using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Producing;
using Penstock.Postgres.Connection;
using Penstock.Postgres.State;
using Penstock.PostgresToKafka.Settings;
using PipelineMemory = Penstock.Postgres.State.PipelineState;
using PipelineState = Penstock.Engine.Operations.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// What happens around a run: it is started again from the confirmed position after failures that may pass, with back-off and jitter, and ended with the right exit code by all others.
/// </summary>
internal sealed class Supervisor(PipelineOptions options, ILoggerFactory logs, HealthState health)
{
    /// <summary>First pause after a failure; it doubles up to <c>retriable.restart.connector.wait.ms</c>.</summary>
    private const int FirstPauseMs = 500;

    private readonly ILogger _logger = logs.CreateLogger("");

    /// <summary>Runs until <paramref name="stop"/> or a failure that is final. Returns the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        Stage.ReserveThreads();
        var problems = new List<string>();
        var url = OptionMapping.Database(options, Environment.GetEnvironmentVariable, problems);
        using var kafka = OptionMapping.Kafka(options, problems);
        if (url is null || kafka is null)
        {
            problems.ForEach(problem => _logger.LogError("{Problem}", problem));
            return Verdict.Settings;
        }

        kafka.Open();
        foreach (string warning in kafka.Warnings.Concat(kafka.LookAtCertificates(DateTimeOffset.UtcNow).Select(certificate => certificate.Message)))
        {
            _logger.LogWarning("{Warning}", warning);
        }

        _logger.LogInformation("source {Database}; Kafka {Kafka}", url.ToString(), kafka.Description);
        _logger.LogInformation("memory bound {MemoryBound}", PipelineLimits.Of(options.Flow, options.Signals).ToString());
        var topics = new TopicTable();
        var producers = new RecordProducers(kafka, topics, logs.CreateLogger("kafka"), options.Flow.Producer);
        using var database = new SourceDatabase(url, options.Connections.InitialStatements);
        return await RetryAsync(database, kafka, producers, topics, stop).ConfigureAwait(false);
    }

    private async Task<int> RetryAsync(SourceDatabase database, KafkaConnection kafka, RecordProducers producers, TopicTable topics, CancellationToken stop)
    {
        var backoff = new Backoff(FirstPauseMs, options.Flow.RetryWaitMs, Random.Shared.NextDouble);
        // It grows no longer: the other's end is to be seen soon. Its jitter keeps several that wait for one slot apart.
        var standby = new Backoff(options.Flow.SlotRetryDelayMs, options.Flow.SlotRetryDelayMs, Random.Shared.NextDouble);
        var failure = new RecurringFailure(_logger, "the pipeline is interrupted");
        var memory = new ProcessMemory();
        int slotAttempts = 0;
        var flag = new PauseFlag(database, options.Name);
        var release = new SlotRelease(database, options.Name, _logger);
        var paused = new PausedPipeline(database, flag, options.Capture.PauseLimits, release, _logger, health);
        await using var guard = new SlotGuard(database, options, release, memory.Head, _logger, health);
        while (true)
        {
            bool isPausing = false;
            try
            {
                bool mayPause = guard.HasState = options.Capture.State != StateWish.None && StateRights.AreThere(database);
                if (mayPause)
                {
                    await paused.WaitAsync(stop).ConfigureAwait(false);
                    if (stop.IsCancellationRequested)
                    {
                        return Verdict.Success;
                    }

                    guard.DropIfOver();
                }

                using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
                guard.Watch(ending);
                using var pauseWatch = mayPause ? new PauseWatch(flag, ending, () => isPausing = true, _logger) : null;
                var run = new PipelineRun(options, database, kafka, producers, topics, memory, _logger, health)
                {
                    Working = () =>
                    {
                        failure.Recovered();
                        backoff.Succeeded();
                        slotAttempts = 0;
                    },
                };
                await run.RunAsync(ending.Token).ConfigureAwait(false);
                if ((isPausing || guard.IsOver) && !stop.IsCancellationRequested)
                {
                    continue;
                }

                DropSlotIfAsked(database, stop);
                return Verdict.Success;
            }
            catch (Exception error) when (Verdict.Of(error) is { } verdict)
            {
                if (stop.IsCancellationRequested)
                {
                    _logger.LogWarning("stopped while it was interrupted: {Reason}", verdict.Message);
                    return Verdict.Success;
                }

                if (isPausing)
                {
                    _logger.LogInformation("paused while it was interrupted: {Reason}", verdict.Message);
                    continue;
                }

                if (verdict.IsSlotActive && (options.Flow.SlotMaxRetries < 0 || slotAttempts < options.Flow.SlotMaxRetries))
                {
                    await StandByAsync(verdict, slotAttempts++, standby.Next(), stop).ConfigureAwait(false);
                    if (stop.IsCancellationRequested)
                    {
                        return Verdict.Success;
                    }

                    continue;
                }

                if (IsFinal(verdict, backoff))
                {
                    health.Enter(PipelineState.Failed, verdict.Message);
                    foreach (string line in verdict.Message.Split('\n'))
                    {
                        _logger.LogError("{Reason}", line);
                    }

                    return verdict.ExitCode;
                }

                // What broke one connection may have broken those that wait for their next use, without their knowing.
                database.ForgetIdle();
                health.Enter(PipelineState.BackingOff, verdict.Message);
                failure.Failed(verdict.Message);
                await Task.WhenAny(Task.Delay(backoff.Next(), stop)).ConfigureAwait(false);
                if (stop.IsCancellationRequested)
                {
                    return Verdict.Success;
                }

                LetGoOfMemory();
            }
        }
    }

    /// <summary>
    /// Another process works: a platform's rolling restart, or a spare one. That is no failure, and is said once; the other's end is seen within the retry delay.
    /// </summary>
    private async Task StandByAsync(Verdict verdict, int attempt, int pauseMs, CancellationToken stop)
    {
        if (attempt == 0)
        {
            _logger.LogInformation("standby: {Reason}", verdict.Message);
        }

        health.Enter(PipelineState.Standby);
        await Task.WhenAny(Task.Delay(pauseMs, stop)).ConfigureAwait(false);
    }

    /// <summary>The memory bound is for one run: what the broken one held, pinned slabs and librdkafka's queue, must not stay beside what the next one takes.</summary>
    private static void LetGoOfMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
    }

    private bool IsFinal(Verdict verdict, Backoff backoff)
    {
        if (!verdict.IsTemporary || verdict.IsSlotActive)
        {
            return true;
        }

        return options.Flow.ErrorsMaxRetries >= 0 && backoff.Failures >= options.Flow.ErrorsMaxRetries;
    }

    /// <summary><c>slot.drop.on.stop</c>: only after an orderly stop, and said, because what happens from here on is lost to the topics.</summary>
    private void DropSlotIfAsked(SourceDatabase database, CancellationToken stop)
    {
        if (!options.Capture.SlotDropOnStop || !stop.IsCancellationRequested)
        {
            return;
        }

        var state = new PipelineMemory(database, options.Name, options.Capture.State != StateWish.None && StateRights.AreThere(database));
        state.Delete();
        using var control = database.Open();
        bool dropped = database.Translated(() => Postgres.Slot.ReplicationSlots.Drop(control, options.Capture.SlotName));
        _logger.LogWarning("slot.drop.on.stop: slot {Slot} {Outcome}; changes from now on are not captured", options.Capture.SlotName, dropped ? "is dropped" : "was gone already");
    }
}
