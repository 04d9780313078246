namespace Penstock.Postgres.Wal;

internal static class UnixClock
{
    /// <summary>Nanoseconds since 1970; a tick of the clock is 100 ns.</summary>
    public static long Nanoseconds(TimeProvider clock) => (clock.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * 100;
}
