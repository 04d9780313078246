using Xunit.Abstractions;
using Xunit.Sdk;

namespace Penstock.DebeziumTests.Golden;

/// <summary>The test of one case, by its name. One that throws <see cref="CaseNotRunException"/> counts as skipped, with its message.</summary>
public sealed class GoldenTestCase : XunitTestCase
{
    /// <summary>For the test runner, which reads the rest from its own data.</summary>
    [Obsolete("called by the test runner only")]
    public GoldenTestCase()
    {
    }

    public GoldenTestCase(IMessageSink diagnostics, ITestFrameworkDiscoveryOptions options, ITestMethod method, string name)
        : base(diagnostics, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method, [name])
    {
    }

    public override async Task<RunSummary> RunAsync(
        IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments, ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource)
    {
        var bus = new SkippingBus(messageBus);
        var summary = await base.RunAsync(diagnosticMessageSink, bus, constructorArguments, aggregator, cancellationTokenSource);
        summary.Failed -= bus.Skipped;
        summary.Skipped += bus.Skipped;
        return summary;
    }

    /// <summary>Turns the failure by a <see cref="CaseNotRunException"/> into a skipped test with its message.</summary>
    private sealed class SkippingBus(IMessageBus inner) : IMessageBus
    {
        public int Skipped { get; private set; }

        public bool QueueMessage(IMessageSinkMessage message)
        {
            if (message is ITestFailed failed && failed.ExceptionTypes[0] == typeof(CaseNotRunException).FullName)
            {
                Skipped++;
                return inner.QueueMessage(new TestSkipped(failed.Test, failed.Messages[0]));
            }

            return inner.QueueMessage(message);
        }

        // The bus belongs to who made it.
        public void Dispose()
        {
        }
    }
}
