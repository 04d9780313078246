using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Apply;

/// <summary>Opens connections to the target.</summary>
/// <param name="url">Where.</param>
/// <param name="skipsForeignKeys">Sessions are those of a replica: neither foreign keys nor ordinary triggers are looked at. Needs the right to set <c>session_replication_role</c>.</param>
public sealed class TargetDatabase(DatabaseUrl url, bool skipsForeignKeys = false)
{
    /// <summary>
    /// A staging table has no statistics, and the planner would rather read the whole target than look each row up: joins are nested loops over the key's index. A process that is
    /// stopped in the middle of a transaction must not keep its successor waiting for ever. Times are UTC, texts are read as they are written.
    /// </summary>
    private const string SessionSettings =
        "-c enable_hashjoin=off -c enable_mergejoin=off -c idle_in_transaction_session_timeout=60s -c statement_timeout=0 -c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c client_min_messages=warning";

    public DatabaseUrl Url { get; } = url;

    /// <summary>A connection of its own, not pooled.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public NpgsqlConnection Open() => Translated(() =>
    {
        var builder = Url.ToConnectionString();
        builder.Pooling = false;
        builder.CommandTimeout = 0;
        builder.Options = $"{Url.Options} {SessionSettings}{(skipsForeignKeys ? " -c session_replication_role=replica" : "")}".Trim();
        var connection = new NpgsqlConnection(builder.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    });

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
