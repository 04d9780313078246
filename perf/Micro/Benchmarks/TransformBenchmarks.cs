using BenchmarkDotNet.Attributes;
using Penstock.Micro.Cases;

namespace Penstock.Micro.Benchmarks;

/// <summary>The orders with options and transforms, per event.</summary>
public class TransformBenchmarks
{
    private DecoderCase _case = null!;

    [GlobalSetup(Target = nameof(OrdersUnwrapped))]
    public void MakeOrdersUnwrapped() => _case = DecoderCases.OrdersUnwrapped();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersUnwrapped() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersRouted))]
    public void MakeOrdersRouted() => _case = DecoderCases.OrdersRouted();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersRouted() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersPartitioned))]
    public void MakeOrdersPartitioned() => _case = DecoderCases.OrdersPartitioned();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersPartitioned() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersUpdateWithChanges))]
    public void MakeOrdersUpdateWithChanges() => _case = DecoderCases.OrdersUpdateWithChanges();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersUpdateWithChanges() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersMasked))]
    public void MakeOrdersMasked() => _case = DecoderCases.OrdersMasked();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersMasked() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersTruncated))]
    public void MakeOrdersTruncated() => _case = DecoderCases.OrdersTruncated();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersTruncated() => _case.Run();
}
