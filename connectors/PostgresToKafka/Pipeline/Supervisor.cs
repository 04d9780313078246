using Microsoft.Extensions.Logging;
using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Producing;
using Penstock.Postgres.Connection;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// What happens around a run: it is started again from the confirmed position after failures that may pass, with back-off and jitter, and ended with the right exit code by all others.
/// </summary>
internal sealed class Supervisor(PipelineOptions options, ILoggerFactory logs, HealthState health)
{
    /// <summary>First pause after a failure; it doubles up to <c>retriable.restart.connector.wait.ms</c>.</summary>
    private const int FirstPauseMs = 500;

    /// <summary>Stages block on purpose (a full block, an empty pool): with the default of one thread a core they would starve each other on two cores.</summary>
    private const int WorkerThreads = 16;

    private readonly ILogger _logger = logs.CreateLogger("");

    /// <summary>Runs until <paramref name="stop"/> or a failure that is final. Returns the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        ThreadPool.GetMinThreads(out _, out int completionThreads);
        ThreadPool.SetMinThreads(WorkerThreads, completionThreads);
        var problems = new List<string>();
        var url = OptionMapping.Database(options, Environment.GetEnvironmentVariable, problems);
        using var kafka = OptionMapping.Kafka(options, problems);
        if (url is null || kafka is null)
        {
            problems.ForEach(problem => _logger.LogError("{Problem}", problem));
            return Verdict.Settings;
        }

        kafka.Open();
        foreach (string warning in kafka.Warnings)
        {
            _logger.LogWarning("{Warning}", warning);
        }

        _logger.LogInformation("source {Database}; Kafka {Kafka}", url.ToString(), kafka.Description);
        _logger.LogInformation("memory bound {MemoryBound}", PipelineLimits.Of(options.Flow).ToString());
        var topics = new TopicTable();
        var producers = new RecordProducers(kafka, topics, logs.CreateLogger("kafka"), options.Flow.Producer);
        using var database = new SourceDatabase(url);
        return await RetryAsync(database, kafka, producers, topics, stop).ConfigureAwait(false);
    }

    private async Task<int> RetryAsync(SourceDatabase database, KafkaConnection kafka, RecordProducers producers, TopicTable topics, CancellationToken stop)
    {
        var backoff = new Backoff(FirstPauseMs, options.Flow.RetryWaitMs, Random.Shared.NextDouble);
        var failure = new RecurringFailure(_logger, "the pipeline is interrupted");
        int slotAttempts = 0;
        while (true)
        {
            try
            {
                var run = new PipelineRun(options, database, kafka, producers, topics, _logger, health)
                {
                    Working = () =>
                    {
                        failure.Recovered();
                        backoff.Succeeded();
                        slotAttempts = 0;
                    },
                };
                await run.RunAsync(stop).ConfigureAwait(false);
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

                if (IsFinal(verdict, backoff, ref slotAttempts))
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
                int pauseMs = verdict.IsSlotActive ? options.Flow.SlotRetryDelayMs : backoff.Next();
                await Task.WhenAny(Task.Delay(pauseMs, stop)).ConfigureAwait(false);
                if (stop.IsCancellationRequested)
                {
                    return Verdict.Success;
                }
            }
        }
    }

    private bool IsFinal(Verdict verdict, Backoff backoff, ref int slotAttempts)
    {
        if (!verdict.IsTemporary)
        {
            return true;
        }

        if (verdict.IsSlotActive)
        {
            return ++slotAttempts > options.Flow.SlotMaxRetries;
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

        using var control = database.Open();
        bool dropped = database.Translated(() => Postgres.Slot.ReplicationSlots.Drop(control, options.Capture.SlotName));
        _logger.LogWarning("slot.drop.on.stop: slot {Slot} {Outcome}; changes from now on are not captured", options.Capture.SlotName, dropped ? "is dropped" : "was gone already");
    }
}
