using System.Diagnostics;
using System.Globalization;
using Penstock.Servers;

namespace Penstock.Demo;

/// <summary>Consumes the events, folds them and shows some of them, with the figures once a second.</summary>
internal sealed class Audience(TopicReader reader, IScreen screen, Workload workload, PipelineProcess pipeline, Copy? copy)
{
    private const int LinesPerSecond = 12;
    private const int SnapshotLines = 2;

    // How long nothing at all may come before the rest is given up for missing.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly RecentDelays _delays = new();
    private readonly Throttle _lines = new(LinesPerSecond);
    private readonly Stopwatch _sinceFoot = Stopwatch.StartNew();
    private long _eventsAtFoot;

    public TopicFold Fold { get; } = new();

    /// <summary>Records so far, those without an event in them too.</summary>
    public long Records { get; private set; }

    /// <summary>Watches until the shopping ends. <see cref="ServerException"/> if the pipeline ends before.</summary>
    public async Task WatchAsync(Task shopping)
    {
        await Task.Run(() =>
        {
            while (!shopping.IsCompleted)
            {
                Watch(TimeSpan.FromMilliseconds(100));
                RefuseEnd("postgres-to-kafka", pipeline);
                RefuseEnd("kafka-to-postgres", copy?.Sink);
            }
        }).ConfigureAwait(false);
    }

    /// <summary>Goes on until there are as many events as committed changes, or nothing came for ten seconds; then a moment more, for what should not come.</summary>
    public void CatchUp(long committed)
    {
        Stopwatch quiet = Stopwatch.StartNew();
        while (Fold.Events < committed && quiet.Elapsed < Quiet && !pipeline.HasExited)
        {
            if (Watch(TimeSpan.FromMilliseconds(100)))
            {
                quiet.Restart();
            }
        }
        while (Watch(TimeSpan.FromMilliseconds(500)))
        {
            // Every record counts, the surplus ones too.
        }
        Foot();
    }

    private static void RefuseEnd(string name, PipelineProcess? process)
    {
        if (process is { HasExited: true })
        {
            throw new ServerException(string.Create(CultureInfo.InvariantCulture, $"{name} ended with {process.ExitCode} in the middle of the show:\n{process.LastLines()}"));
        }
    }

    private bool Watch(TimeSpan wait)
    {
        TopicRecord? record = reader.Next(wait);
        Records += record is null ? 0 : 1;
        if (record is not null && ShopEvent.TryParse(record, out ShopEvent? change) && change is not null)
        {
            IReadOnlyList<(string, string?, string?)> changes = Fold.Take(change);
            if (change.Operation != 'r')
            {
                TimeSpan now = DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch;
                _delays.Add(now.TotalMilliseconds - (change.CommittedAtMicroseconds / 1_000.0));
            }
            // Of a snapshot, which passes in a moment, the first rows of each table.
            bool opening = change.Operation == 'r' && Fold.Rows(change.Table).Count <= SnapshotLines;
            if (opening || _lines.Lets())
            {
                screen.Show(change, changes);
            }
        }
        if (_sinceFoot.Elapsed >= Second)
        {
            Foot();
        }
        return record is not null;
    }

    private void Foot()
    {
        double rate = (Fold.Events - _eventsAtFoot) / _sinceFoot.Elapsed.TotalSeconds;
        _eventsAtFoot = Fold.Events;
        _sinceFoot.Restart();
        string p99 = _delays.P99() is { } milliseconds ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms") : "-";
        long lag = Math.Max(0, workload.Rows - Fold.Streamed);
        string behind = copy is null ? "" : string.Create(CultureInfo.InvariantCulture, $"  copy {Math.Max(0, Records - copy.Applied)} records behind");
        screen.Foot(string.Create(
            CultureInfo.InvariantCulture, $"-- {rate:0} rows/s  lag {lag} rows  p99 {p99}  events {Fold.Events}  memory {pipeline.PeakMemoryBytes / 1_048_576} MB{behind}"));
    }
}
