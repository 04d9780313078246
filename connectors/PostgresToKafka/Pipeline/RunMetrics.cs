using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Kafka.Sizes;
using Penstock.Postgres.Snapshot;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What a run knows and the process does not; its counters begin anew with each run, as Prometheus expects of what is restarted.</summary>
internal static class RunMetrics
{
    public static IDisposable OfSnapshot(HealthState health, PipelineGraph graph, Watermark watermark, SizeFilter sizes, IReadOnlyList<SnapshotProgress> tables) => health.Metrics.Add(text =>
    {
        Write(text, graph, watermark, sizes);
        text.Gauge("penstock_snapshot_tables", "Tables of the snapshot that is being read.", tables.Count);
        text.Gauge("penstock_snapshot_tables_done", "Those of them that are read.", tables.Count(table => table.IsDone));
        text.Counter("penstock_snapshot_rows_total", "Rows that it has read.", tables.Sum(table => table.Rows));
        text.Gauge("penstock_snapshot_rows_estimated", "How many there are, by the server's estimate.", tables.Sum(table => Math.Max(0, table.EstimatedRows)));
    });

    public static IDisposable OfStream(HealthState health, PipelineGraph graph, Watermark watermark, SizeFilter sizes, LsnLadder ladder, AdHocSource? adHoc, Func<(ulong Received, ulong Confirmed)> lsn) => health.Metrics.Add(text =>
    {
        Write(text, graph, watermark, sizes);
        var (received, confirmed) = lsn();
        if (adHoc is not null)
        {
            text.Gauge("penstock_incremental_snapshot_tables", "Tables that are left of the incremental snapshot; 0 without one.", adHoc.Progress.Collections.Count);
            text.Gauge("penstock_incremental_snapshot_rows", "Rows that it has read of the table at hand.", adHoc.Progress.Scanned);
        }

        var rungs = ladder.Rungs(Environment.TickCount64);
        text.Gauges("penstock_lag_bytes", "How far a part of the stream is behind the end of the log, as of the last look at it.", "rung", rungs.Where(rung => rung.BehindBytes is not null).Select(rung => (rung.Name, (double)rung.BehindBytes!)));
        text.Gauges("penstock_lag_seconds", "How long ago the log ended where that part is; exact to the five seconds between two looks.", "rung", rungs.Where(rung => rung.BehindSeconds is not null).Select(rung => (rung.Name, rung.BehindSeconds!.Value)));
        text.Gauge("penstock_received_lsn_bytes", "How far the write-ahead log has been read, as a number of bytes since its begin.", received);
        text.Gauge("penstock_confirmed_lsn_bytes", "How far everything is delivered, and the server told so.", confirmed);
    });

    private static void Write(MetricWriter text, PipelineGraph graph, Watermark watermark, SizeFilter sizes)
    {
        text.Gauge("penstock_batches_in_flight", "Batches that are decoded and not delivered yet.", watermark.InFlight);
        text.Gauge("penstock_slabs_in_use", "Buffers that hold changes or records on their way.", graph.OutstandingSlabs.Count);
        text.Counters("penstock_oversize_records_total", "Records above the limit, by what became of them.", "outcome", [("skipped", sizes.Skipped), ("dead-lettered", sizes.DeadLettered)]);
    }
}
