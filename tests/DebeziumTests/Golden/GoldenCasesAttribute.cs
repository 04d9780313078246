using Xunit.Abstractions;
using Xunit.Sdk;

namespace Penstock.DebeziumTests.Golden;

/// <summary>A test that runs once for each case of the corpus; a case that needs what is not built is skipped, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Penstock.DebeziumTests.Golden.GoldenCaseDiscoverer", "Penstock.DebeziumTests")]
public sealed class GoldenCasesAttribute : FactAttribute;

/// <summary>Makes one test of each case.</summary>
public sealed class GoldenCaseDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        GoldenCorpus.Cases.Select(folder => new GoldenTestCase(
            diagnostics, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, [Path.GetFileName(folder)]));
}

/// <summary>The test of one case, by its name.</summary>
public sealed class GoldenTestCase : XunitTestCase
{
    /// <summary>For the test runner, which reads the rest from its own data.</summary>
    [Obsolete("called by the test runner only")]
    public GoldenTestCase()
    {
    }

    public GoldenTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions displayOptions, ITestMethod method, object[] arguments)
        : base(diagnostics, display, displayOptions, method, arguments)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) =>
        GoldenResult.WhyNot(new GoldenCase(GoldenCorpus.Find((string)TestMethodArguments[0]))) is { } reason ? $"not built: {reason}" : null;
}
