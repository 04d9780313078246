using System.Globalization;

namespace Penstock.Faults;

/// <summary>What <c>./test faults --rounds N --seed S</c> hands to the tests.</summary>
internal static class FaultOptions
{
    /// <summary>Kills in the long test: 25 unless told.</summary>
    public static int Rounds => Number("PENSTOCK_FAULT_ROUNDS") ?? 25;

    /// <summary>Of all that is random here; printed, so that a failed run can be repeated.</summary>
    public static int Seed { get; } = Number("PENSTOCK_FAULT_SEED") ?? Environment.TickCount;

    private static int? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, NumberStyles.Integer, CultureInfo.InvariantCulture) : null;
}
