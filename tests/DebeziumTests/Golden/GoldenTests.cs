using Penstock.Servers;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Every case of the corpus through decoder and encoder, without a database, compared byte for byte with what Debezium wrote.</summary>
[Trait("Category", "Golden")]
public sealed class GoldenTests(GoldenReplays replays) : IClassFixture<GoldenReplays>
{
    [GoldenCases]
    public async Task Events_are_those_of_Debezium(string name)
    {
        var result = await replays.JudgeAsync(name);
        result.Assert(name);
    }
}

/// <summary>The judge of all cases of this run, and the report. A server starts if a case has a snapshot whose rows nobody has recorded.</summary>
public sealed class GoldenReplays : IAsyncLifetime
{
    private readonly GoldenReport _report = new("a, without a database");
    private readonly GoldenList _known = new("known-failures.txt");
    private PostgresServer? _server;
    private bool _hasServer;

    internal async Task<GoldenResult> JudgeAsync(string name)
    {
        var judge = new GoldenJudge(_known, Path.Combine(Path.GetDirectoryName(GoldenCorpus.OwnRoot)!, "SnapshotRows"), _hasServer ? RecordAsync : null);
        var result = await judge.JudgeAsync(GoldenCorpus.Find(name));
        _report.Add(name, result);
        return result;
    }

    public async Task InitializeAsync()
    {
        try
        {
            await PostgresBinaries.FindAsync();
            _hasServer = true;
        }
        catch (ServerException)
        {
            // No server is installed: cases that would need one say so.
            _hasServer = false;
        }
    }

    public async Task DisposeAsync()
    {
        _report.Write();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private async Task<SnapshotRows> RecordAsync(GoldenCase golden) =>
        await new SnapshotRecorder(_server ??= await PostgresServer.CreateAsync()).RecordAsync(golden);
}

/// <summary>A test that runs once for each case of the corpus.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Penstock.DebeziumTests.Golden.GoldenCaseDiscoverer", "Penstock.DebeziumTests")]
public sealed class GoldenCasesAttribute : FactAttribute;

/// <summary>Makes one test of each case.</summary>
public sealed class GoldenCaseDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        GoldenCorpus.Names.Select(name => new GoldenTestCase(diagnostics, discoveryOptions, testMethod, name));
}
