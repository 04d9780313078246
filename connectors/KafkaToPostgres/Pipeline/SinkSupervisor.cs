using Microsoft.Extensions.Logging;
using Penstock.Engine.Configuration;
using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Kafka.Connection;
using Penstock.KafkaToPostgres.Settings;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>
/// What happens around a run: it is started again from the offsets in the target after failures that may pass, with back-off and jitter, and ended with the right exit code by all others.
/// </summary>
internal sealed class SinkSupervisor(SinkOptions options, ILoggerFactory logs, HealthState health)
{
    private const int FirstPauseMs = 500;

    private readonly ILogger _logger = logs.CreateLogger("");

    /// <summary>Runs until <paramref name="stop"/> or a failure that is final. Returns the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        Stage.ReserveThreads();
        using var kafka = Connect(options, _logger, out var target);
        if (kafka is null || target is null)
        {
            return SinkVerdict.Settings;
        }

        kafka.Open();
        foreach (string warning in kafka.Warnings.Concat(kafka.LookAtCertificates(DateTimeOffset.UtcNow).Select(certificate => certificate.Message)))
        {
            _logger.LogWarning("{Warning}", warning);
        }

        _logger.LogInformation("target {Database}; Kafka {Kafka}", target.Url.ToString(), kafka.Description);
        _logger.LogInformation("memory bound {MemoryBound}", options.Limits.ToString());
        return await RetryAsync(kafka, target, stop).ConfigureAwait(false);
    }

    /// <summary>Where broker and target are; problems are logged and give null.</summary>
    public static KafkaConnection? Connect(SinkOptions options, ILogger logger, out TargetDatabase? target) =>
        Connect(options, problem => logger.LogError("{Problem}", problem), out target);

    /// <summary>The same with what gets the problems.</summary>
    public static KafkaConnection? Connect(SinkOptions options, Action<string> say, out TargetDatabase? target)
    {
        target = null;
        var kafka = KafkaConnection.TryParse(options.Kafka, out IReadOnlyList<SettingProblem> problems);
        foreach (var problem in problems)
        {
            say(problem.ToString());
        }

        if (!DatabaseUrl.TryParse(options.DatabaseUrl, Environment.GetEnvironmentVariable, out var url, out string? error))
        {
            say($"{options.DatabaseUrlName}: {error}");
            return kafka;
        }

        target = new TargetDatabase(url! with { ApplicationName = url!.ApplicationName == "penstock" ? $"penstock/{options.Group}" : url.ApplicationName }, options.SkipsForeignKeys);
        return kafka;
    }

    private async Task<int> RetryAsync(KafkaConnection kafka, TargetDatabase target, CancellationToken stop)
    {
        var backoff = new Backoff(FirstPauseMs, options.RetryWaitMs, Random.Shared.NextDouble);
        var failure = new RecurringFailure(_logger, "the pipeline is interrupted");
        var gaps = new HashSet<(string Topic, int Partition)>();
        var totals = new SinkTotals(health.MostNames);
        using var metrics = SinkMetrics.OfProcess(health, totals);
        while (true)
        {
            try
            {
                using var run = new SinkRun(options, target, kafka, logs, health, totals, gaps)
                {
                    Working = () =>
                    {
                        failure.Recovered();
                        backoff.Succeeded();
                    },
                };
                await run.RunAsync(stop).ConfigureAwait(false);
                _logger.LogInformation("stopped; what was read is committed");
                return SinkVerdict.Success;
            }
            catch (Exception error) when (SinkVerdict.Of(error) is { } verdict)
            {
                if (stop.IsCancellationRequested && verdict.IsTemporary)
                {
                    _logger.LogWarning("stopped while it was interrupted: {Reason}", verdict.Message);
                    return SinkVerdict.Success;
                }

                if (!verdict.IsTemporary || (options.MaxRetries >= 0 && backoff.Failures >= options.MaxRetries))
                {
                    health.Enter(PipelineState.Failed, verdict.Message);
                    _logger.LogError("{Reason}", verdict.Message);
                    return verdict.ExitCode;
                }

                health.Enter(PipelineState.BackingOff, verdict.Message);
                failure.Failed(verdict.Message);
                await Task.WhenAny(Task.Delay(backoff.Next(), stop)).ConfigureAwait(false);
                if (stop.IsCancellationRequested)
                {
                    return SinkVerdict.Success;
                }
            }
        }
    }
}
