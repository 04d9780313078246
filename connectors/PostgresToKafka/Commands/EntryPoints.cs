using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Commands;

/// <summary>What the commands call; they know nothing else of the pipeline.</summary>
internal sealed record EntryPoints
{
    /// <summary>Runs the pipeline until the token is cancelled (the first signal) or it ends by itself; gives the exit code.</summary>
    public required Func<PipelineOptions, ILoggerFactory, HealthState, CancellationToken, Task<int>> RunAsync { get; init; }

    /// <summary>Looks at database and broker without changing either, writes what it finds to the writer; gives the exit code.</summary>
    public required Func<PipelineOptions, ILoggerFactory, TextWriter, CancellationToken, Task<int>> CheckAsync { get; init; }

    /// <summary>The version of the librdkafka that is loaded.</summary>
    public required Func<string> LibrdkafkaVersion { get; init; }
}
