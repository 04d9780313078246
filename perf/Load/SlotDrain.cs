using System.Diagnostics;
using Npgsql;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>The ceiling: <c>pg_recvlogical ... -f /dev/null</c>, the C client that does nothing with what it gets.</summary>
internal static class SlotDrain
{
    /// <summary>Seconds that it takes from its start to its end.</summary>
    public static async Task<double> RunAsync(BenchScene scene, string slot, string end, CancellationToken cancellation)
    {
        var binaries = await PostgresBinaries.FindAsync().ConfigureAwait(false);
        var to = new NpgsqlConnectionStringBuilder(scene.ConnectionString);
        var clock = Stopwatch.StartNew();
        await Command.RunAsync(
            [Path.Combine(binaries.Folder, "pg_recvlogical"), "-h", to.Host!, "-p", to.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "-U", to.Username!,
             "-d", to.Database!, "--slot", slot, "--start", "--endpos", end, "--no-loop", "-f", "/dev/null", "-o", "proto_version=1", "-o", $"publication_names={BenchScene.Name}"],
            TimeSpan.FromMinutes(30),
            to.Password is null ? null : new Dictionary<string, string> { ["PGPASSWORD"] = to.Password },
            cancellation).ConfigureAwait(false);
        return clock.Elapsed.TotalSeconds;
    }
}
