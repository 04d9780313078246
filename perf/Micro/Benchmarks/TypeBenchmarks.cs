using BenchmarkDotNet.Attributes;
using Penstock.Debezium.Values;
using Penstock.Micro.Cases;

namespace Penstock.Micro.Benchmarks;

/// <summary>Rows with much of one kind of value, per event.</summary>
public class TypeBenchmarks
{
    private DecoderCase _case = null!;

    [GlobalSetup(Target = nameof(TimesAdaptive))]
    public void MakeTimesAdaptive() => _case = DecoderCases.Times(TimeMode.Adaptive);

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long TimesAdaptive() => _case.Run();

    [GlobalSetup(Target = nameof(TimesAdaptiveMicroseconds))]
    public void MakeTimesAdaptiveMicroseconds() => _case = DecoderCases.Times(TimeMode.AdaptiveTimeMicroseconds);

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long TimesAdaptiveMicroseconds() => _case.Run();

    [GlobalSetup(Target = nameof(TimesConnect))]
    public void MakeTimesConnect() => _case = DecoderCases.Times(TimeMode.Connect);

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long TimesConnect() => _case.Run();

    [GlobalSetup(Target = nameof(TimesIso))]
    public void MakeTimesIso() => _case = DecoderCases.Times(TimeMode.IsoString);

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long TimesIso() => _case.Run();

    [GlobalSetup(Target = nameof(TimesMicroseconds))]
    public void MakeTimesMicroseconds() => _case = DecoderCases.Times(TimeMode.Microseconds);

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long TimesMicroseconds() => _case.Run();

    [GlobalSetup(Target = nameof(TimesNanoseconds))]
    public void MakeTimesNanoseconds() => _case = DecoderCases.Times(TimeMode.Nanoseconds);

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long TimesNanoseconds() => _case.Run();

    [GlobalSetup(Target = nameof(BytesAsBase64))]
    public void MakeBytesAsBase64() => _case = DecoderCases.Octets(BinaryMode.Bytes);

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long BytesAsBase64() => _case.Run();

    [GlobalSetup(Target = nameof(BytesAsHex))]
    public void MakeBytesAsHex() => _case = DecoderCases.Octets(BinaryMode.Hex);

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long BytesAsHex() => _case.Run();

    [GlobalSetup(Target = nameof(UnicodeText))]
    public void MakeUnicodeText() => _case = DecoderCases.UnicodeText();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long UnicodeText() => _case.Run();

    [GlobalSetup(Target = nameof(Identifiers))]
    public void MakeIdentifiers() => _case = DecoderCases.Identifiers();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long Identifiers() => _case.Run();

    [GlobalSetup(Target = nameof(UpdateToast))]
    public void MakeUpdateToast() => _case = DecoderCases.UpdateToast();

    [Benchmark(OperationsPerInvoke = DecoderCases.Rows)]
    public long UpdateToast() => _case.Run();
}
