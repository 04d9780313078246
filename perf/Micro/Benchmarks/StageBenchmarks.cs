using BenchmarkDotNet.Attributes;
using Penstock.Micro.Stages;

namespace Penstock.Micro.Benchmarks;

/// <summary>What comes behind the decoder: per record, and for the watermark per batch.</summary>
public class StageBenchmarks
{
    private readonly Murmur2Case _murmur2 = new();
    private readonly PartitionerCase _partitioner = new();
    private readonly WatermarkCase _watermark = new();

    [Benchmark(OperationsPerInvoke = Murmur2Case.Keys)]
    public long Murmur2() => _murmur2.Run();

    [Benchmark(OperationsPerInvoke = PartitionerCase.Records)]
    public long Partitioner() => _partitioner.Run();

    [Benchmark(OperationsPerInvoke = WatermarkCase.Batches)]
    public long Watermark() => _watermark.Run();
}
