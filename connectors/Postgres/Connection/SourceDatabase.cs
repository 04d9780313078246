using System.Globalization;
using Npgsql;
using Npgsql.Replication;

namespace Penstock.Postgres.Connection;

/// <summary>
/// Opens connections to one database. All that it opens speak text the same way, so that a snapshot's values look exactly like the stream's.
/// </summary>
public sealed class SourceDatabase : IDisposable
{
    /// <summary>
    /// What decides how output functions write values. The stream's text comes from the walsender's own settings, so both kinds of connection get the same ones;
    /// a role or database with other defaults must not change events. extra_float_digits 1 and above mean "shortest exact" since PG 12.
    /// </summary>
    private static readonly (string Name, string Value)[] TextSettings =
        [("datestyle", "ISO"), ("intervalstyle", "postgres"), ("extra_float_digits", "3"), ("bytea_output", "hex"), ("timezone", "UTC")];

    // A snapshot reads for hours and its exported snapshot's connection sits idle in a transaction.
    // Warnings of the walsender are read: a role that silences them must not.
    private const string PatienceSettings = "-c client_min_messages=warning -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 "
        // A server that does not notice a lost client keeps its slot active and its locks held for two hours, and the next process out.
        + "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3";

    /// <summary>A statement whose time is over is cancelled at the server and its connection broken: a driver that waited for the server's word would wait for one that never ends its answer.</summary>
    private const int BreakAtOnce = -1;

    private readonly NpgsqlDataSource _pool;
    private readonly IReadOnlyList<string> _initialStatements;

    /// <param name="url">Where.</param>
    /// <param name="initialStatements"><c>database.initial.statements</c>: SQL that each connection begins with, except those that replicate.</param>
    public SourceDatabase(DatabaseUrl url, IReadOnlyList<string>? initialStatements = null)
    {
        Url = url;
        _initialStatements = initialStatements ?? [];
        var settings = url.ToConnectionString();
        // The reset would take back what the initializer sets; the statements that run here leave nothing behind that would need one.
        settings.NoResetOnClose = true;
        settings.CancellationTimeout = BreakAtOnce;
        var pool = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        pool.UsePhysicalConnectionInitializer(Begin, connection =>
        {
            Begin(connection);
            return Task.CompletedTask;
        });
        _pool = pool.Build();
    }

    public DatabaseUrl Url { get; }

    /// <summary>The connection options every replication connection is started with.</summary>
    /// <param name="serverVersion">Major version: an older server would refuse the connection over a setting that it does not know. 0: only what all know.</param>
    public string ReplicationOptions(int serverVersion) => Join(
        Url.Options,
        string.Join(' ', TextSettings.Select(setting => $"-c {setting.Name}={setting.Value}")),
        PatienceSettings,
        serverVersion >= 14 ? "-c idle_session_timeout=0" : null,
        // The decoding of a large transaction, and an exported snapshot, are transactions of the walsender's own.
        serverVersion >= 17 ? "-c transaction_timeout=0" : null);

    /// <summary>A pooled connection for short control statements.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public NpgsqlConnection Open() => Translated(() => Opening.InTime(Url, async stop => await _pool.OpenConnectionAsync(stop).ConfigureAwait(false)));

    /// <summary>Runs statements over a pooled connection, within the limits of control statements.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public void Execute(string sql)
    {
        using var connection = Open();
        Translated(() =>
        {
            connection.Execute(sql);
            return true;
        });
    }

    /// <summary>A connection of its own with the stream's text settings and without timeouts, for the snapshot.</summary>
    public NpgsqlConnection OpenPatient()
    {
        var builder = Url.ToConnectionString();
        builder.Pooling = false;
        builder.CommandTimeout = 0;
        builder.Options = ReplicationOptions(0);
        return Translated(() =>
        {
            var connection = new NpgsqlConnection(builder.ConnectionString);
            try
            {
                Opening.InTime(Url, connection.OpenAsync);
                LiftNewerTimeouts(connection);
                if (_initialStatements.Count > 0)
                {
                    RunInitialStatements(connection);
                    // They may have changed what decides how values are written.
                    connection.ExecuteWithin(Url.CommandTimeoutSeconds, string.Join(' ', TextSettings.Select(setting => $"SET {setting.Name} = {SqlName.Literal(setting.Value)};")));
                }

                return connection;
            }
            catch
            {
                // Not here: a connection that still opens refuses to be closed, and that would be the error that is seen.
                ConnectionEnd.CloseInBackground(connection, Url);
                throw;
            }
        });
    }

