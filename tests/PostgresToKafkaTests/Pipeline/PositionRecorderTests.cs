using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Penstock.Engine.Flow;
using Penstock.Postgres.State;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.Servers.Proxies;

namespace Penstock.PostgresToKafkaTests.Pipeline;

[Collection(PipelineServerCollection.Name)]
public sealed class PositionRecorderTests(PipelineServer postgres)
{
    private static readonly ServerIdentity Identity = new("1", 1);

    [Fact]
    public async Task A_failed_write_is_tried_again_ever_more_rarely_and_the_position_waits_for_it()
    {
        var url = await postgres.NewDatabaseAsync();
        await using var proxy = new TcpProxy(postgres.Server.Port);
        using var database = PipelineServer.Behind(proxy, url, 2);
        var state = new PipelineState(database, "p", isKept: true);
        state.Ensure();
        proxy.Refuse();
        proxy.Cut();
        // Asked for chance once for each failed write: a quarter is taken off each pause.
        var failures = new ConcurrentQueue<long>();
        var backoff = new Backoff(200, 800, () =>
        {
            failures.Enqueue(Environment.TickCount64);
            return 0.5;
        });
        var watermark = new Watermark();
        watermark.Open(1, 0, 100);
        Exception? defect = null;
        using var recorder = new PositionRecorder(state, "s", Identity, watermark, 50, 50, NullLogger.Instance, error => defect = error, backoff);
        await PipelineServer.UntilAsync(() => Task.FromResult(failures.Count >= 5), "five failed writes");
        Assert.Equal(50ul, recorder.Position);
        long[] at = [.. failures];
        long[] pausesMs = [.. at.Skip(1).Zip(at, (next, before) => next - before)];
        // 150, 300, 600, 600 and what a refused connection takes.
        int[] leastMs = [150, 300, 600, 600];
        Assert.All(pausesMs.Zip(leastMs), pause => Assert.InRange(pause.First, pause.Second - 20, pause.Second + 5_000));
        proxy.Admit();
        await PipelineServer.UntilAsync(() => Task.FromResult(recorder.Position == 100), "the write succeeds");
        Assert.Equal(100ul, state.Read()!.ConfirmedLsn);
        Assert.Equal(0, backoff.Failures);
        Assert.Null(defect);
    }

    [Fact]
    public async Task A_stop_ends_the_pause_after_a_failed_write()
    {
        var url = await postgres.NewDatabaseAsync();
        await using var proxy = new TcpProxy(postgres.Server.Port);
        using var database = PipelineServer.Behind(proxy, url, 2);
        var state = new PipelineState(database, "p", isKept: true);
        state.Ensure();
        proxy.Refuse();
        proxy.Cut();
        var backoff = new Backoff(600_000, 600_000, () => 0);
        var watermark = new Watermark();
        watermark.Open(1, 0, 100);
        using var recorder = new PositionRecorder(state, "s", Identity, watermark, 50, 50, NullLogger.Instance, _ => { }, backoff);
        await PipelineServer.UntilAsync(() => Task.FromResult(backoff.Failures == 1), "a failed write");
        proxy.Admit();
        var clock = Stopwatch.StartNew();
        recorder.Finish();
        Assert.InRange(clock.ElapsedMilliseconds, 0, 4_500);
        // The last write is tried all the same.
        Assert.Equal(100ul, recorder.Position);
    }
}
