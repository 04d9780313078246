using BenchmarkDotNet.Attributes;
using Penstock.Micro.Cases;

namespace Penstock.Micro.Benchmarks;

/// <summary>Decode and encode, per event: each method runs one batch of the case of its name.</summary>
public class DecoderBenchmarks
{
    private DecoderCase _case = null!;

    [GlobalSetup(Target = nameof(OrdersInsert))]
    public void MakeOrdersInsert() => _case = DecoderCases.OrdersInsert();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersInsert() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersInsertWithSchemas))]
    public void MakeOrdersInsertWithSchemas() => _case = DecoderCases.OrdersInsertWithSchemas();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersInsertWithSchemas() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersInsertWithHeaders))]
    public void MakeOrdersInsertWithHeaders() => _case = DecoderCases.OrdersInsertWithHeaders();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersInsertWithHeaders() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersInsertWithTransaction))]
    public void MakeOrdersInsertWithTransaction() => _case = DecoderCases.OrdersInsertWithTransaction();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersInsertWithTransaction() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersUpdateFull))]
    public void MakeOrdersUpdateFull() => _case = DecoderCases.OrdersUpdateFull();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersUpdateFull() => _case.Run();

    [GlobalSetup(Target = nameof(OrdersDelete))]
    public void MakeOrdersDelete() => _case = DecoderCases.OrdersDelete();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long OrdersDelete() => _case.Run();

    [GlobalSetup(Target = nameof(Wide100))]
    public void MakeWide100() => _case = DecoderCases.Wide100();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long Wide100() => _case.Run();

    [GlobalSetup(Target = nameof(Jsonb10Kb))]
    public void MakeJsonb10Kb() => _case = DecoderCases.Jsonb10Kb();

    [Benchmark(OperationsPerInvoke = DecoderCases.LargeRows)]
    public long Jsonb10Kb() => _case.Run();

    [GlobalSetup(Target = nameof(Arrays))]
    public void MakeArrays() => _case = DecoderCases.Arrays();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long Arrays() => _case.Run();

    [GlobalSetup(Target = nameof(NumericHeavy))]
    public void MakeNumericHeavy() => _case = DecoderCases.NumericHeavy();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long NumericHeavy() => _case.Run();
}
