using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary><c>signal.data.collection</c>: the table through which users ask for snapshots, and which marks their progress in the write-ahead log.</summary>
public sealed record SignalTableName(string Schema, string Name)
{
    public string FullName => $"{Schema}.{Name}";

    public string QuotedName => SqlName.Qualified(Schema, Name);
}
