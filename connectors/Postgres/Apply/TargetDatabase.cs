using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Apply;

/// <summary>Opens connections to the target.</summary>
/// <param name="url">Where.</param>
/// <param name="skipsForeignKeys">Sessions are those of a replica: neither foreign keys nor ordinary triggers are looked at. Needs the right to set <c>session_replication_role</c>.</param>
/// <param name="controlSeconds">How long the target may be silent in its answer to a control statement. It may have to wait for a process that stands still in the middle of a transaction, which the server ends after 60 s.</param>
public sealed class TargetDatabase(DatabaseUrl url, bool skipsForeignKeys = false, int controlSeconds = TargetDatabase.ControlSeconds)
{
    /// <summary>
    /// A staging table has no statistics, and the planner would rather read the whole target than look each row up: joins are nested loops over the key's index. A process that is
    /// stopped in the middle of a transaction must not keep its successor waiting for ever. Times are UTC, texts are read as they are written.
    /// </summary>
    private const string SessionSettings =
        "-c enable_hashjoin=off -c enable_mergejoin=off -c idle_in_transaction_session_timeout=60s -c statement_timeout=0 -c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c client_min_messages=warning "
        // A session whose client is lost keeps its locks else for two hours.
        + "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3";

    public DatabaseUrl Url { get; } = url;

    private const int ControlSeconds = 120;

    /// <summary>A connection of its own, not pooled, for control statements: each has two minutes.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public NpgsqlConnection Open() => Open(controlSeconds);

    /// <summary>The same without a limit for a statement, for applying rows: a lock is waited for as long as it is held. Whoever takes it watches that the session works.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public NpgsqlConnection OpenPatient() => Open(0);

    private NpgsqlConnection Open(int commandSeconds) => Translated(() =>
    {
        var builder = Url.ToConnectionString();
        builder.Pooling = false;
        builder.CommandTimeout = commandSeconds;
        builder.Options = $"{Url.Options} {SessionSettings}{(skipsForeignKeys ? " -c session_replication_role=replica" : "")}".Trim();
        var connection = new NpgsqlConnection(builder.ConnectionString);
        try
        {
            Opening.InTime(Url, connection.OpenAsync);
            return connection;
        }
        catch
        {
            // Not here: a connection that still opens refuses to be closed, and that would be the error that is seen.
            ConnectionEnd.CloseInBackground(connection, Url);
            throw;
        }
    });

    /// <summary>Closes a connection within a few seconds. One that still waits for an answer is left alone, with the thread that waits: the answer of a connection that is dead without a word never comes.</summary>
    public void Close(NpgsqlConnection connection)
    {
        if (connection.FullState == System.Data.ConnectionState.Open)
        {
            ConnectionEnd.CloseInTime(connection, Url);
        }
        else
        {
            ConnectionEnd.CloseInBackground(connection, Url);
        }
    }

    /// <summary>Events are UTF-8: a target of another encoding would refuse, or hold otherwise, what it has no letter for (R16).</summary>
    /// <exception cref="DatabaseException">It has another one.</exception>
    public static void RequireUtf8(NpgsqlConnection connection)
    {
        string? encoding = connection.Text("SELECT pg_catalog.current_setting('server_encoding')");
        if (encoding != "UTF8")
        {
            throw new DatabaseException(FailureClass.Preflight, $"the target's encoding is {encoding}: it must be UTF8. Make the database anew with ENCODING 'UTF8' TEMPLATE template0.");
        }
    }

    /// <summary>Runs a control statement's errors through the translation.</summary>
    public T Translated<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (error is not DatabaseException && DatabaseErrors.Translate(error, Url) is { } known)
        {
            throw known;
        }
    }
}
