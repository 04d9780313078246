using System.Globalization;

namespace Penstock.Faults;

/// <summary>What <c>./test faults --rounds N --seed S</c> hands to the tests.</summary>
internal static class FaultOptions
{
    /// <summary>Kills in the long test: 25 unless told.</summary>
    public static int Rounds => Number("PENSTOCK_FAULT_ROUNDS") ?? 25;

    /// <summary>Of all that is random here; printed, so that a failed run can be repeated.</summary>
    public static int Seed { get; } = Number("PENSTOCK_FAULT_SEED") ?? Environment.TickCount;

    /// <summary>How long all brokers are away: <c>PENSTOCK_FAULT_OUTAGE_S</c>, 20 unless told. Ten minutes are 600.</summary>
    public static TimeSpan Outage => TimeSpan.FromSeconds(Number("PENSTOCK_FAULT_OUTAGE_S") ?? 20);

    /// <summary>Size of the large transaction: <c>PENSTOCK_FAULT_TRANSACTION_MB</c>, 200 unless told.</summary>
    public static int TransactionMb => Number("PENSTOCK_FAULT_TRANSACTION_MB") ?? 200;

    /// <summary>Rows of the backlog that drains over restarts: <c>PENSTOCK_FAULT_BACKLOG_ROWS</c>, 100,000 unless told.</summary>
    public static int BacklogRows => Number("PENSTOCK_FAULT_BACKLOG_ROWS") ?? 100_000;

    /// <summary>How long the soak runs: <c>PENSTOCK_FAULT_SOAK_MIN</c>, 0 for not at all.</summary>
    public static int SoakMinutes => Number("PENSTOCK_FAULT_SOAK_MIN") ?? 0;

    /// <summary>Its load: <c>PENSTOCK_FAULT_SOAK_ROWS_S</c>, 10,000 unless told, a fifth of what two cores carry that run the servers too.</summary>
    public static int SoakRowsPerSecond => Number("PENSTOCK_FAULT_SOAK_ROWS_S") ?? 10_000;

    private static int? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, NumberStyles.Integer, CultureInfo.InvariantCulture) : null;
}
