using Penstock.Micro.Cases;
using Xunit.Abstractions;

namespace Penstock.DebeziumTests.Allocation;

/// <summary>The decoder's cases of <c>perf/Micro</c> against the same budgets of bytes as <c>perf/micro --gate</c>.</summary>
public sealed class BudgetTests(ITestOutputHelper log)
{
    private const int Rounds = 20;

    private static readonly Budgets Budgets = Budgets.Read(Path.Combine(AppContext.BaseDirectory, "Allocation", "budgets.json"));

    public static TheoryData<string> Names => [.. DecoderCases.All().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_case_stays_in_its_budget(string name)
    {
        var measured = DecoderCases.All().Single(c => c.Name == name);
        var meter = AllocationMeter.Measure(measured, Rounds);
        log.WriteLine($"{name}: {meter.BytesPerOperation:0.###} B and {meter.BestNs:0} ns per event at best");
        Assert.Null(Budgets.Objection(measured, meter));
    }

    [Fact]
    public void An_allocation_is_seen_and_refused()
    {
        var meter = AllocationMeter.Measure(new Wasteful("orders-insert"), Rounds);

        Assert.True(meter.BytesPerOperation >= 1);
        Assert.Equal("its budget is 0 B", Budgets.Objection(new Wasteful("orders-insert"), meter));
    }

    [Fact]
    public void A_case_without_a_budget_is_refused() =>
        Assert.Equal("it has no budget in budgets.json", Budgets.Objection(new Wasteful("nobody"), new AllocationMeter(0, 0)));

    /// <summary>An array for each batch of a hundred: 1.28 bytes per event.</summary>
    private sealed class Wasteful(string name) : MicroCase
    {
        private byte[] _kept = [];

        public override string Name => name;

        public override int Operations => 100;

        public override string Unit => "event";

        public override long Run()
        {
            _kept = new byte[104];
            return _kept.Length;
        }
    }
}
