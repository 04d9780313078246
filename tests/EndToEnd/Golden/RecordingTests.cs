using Penstock.DebeziumTests.Golden;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Penstock.EndToEnd.Golden;

/// <summary>Not a test but a tool, run by <c>scripts/record-golden cases</c>: writes the files of cases, and keeps them only if the whole pipeline then gives the same.</summary>
[Trait("Category", "GoldenDatabase")]
public sealed class RecordingTests(ITestOutputHelper log)
{
    [RecordingFact]
    public async Task Cases_are_recorded()
    {
        var servers = new CaseServers();
        await servers.StartAsync(1);
        try
        {
            var differing = new List<string>();
            foreach (string name in GoldenCorpus.AskedFor())
            {
                differing.AddRange(await RecordAsync(servers, name));
            }

            Assert.True(differing.Count == 0, string.Join('\n', differing));
        }
        finally
        {
            await servers.StopAsync();
        }
    }

    private async Task<IEnumerable<string>> RecordAsync(CaseServers servers, string name)
    {
        string folder = GoldenCorpus.Find(name);
        var recorder = new CaseRecorder(servers.Postgres[0], folder);
        await recorder.RecordAsync();
        var golden = new GoldenCase(folder);
        var differences = await new CaseRun(servers.Postgres[0], servers.Kafka, golden).CompareAsync();
        log.WriteLine($"{name}: recorded, {golden.Events.Count} events, {golden.Messages.Count} messages{(differences.Count > 0 ? ", and the pipeline differs" : "")}");
        foreach (string refused in recorder.Refused)
        {
            log.WriteLine($"{name}: recorded, refused was {refused}");
        }

        return differences.Take(3).Select(difference => $"{name}: {difference}");
    }
}

/// <summary>Is there only where <c>PENSTOCK_GOLDEN_RECORD</c> asks for it.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Penstock.EndToEnd.Golden.RecordingDiscoverer", "Penstock.EndToEnd")]
public sealed class RecordingFactAttribute : FactAttribute;

/// <summary>No test unless it is asked for.</summary>
public sealed class RecordingDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        Environment.GetEnvironmentVariable("PENSTOCK_GOLDEN_RECORD") == "cases" ? new FactDiscoverer(diagnostics).Discover(discoveryOptions, testMethod, factAttribute) : [];
}
