using Penstock.Servers;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Not a test but a tool, run by <c>scripts/record-golden snapshots</c>: records the rows of the snapshots of cases that carry none, for the folder <c>SnapshotRows</c>.</summary>
[Trait("Category", "Golden")]
public sealed class RecordingTests(ITestOutputHelper log)
{
    [RecordingFact]
    public async Task Rows_of_snapshots_are_recorded()
    {
        await using var server = await PostgresServer.CreateAsync();
        var recorder = new SnapshotRecorder(server);
        string folder = Path.Combine(Path.GetDirectoryName(GoldenCorpus.OwnRoot)!, "SnapshotRows");
        Directory.CreateDirectory(folder);
        foreach (var golden in GoldenCorpus.Cases.Select(c => new GoldenCase(c)).Where(c => c.SnapshotRows is null && c.Events.Any(e => e.Origin == GoldenOrigin.InitialSnapshot)))
        {
            try
            {
                (await recorder.RecordAsync(golden)).Write(Path.Combine(folder, golden.Name + ".jsonl"));
                log.WriteLine($"{golden.Name}: recorded");
            }
            catch (CaseNotRunException cannot)
            {
                log.WriteLine($"{golden.Name}: left out, {cannot.Message}");
            }
        }
    }
}

/// <summary>Is there only where <c>PENSTOCK_GOLDEN_RECORD</c> asks for it.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Penstock.DebeziumTests.Golden.RecordingDiscoverer", "Penstock.DebeziumTests")]
public sealed class RecordingFactAttribute : FactAttribute;

/// <summary>No test unless it is asked for.</summary>
public sealed class RecordingDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        Environment.GetEnvironmentVariable("PENSTOCK_GOLDEN_RECORD") == "snapshots" ? new FactDiscoverer(diagnostics).Discover(discoveryOptions, testMethod, factAttribute) : [];
}