    /// <summary>A connection of its own for one long-lived user, such as the catalogue.</summary>
    public NpgsqlConnection OpenOwn()
    {
        var builder = Url.ToConnectionString();
        builder.Pooling = false;
        builder.CancellationTimeout = BreakAtOnce;
        return Translated(() =>
        {
            var connection = new NpgsqlConnection(builder.ConnectionString);
            try
            {
                Opening.InTime(Url, connection.OpenAsync);
                RunInitialStatements(connection);
                return connection;
            }
            catch
            {
                // Not here: a connection that still opens refuses to be closed, and that would be the error that is seen.
                ConnectionEnd.CloseInBackground(connection, Url);
                throw;
            }
        });
    }

    /// <summary>A replication connection of Npgsql.</summary>
    public LogicalReplicationConnection OpenReplication()
    {
        var builder = Url.ToConnectionString();
        builder.Options = ReplicationOptions(ServerVersion());
        return Translated(() =>
        {
            var connection = new LogicalReplicationConnection(builder.ConnectionString);
            try
            {
                Opening.InTime(Url, connection.Open);
                return connection;
            }
            catch
            {
                // One that still opens may wait for an answer.
                ConnectionEnd.CloseInTime(connection, Url);
                throw;
            }
        });
    }

    /// <summary>Major version. Not kept: between two connections the server may have been replaced by a newer one.</summary>
    private int ServerVersion()
    {
        using var connection = Open();
        return connection.PostgreSqlVersion.Major;
    }

    /// <summary>Runs a piece of work; a failure of the database comes out as <see cref="DatabaseException"/>, anything else as it is.</summary>
    public T Translated<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is not PostgresException && TlsFiles.Problem(Url) is not null)
        {
            throw new DatabaseException(FailureClass.Preflight, TlsFiles.Problem(Url)!, inner: exception);
        }
        catch (Exception exception) when (exception is not DatabaseException && DatabaseErrors.Translate(exception, Url) is not null)
        {
            throw DatabaseErrors.Translate(exception, Url)!;
        }
    }

    /// <summary>Closes the pooled connections that nobody uses.</summary>
    public void ForgetIdle() => _pool.Clear();

    public void Dispose() => _pool.Dispose();

    private void Begin(NpgsqlConnection connection)
    {
        LiftIdleTimeout(connection);
        RunInitialStatements(connection);
    }

    private void RunInitialStatements(NpgsqlConnection connection)
    {
        foreach (string statement in _initialStatements)
        {
            try
            {
                connection.ExecuteWithin(Url.CommandTimeoutSeconds, statement);
            }
            catch (PostgresException refused) when (!refused.IsTransient)
            {
                throw new DatabaseException(FailureClass.Preflight, $"a statement of PENSTOCK_DATABASE_INITIAL_STATEMENTS is refused: {refused.MessageText} ({refused.SqlState}).", refused.SqlState, refused);
            }
        }
    }

    // A pooled connection that the server has ended meanwhile looks alive until it is used (idle_session_timeout came with PG 14).
    private static void LiftIdleTimeout(NpgsqlConnection connection)
    {
        if (connection.PostgreSqlVersion.Major >= 14)
        {
            connection.Execute("SET idle_session_timeout = 0");
        }
    }

    private void LiftNewerTimeouts(NpgsqlConnection connection)
    {
        // idle_session_timeout came with PG 14, transaction_timeout with 17: an older server would refuse the connection if they stood among the start options.
        string sql = "";
        int version = connection.PostgreSqlVersion.Major;
        if (version >= 14)
        {
            sql += "SET idle_session_timeout = 0;";
        }

        if (version >= 17)
        {
            sql += "SET transaction_timeout = 0;";
        }

        // A policy that hides rows must be an error, not a snapshot with holes.
        sql += "SET row_security = off;";
        connection.ExecuteWithin(Url.CommandTimeoutSeconds, sql);
    }

    private static string Join(params string?[] options) =>
        string.Join(' ', options.Where(o => !string.IsNullOrWhiteSpace(o)).Select(o => o!.Trim().ToString(CultureInfo.InvariantCulture)));
}
