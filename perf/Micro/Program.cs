using System.Runtime;
using BenchmarkDotNet.Running;
using Penstock.Micro.Benchmarks;
using Penstock.Micro.Cases;
using Penstock.Micro.Gate;
using Penstock.Micro.Stages;

const string Usage = """
    usage: perf/micro                 time and bytes per event of every case, four to five minutes
           perf/micro --filter TEXT   only those whose name matches, such as *Orders*; BenchmarkDotNet's other options work too
           perf/micro --gate          bytes per event of every case against perf/Micro/budgets.json; exit code 1 on excess
           perf/micro --show NAME     the first event of a decoder's case
           perf/micro --loop NAME S   runs one case for S seconds, for a profiler
    """;

if (GCSettings.IsServerGC || GCSettings.LatencyMode != GCLatencyMode.Batch)
{
    Console.Error.WriteLine("micro: one non-concurrent workstation heap is what the pipeline runs with; unset DOTNET_gcServer and DOTNET_gcConcurrent");
    return 2;
}

switch (args)
{
    case ["-h" or "--help"]:
        Console.WriteLine(Usage);
        return 0;
    case ["--gate"]:
        return AllocationGate.Run(Cases(), Budgets.Read(Path.Combine(AppContext.BaseDirectory, "budgets.json")), Console.Out);
    case ["--show", var name] when Named(name) is DecoderCase shown:
        Console.WriteLine(shown.FirstEvent());
        return 0;
    case ["--loop", var name, var text] when Named(name) is { } looped && int.TryParse(text, out int seconds):
        CaseLoop.Run(looped, seconds, Console.Out);
        return 0;
    case ["--gate" or "--show" or "--loop", ..]:
        Console.Error.WriteLine($"micro: what is '{string.Join(' ', args)}'? The cases are {string.Join(", ", Cases().Select(c => c.Name))}");
        Console.Error.WriteLine(Usage);
        return 2;
    default:
        string[] chosen = args.Contains("--filter") ? args : ["--filter", "*", .. args];
        var summaries = BenchmarkSwitcher.FromTypes([typeof(DecoderBenchmarks), typeof(TransformBenchmarks), typeof(TypeBenchmarks), typeof(StageBenchmarks)])
            .Run(chosen, ShortInProcess.In(Path.Combine(AppContext.BaseDirectory, "results")));
        return summaries.All(s => s.Reports.All(r => r.Success)) ? 0 : 1;
}

static IEnumerable<MicroCase> Cases() => [.. DecoderCases.All(), new PartitionerCase(), new Murmur2Case(), new WatermarkCase()];

static MicroCase? Named(string name) => Cases().FirstOrDefault(c => c.Name == name);
