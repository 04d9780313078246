using Penstock.DebeziumTests.Golden;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Penstock.EndToEnd.Golden;

/// <summary>
/// Cases of the corpus on a real Postgres, through the whole pipeline, into Kafka, with schemas and without; compared with Debezium's records, positions and ids by their places, times masked.
/// </summary>
[Trait("Category", "GoldenDatabase")]
[TestCaseOrderer("Penstock.EndToEnd.Golden.CaseLanes+Orderer", "Penstock.EndToEnd")]
public sealed class GoldenDatabaseTests(CaseLanes lanes) : IClassFixture<CaseLanes>
{
    [DatabaseCases]
    public async Task Records_in_Kafka_are_those_of_Debezium(string name)
    {
        var result = await lanes.ResultAsync(name);
        result.Assert(name);
    }
}

/// <summary>
/// A test that runs once for each chosen case: a set of the known corpus, every case of folders that were asked for by name and the repository's own, or all with <c>PENSTOCK_GOLDEN_ALL=1</c>.
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
        bool all = GoldenCorpus.IsAskedFor || Environment.GetEnvironmentVariable("PENSTOCK_GOLDEN_ALL") == "1";
        return GoldenCorpus.Names
            .Where(name => all || Chosen.Contains(name) || GoldenCorpus.IsOwn(name))
            .Select(name => new GoldenTestCase(diagnostics, discoveryOptions, testMethod, name));
    }
}
