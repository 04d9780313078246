using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Penstock.Micro.Benchmarks;

/// <summary>
/// How the benchmarks run: in this process and briefly, so that all of them together take two to three minutes. A process of its own for each would build a project for each.
/// </summary>
internal static class ShortInProcess
{
    /// <param name="folder">Receives BenchmarkDotNet's log and tables.</param>
    public static IConfig In(string folder) => ManualConfig.CreateEmpty()
        .AddJob(Job.ShortRun
            // One workstation heap and no background collector, as the pipeline runs; otherwise the collector's own threads make the counts of bytes noisy.
            .WithGcServer(false)
            .WithGcConcurrent(false)
            .WithToolchain(InProcessEmitToolchain.Instance))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Statistics, DefaultColumnProviders.Metrics)
        // On a machine with other work the smallest figure says most about the code.
        .AddColumn(StatisticColumn.Min, StatisticColumn.Median)
        .AddExporter(MarkdownExporter.GitHub)
        .AddLogger(ConsoleLogger.Default)
        .WithOptions(ConfigOptions.JoinSummary)
        .WithArtifactsPath(folder);
}
