using System.Diagnostics;
using Npgsql;

namespace Penstock.Load;

/// <summary>Open-loop load on the orders' table, in transactions of ten rows: each has its time, and one that comes late is not left out.</summary>
/// <param name="scene">Where.</param>
/// <param name="rate">Rows a second.</param>
/// <param name="seconds">How long it is measured, behind the warm-up.</param>
internal sealed class OpenLoad(BenchScene scene, int rate, int seconds)
{
    public const int WarmUpS = 10;

    private const int RowsPerTransaction = 10;
    private const int Sessions = 8;

    private readonly List<double> _lateMs = [];
    private long _committed;

    /// <summary>Rows so far, those of the warm-up included.</summary>
    public long Rows => Volatile.Read(ref _committed) * RowsPerTransaction;

    /// <summary>What was reached.</summary>
    public double RowsPerSecond => (double)Rows / (seconds + WarmUpS);

    /// <summary>By how much a transaction of a hundred was late, or more.</summary>
    public double LateP99Ms
    {
        get
        {
            _lateMs.Sort();
            return Math.Round(Report.Percentile(_lateMs, 0.99), 2);
        }
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        double perSession = (double)rate / RowsPerTransaction / Sessions;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(session => Task.Factory.StartNew(
            () => Session(session, perSession, clock, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    // A thread for each: a timer's tick of a millisecond would be felt in the figures.
    private void Session(int number, double transactionsPerSecond, Stopwatch clock, CancellationToken cancellation)
    {
        using var connection = new NpgsqlConnection(scene.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand(
            $"INSERT INTO penstock_bench.orders (customer_id, status, amount, quantity, placed_at, note) SELECT i, 'new', 12.34, 3, clock_timestamp(), md5(i::text) FROM generate_series(1, {RowsPerTransaction}) i",
            connection);
        command.Prepare();
        double total = seconds + WarmUpS;
        for (long n = 0; ; n++)
        {
            double dueS = (n + ((double)number / Sessions)) / transactionsPerSecond;
            if (dueS >= total || cancellation.IsCancellationRequested)
            {
                return;
            }

            double waitMs = (dueS - clock.Elapsed.TotalSeconds) * 1000;
            if (waitMs > 0.2)
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(waitMs));
            }

            double lateMs = (clock.Elapsed.TotalSeconds - dueS) * 1000;
            command.ExecuteNonQuery();
            Interlocked.Increment(ref _committed);
            if (dueS >= WarmUpS)
            {
                lock (_lateMs)
                {
                    _lateMs.Add(Math.Max(0, lateMs));
                }
            }
        }
    }
}
