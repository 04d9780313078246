namespace Penstock.Postgres.Wal;

/// <summary>Bytes of the stream that no rule covers. Stops the pipeline (invariant 6); carries the place, never values.</summary>
public sealed class MalformedWalException(string message, ulong lsn = 0) : Exception(lsn == 0 ? message : $"{message} (at {new Lsn(lsn)})")
{
    public ulong Lsn { get; } = lsn;
}
