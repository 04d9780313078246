using System.Globalization;
using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Preflight;

/// <summary>Events carry the server's time of the commit (<c>source.ts_ms</c>) and this machine's time (<c>ts_ms</c>): who takes one from the other measures the clocks' difference with it.</summary>
internal static class ClockCheck
{
    /// <summary>Machines that follow a time server are some milliseconds apart.</summary>
    private const double MostSeconds = 1;

    public static void Add(List<PreflightFinding> findings, NpgsqlConnection connection, DatabaseUrl url, TimeProvider clock)
    {
        long start = clock.GetTimestamp();
        var before = clock.GetUtcNow();
        string? text = connection.Text("SELECT extract(epoch FROM pg_catalog.clock_timestamp())::text");
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double serverS))
        {
            return;
        }

        // The server looked at its clock somewhere in between.
        double halfS = clock.GetElapsedTime(start).TotalSeconds / 2;
        double aheadS = serverS - ((before - DateTimeOffset.UnixEpoch).TotalSeconds + halfS);
        if (Math.Abs(aheadS) - halfS > MostSeconds)
        {
            findings.Add(new PreflightFinding(
                "clock",
                false,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the clock of Postgres at {url.Host}:{url.Port} is {Math.Abs(aheadS):0.#} s {(aheadS > 0 ? "ahead of" : "behind")} this machine's: every lag that is computed from events, here and by consumers, is wrong by so much. Let both follow a time server.")));
        }
    }
}
