using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.Engine.Telemetry;
using Penstock.Engine.Watching;

namespace Penstock.Engine.Commands;

/// <summary><c>run</c>: log, health endpoint and signals around the pipeline.</summary>
internal sealed class RunCommand<TOptions>(string program, EntryPoints<TOptions> entryPoints, TextWriter error)
    where TOptions : IProgramOptions
{
    /// <summary>The surroundings are not as the settings say.</summary>
    private const int PreflightExitCode = 3;

    /// <summary>A defect.</summary>
    private const int DefectExitCode = 1;

    public async Task<int> InvokeAsync(TOptions options)
    {
        using var problems = new RecentProblems();
        using var logs = options.Operations.ExportsTelemetry ? OtlpExport.Logs(options.Operations, problems, options.Title) : LogLineProvider.StandardOutput(options.Operations, problems);
        var logger = logs.CreateLogger("");
        logger.LogInformation(
            "{Program} {Version} starts", program, ProductVersion.Text);
        var health = new HealthState(logger: logger, problems: problems, mostNames: options.Operations.MetricNames);
        using var telemetry = options.Operations.ExportsTelemetry ? OtlpExport.Start(health, logger, options.Title) : null;
        using var signals = new TerminationSignals(options.Operations.ShutdownTimeoutMs, () => logger.LogWarning(
            "the stop has not ended in its time, the process is ended now: what is not confirmed is sent again by the next start {State} {TimeoutMs}", HealthEndpoint.NameOf(health.Report().State), options.Operations.ShutdownTimeoutMs), overdueCode: 0, asked: () => health.Enter(PipelineState.Stopping));
        logger.LogInformation("Running on .NET {Dotnet} with librdkafka {Librdkafka}", Environment.Version, entryPoints.LibrdkafkaVersion());
        foreach (var warning in options.Warnings)
        {
            logger.LogWarning("{Warning}", warning);
        }

        if (options.Operations is { HttpToken: not null, HealthAddress: not null } && Actions(options) is null)
        {
            logger.LogWarning("PENSTOCK_HTTP_TOKEN is set, but {Program} has no actions: its status page only shows", program);
        }

        using var samples = Samples(options, health, logs.CreateLogger(LogSamples.Category));
        if (!TryListen(options, health, logs, out var endpoint))
        {
            return PreflightExitCode;
        }

        try
        {
            int code = await entryPoints.RunAsync(options, logs, health, signals.First).ConfigureAwait(false);
            // What ends by itself passes through a last state too.
            health.Enter(code == 0 ? PipelineState.Stopping : PipelineState.Failed);
            return code;
        }
        catch (Exception e)
        {
            // The last boundary: whatever nobody expected is a defect, said with its stack, and ends the process.
            health.Enter(PipelineState.Failed, e.GetType().Name);
            logger.LogCritical(e, "Ended by a defect; please report this line");
            return DefectExitCode;
        }
        finally
        {
            if (endpoint is not null)
            {
                await endpoint.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>False, and said, if the address cannot be had; an endpoint of null where none is wanted.</summary>
    private bool TryListen(TOptions options, HealthState health, ILoggerFactory logs, out HealthEndpoint? endpoint)
    {
        endpoint = null;
        if (options.Operations.HealthAddress is not { } address)
        {
            return true;
        }

        try
        {
            endpoint = HealthEndpoint.Start(address, health, logs.CreateLogger<HealthEndpoint>(), options.Title, Actions(options));
            logs.CreateLogger("").LogInformation("Health is served at {Address}", endpoint.Address);
            return true;
        }
        catch (SocketException e)
        {
            error.WriteLine($"{program}: the health endpoint cannot listen at {address}: {e.Message}. Give another address in PENSTOCK_HTTP or PORT.");
            return false;
        }
    }

    private static LogSamples? Samples(TOptions options, HealthState health, ILogger logger) => options.Operations.LogSamplesIntervalMs is > 0 and var intervalMs
        ? new LogSamples(health, logger, Environment.GetEnvironmentVariable("DYNO") is { Length: > 0 } dyno ? dyno : Environment.MachineName, options.Title, intervalMs)
        : null;

    /// <summary>The commands that a token allows on the status page; null without one, or where there is no such command.</summary>
    private EndpointActions? Actions(TOptions options)
    {
        if (options.Operations.HttpToken is not { } token || entryPoints.PauseAsync is not { } pauseAsync)
        {
            return null;
        }

        string[] names = [.. Enum.GetNames<PauseWord>().Select(name => name.ToLowerInvariant())];
        return new EndpointActions(token, names, (name, output, stop) => pauseAsync(options, Enum.Parse<PauseWord>(name, ignoreCase: true), output, output, stop));
    }
}
