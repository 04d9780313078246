using System.Diagnostics;
using Npgsql;

namespace Penstock.Demo;

/// <summary>Several shoppers at once, held back to a rate.</summary>
internal sealed class Workload(string connectionString, int rowsPerSecond)
{
    private const int Shoppers = 4;

    private long _rows;

    /// <summary>Rows changed and committed so far.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Shops until asked to stop; every transaction begun is then committed.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Shoppers).Select(number => Task.Run(() => ShopAsync(number, stop), CancellationToken.None)));

    private async Task ShopAsync(int number, CancellationToken stop)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync(CancellationToken.None).ConfigureAwait(false);
        Shopper shopper = new(connection, number, Shoppers);
        long start = Stopwatch.GetTimestamp();
        double rowsPerShopper = (double)rowsPerSecond / Shoppers;
        long rows = 0;
        while (!stop.IsCancellationRequested)
        {
            int changed = await shopper.ShopAsync().ConfigureAwait(false);
            Interlocked.Add(ref _rows, changed);
            rows += changed;
            TimeSpan ahead = TimeSpan.FromSeconds(rows / rowsPerShopper) - Stopwatch.GetElapsedTime(start);
            if (ahead > TimeSpan.Zero)
            {
                await Task.Delay(ahead, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
