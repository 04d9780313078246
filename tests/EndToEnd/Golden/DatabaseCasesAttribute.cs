using Penstock.DebeziumTests.Golden;
using Penstock.Servers;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Penstock.EndToEnd.Golden;

/// <summary>
/// A test that runs once for each chosen case: a small set of the known corpus and every case of folders that have none of that set, or all with <c>PENSTOCK_GOLDEN_ALL=1</c>. A test that throws <see cref="CaseSkippedException"/> counts as skipped.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Penstock.EndToEnd.Golden.DatabaseCaseDiscoverer", "Penstock.EndToEnd")]
public sealed class DatabaseCasesAttribute : FactAttribute;

/// <summary>Makes one test of each case.</summary>
public sealed class DatabaseCaseDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    // Snapshot rows and their markers, replica identity, keys, TOAST, truncate, lengths from the live catalogue: what a decoder alone cannot show.
    private static readonly string[] Chosen =
    [
        "02a-replica-identity-full", "03b-composite-key-snapshot", "05a-pk-change", "06b-numeric-precise-snapshot", "08b-text-snapshot", "11a-toast-scalars", "12b-truncate-skipped", "17e-column-mask-hash-v2",
        "20a-snapshot-initial", "20b-snapshot-last-table-filled", "20c-snapshot-single-row", "20e-snapshot-no-data", "20l-snapshot-all-empty",
    ];

    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        bool all = Environment.GetEnvironmentVariable("PENSTOCK_GOLDEN_ALL") == "1";
        return GoldenCorpus.Cases
            .Where(folder => File.Exists(Path.Combine(folder, "setup.sql")))
            .GroupBy(Path.GetDirectoryName)
            .SelectMany(root =>
            {
                string[] names = [.. root.Select(folder => Path.GetFileName(folder))];
                return all || !names.Intersect(Chosen).Any() ? names : names.Intersect(Chosen);
            })
            .Distinct()
            .Select(name => new DatabaseTestCase(diagnostics, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, [name]));
    }
}

/// <summary>The test of one case, by its name.</summary>
public sealed class DatabaseTestCase : XunitTestCase
{
    /// <summary>For the test runner, which reads the rest from its own data.</summary>
    [Obsolete("called by the test runner only")]
    public DatabaseTestCase()
    {
    }

    public DatabaseTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions displayOptions, ITestMethod method, object[] arguments)
        : base(diagnostics, display, displayOptions, method, arguments)
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

    protected override string? GetSkipReason(IAttributeInfo factAttribute) => KafkaCluster.IsAvailable ? null : KafkaCluster.UnavailableReason;

    /// <summary>Turns the failure by a <see cref="CaseSkippedException"/> into a skipped test with its message.</summary>
    private sealed class SkippingBus(IMessageBus inner) : IMessageBus
    {
        public int Skipped { get; private set; }

        public bool QueueMessage(IMessageSinkMessage message)
        {
            if (message is ITestFailed failed && failed.ExceptionTypes[0] == typeof(CaseSkippedException).FullName)
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
