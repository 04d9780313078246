using System.Text.Json;

namespace Penstock.Micro.Cases;

/// <summary>How many bytes each case may allocate per event: <c>budgets.json</c>.</summary>
internal sealed class Budgets
{
    private readonly Dictionary<string, double> _bytes;

    private Budgets(Dictionary<string, double> bytes) => _bytes = bytes;

    /// <summary>The names in the file.</summary>
    public IReadOnlyCollection<string> Names => _bytes.Keys;

    /// <param name="path">A JSON object: case name, bytes per event.</param>
    public static Budgets Read(string path)
    {
        using var file = File.OpenRead(path);
        return new Budgets(JsonSerializer.Deserialize<Dictionary<string, double>>(file) ?? []);
    }

    /// <summary>Says why the case is over its budget; null if it is not.</summary>
    public string? Objection(MicroCase measured, AllocationMeter meter)
    {
        if (!_bytes.TryGetValue(measured.Name, out double budget))
        {
            return "it has no budget in budgets.json";
        }

        return meter.BytesPerOperation > budget ? $"its budget is {budget:0.###} B" : null;
    }
}
