using Penstock.Engine.Watching;
using Penstock.Postgres.Snapshot;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>A stream on the status page: late by what is not delivered; with the tables that are left of an incremental snapshot.</summary>
internal sealed class StreamView(LsnLadder ladder, AdHocSource? adHoc) : IRunView
{
    public double? LagSeconds => ladder.DeliveredSeconds(Environment.TickCount64);

    public long? LagAmount => ladder.UndeliveredBytes;

    public string LagUnit => "bytes";

    public IReadOnlyList<Rung> Ladder => ladder.Rungs(Environment.TickCount64);

    public IReadOnlyList<SnapshotTableView> Snapshot =>
        adHoc?.Progress is not { } progress ? [] : [.. progress.Collections.Select((table, place) => new SnapshotTableView(table.Name, place == 0 ? progress.Scanned : 0, null, false))];

    public IReadOnlyList<TopicView> Topics => [];
}

/// <summary>A whole snapshot on the status page: what is left of it, by the server's estimates.</summary>
internal sealed class SnapshotView(IReadOnlyList<SnapshotProgress> tables) : IRunView
{
    public double? LagSeconds => null;

    public long? LagAmount
    {
        get
        {
            long left = 0;
            for (int i = 0; i < tables.Count; i++)
            {
                left += tables[i].IsDone ? 0 : Math.Max(0, tables[i].EstimatedRows - tables[i].Rows);
            }

            return left;
        }
    }

    public string LagUnit => "rows";

    public IReadOnlyList<Rung> Ladder => [];

    public IReadOnlyList<SnapshotTableView> Snapshot => [.. tables.Select(table => new SnapshotTableView(table.Table, table.Rows, table.EstimatedRows < 0 ? null : table.EstimatedRows, table.IsDone))];

    public IReadOnlyList<TopicView> Topics => [];
}
