using System.Diagnostics;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresTests;

internal static class StreamLog
{
    /// <summary>Reads until <paramref name="enough"/> says so, at most for 30 s.</summary>
    public static BatchLog Read(IWalReader reader, SlabPool pool, Func<BatchLog, bool> enough, Action<WalBatch>? onBatch = null)
    {
        var log = new BatchLog();
        var watch = Stopwatch.StartNew();
        while (log.Messages.Count == 0 || !enough(log))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"only {log.Messages.Count} messages within 30 s");
            var batch = new WalBatch { Slab = pool.Rent("test") };
            if (reader.TryRead(batch, 1000))
            {
                log.Add(batch);
                onBatch?.Invoke(batch);
            }

            batch.ReturnSlab();
        }

        return log;
    }
}
