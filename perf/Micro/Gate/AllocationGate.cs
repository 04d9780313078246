using Penstock.Micro.Cases;

namespace Penstock.Micro.Gate;

/// <summary>Compares every case with its budget of bytes. Times are printed beside it and decide nothing: they belong to the machine and to whatever else runs on it.</summary>
internal static class AllocationGate
{
    private const int Rounds = 100;

    /// <summary>Prints a line for each case and the sum; returns the exit code.</summary>
    public static int Run(IEnumerable<MicroCase> cases, Budgets budgets, TextWriter output)
    {
        int passed = 0, failed = 0;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var measured in cases)
        {
            var meter = AllocationMeter.Measure(measured, Rounds);
            string? objection = budgets.Objection(measured, meter);
            seen.Add(measured.Name);
            passed += objection is null ? 1 : 0;
            failed += objection is null ? 0 : 1;
            string size = measured is DecoderCase decoder ? $"{decoder.BytesOfOneRound() / decoder.Operations,7} B out" : "";
            output.WriteLine(
                $"{(objection is null ? "ok    " : "FAILED")} {measured.Name,-26} {meter.BytesPerOperation,8:0.###} B allocated per {measured.Unit,-6} {meter.BestNs,9:0.0} ns at best {size}{(objection is null ? "" : $": {objection}")}");
        }

        foreach (string name in budgets.Names.Where(name => !seen.Contains(name)))
        {
            failed++;
            output.WriteLine($"FAILED {name}: budgets.json names it, and there is no such case");
        }

        output.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
