using Npgsql;
using Penstock.Postgres.Wal;

namespace Penstock.Postgres.Connection;

/// <summary>What the server says of its own sessions, by their process ids.</summary>
public static class ServerSessions
{
    /// <summary>Whether a session runs a statement; false also where it is gone.</summary>
    public static bool IsActive(NpgsqlConnection control, int backend) =>
        control.True("SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE pid = @pid AND state = 'active')", ("pid", backend));

    /// <summary>Asks the server to break off what a session runs. One that cannot be reached is left alone: what waits for it fails by itself, or is found silent.</summary>
    public static void TryCancel(SourceDatabase database, int backend)
    {
        try
        {
            using var control = database.Open();
            control.Execute("SELECT pg_catalog.pg_cancel_backend(@pid)", ("pid", backend));
        }
        catch (Exception failure) when (failure is ObjectDisposedException || DatabaseErrors.Translate(failure, database.Url) is not null)
        {
            // The run may have ended meanwhile.
            return;
        }
    }

    /// <summary>Ends a session.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public static void End(SourceDatabase database, int backend)
    {
        using var control = database.OpenOwn();
        database.Translated(() => control.True("SELECT pg_catalog.pg_terminate_backend(@pid)", ("pid", backend)));
    }

    /// <summary>Up to where a walsender has sent; 0 where it is gone, or the role may not see it.</summary>
    public static ulong SentLsn(NpgsqlConnection control, int walsender) =>
        Lsn.TryParse(control.Text("SELECT sent_lsn::text FROM pg_catalog.pg_stat_replication WHERE pid = @pid", ("pid", walsender)) ?? "", out var sent) ? sent.Value : 0;
}
