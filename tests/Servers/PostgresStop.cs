namespace Penstock.Servers;

/// <summary>The ways of pg_ctl to stop a server.</summary>
public enum PostgresStop
{
    /// <summary>Disconnects everybody, writes a checkpoint.</summary>
    Fast,

    /// <summary>Leaves at once; the next start recovers.</summary>
    Immediate,
}
