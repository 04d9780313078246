using Npgsql;

namespace Penstock.Servers.Histories;

/// <summary>
/// Random transactions whose every change is written down, in the same transaction, in a journal that is not captured: what was committed is known exactly.
/// </summary>
/// <remarks>
/// Each row has a version that grows with each change of its key, also over deletes and re-inserts, so (key, version, delete or not) names one change and gives the order.
/// A key's owner alone inserts, deletes and moves it (a change of its primary key); anyone updates it. Transactions have 1 to 20 changes, at times 500; some roll back wholly or to a savepoint;
/// deadlocks happen and count as rolled back. One table is truncated now and then, and columns come and go, among the changes of a transaction.
/// </remarks>
public sealed class JournaledWorkload(string connectionString, int seed)
{
    public const int KeysPerWorker = 150;

    /// <summary>The journal's word for a table that was truncated; key -1.</summary>
    public const char Truncate = 't';

    /// <summary>The journal's word for a row that a truncate took away, which has no event of its own.</summary>
    public const char Gone = 'x';

    private const string Truncated = "parcel";

    /// <summary>Tables with one key column and with two, and one that is truncated; their keys collide across tables.</summary>
    public static readonly string[] Tables = ["account", "item", Truncated];

    private long _committed;

    /// <summary>Transactions committed so far, as far as the clients know.</summary>
    public long Committed => Interlocked.Read(ref _committed);

    public static async Task CreateTablesAsync(PostgresServer server, string database = "postgres")
    {
        await server.ExecuteAsync(
            """
            CREATE TABLE account (id int PRIMARY KEY, version bigint NOT NULL, balance numeric(12,2), note text);
            CREATE TABLE item (id int, version bigint NOT NULL, kind text NOT NULL DEFAULT 'k', body text, PRIMARY KEY (kind, id));
            CREATE TABLE parcel (id int PRIMARY KEY, version bigint NOT NULL, body text);
            ALTER TABLE parcel REPLICA IDENTITY FULL;
            ALTER TABLE account REPLICA IDENTITY FULL;
            ALTER TABLE item REPLICA IDENTITY FULL;
            CREATE TABLE journal (seq bigserial PRIMARY KEY, tbl text NOT NULL, key int NOT NULL, version bigint NOT NULL, op "char" NOT NULL);
            CREATE INDEX ON journal (tbl, key, version);
            """,
            database).ConfigureAwait(false);
    }

    /// <summary>Runs <paramref name="workers"/> sessions until <paramref name="stop"/>. A lost connection (the server was killed) is opened again.</summary>
    /// <param name="workers">Sessions.</param>
    /// <param name="pauseMs">Longest pause between two transactions of a session; 0 for none.</param>
    /// <param name="stop">Ends it after the transaction at hand.</param>
    public Task RunAsync(int workers, int pauseMs, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(() => WorkAsync(worker, pauseMs, stop), CancellationToken.None)));

    private async Task WorkAsync(int worker, int pauseMs, CancellationToken stop)
    {
        // HashCode would give another sequence in each process.
        var random = new Random(unchecked((seed * 397) ^ worker));
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync(stop).ConfigureAwait(false);
                while (!stop.IsCancellationRequested)
                {
                    await TransactAsync(connection, worker, random).ConfigureAwait(false);
                    await Task.Delay(random.Next(pauseMs + 1), stop).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException)
            {
                // The server is away: the journal, not this client, says what was committed.
                await Task.Delay(100, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task TransactAsync(NpgsqlConnection connection, int worker, Random random)
    {
        await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        int changes = random.Next(50) == 0 ? 500 : random.Next(1, 21);
        try
        {
            for (int i = 0; i < changes; i++)
            {
                bool undone = random.Next(20) == 0;
                if (undone)
                {
                    await transaction.SaveAsync("s").ConfigureAwait(false);
                }

                await ChangeAsync(connection, worker, random).ConfigureAwait(false);
                if (undone)
                {
                    await transaction.RollbackAsync("s").ConfigureAwait(false);
                }
            }

            if (random.Next(15) == 0)
            {
                await transaction.RollbackAsync().ConfigureAwait(false);
                return;
            }

            await transaction.CommitAsync().ConfigureAwait(false);
            Interlocked.Increment(ref _committed);
        }
        catch (PostgresException deadlock) when (deadlock.SqlState == PostgresErrorCodes.DeadlockDetected)
        {
            await transaction.RollbackAsync().ConfigureAwait(false);
        }
    }

    private static async Task ChangeAsync(NpgsqlConnection connection, int worker, Random random)
    {
        string table = Tables[random.Next(Tables.Length)];
        int own = (worker * KeysPerWorker) + random.Next(KeysPerWorker);
        int other = (worker * KeysPerWorker) + random.Next(KeysPerWorker);
        int any = random.Next((worker + 1) * KeysPerWorker);
        // A value of up to 6 KB is stored out of line, so that rows with unchanged TOASTed columns are among the updates.
        int textBytes = random.Next(12) == 0 ? 6000 : random.Next(60);
        string text = table == "account" ? "note" : "body";
        string sql = random.Next(1500) switch
        {
            0 => TruncateSql,
            < 4 => $"ALTER TABLE {table} DROP COLUMN IF EXISTS extra",
            < 8 => $"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS extra {(random.Next(2) == 0 ? "int DEFAULT 7" : "text")}",
            < 650 => $"""
                WITH c AS (INSERT INTO {table} (id, version, {text})
                    SELECT $1, coalesce(max(version), 0) + 1, $4 FROM journal WHERE tbl = '{table}' AND key = $1 ON CONFLICT DO NOTHING RETURNING id, version)
                INSERT INTO journal (tbl, key, version, op) SELECT '{table}', id, version, 'c' FROM c
                """,
            < 1150 => $"""
                WITH u AS (UPDATE {table} SET version = version + 1 {(random.Next(3) == 0 ? $", {text} = $4" : "")} WHERE id = $3 RETURNING id, version)
                INSERT INTO journal (tbl, key, version, op) SELECT '{table}', id, version, 'u' FROM u
                """,
            < 1250 => $"""
                WITH o AS (SELECT id, version FROM {table} WHERE id = $1 AND NOT EXISTS (SELECT FROM {table} WHERE id = $2) FOR UPDATE),
                     m AS (UPDATE {table} t SET id = $2, version = (SELECT coalesce(max(version), 0) + 1 FROM journal WHERE tbl = '{table}' AND key = $2) FROM o WHERE t.id = o.id RETURNING t.id, t.version)
                INSERT INTO journal (tbl, key, version, op) SELECT '{table}', id, version, 'd' FROM o UNION ALL SELECT '{table}', id, version, 'c' FROM m
                """,
            _ => $"""
                WITH d AS (DELETE FROM {table} WHERE id = $1 RETURNING id, version)
                INSERT INTO journal (tbl, key, version, op) SELECT '{table}', id, version, 'd' FROM d
                """,
        };
        await using var command = new NpgsqlCommand(sql, connection);
        if (sql.Contains('$', StringComparison.Ordinal))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = own });
            command.Parameters.Add(new NpgsqlParameter { Value = other });
            command.Parameters.Add(new NpgsqlParameter { Value = any });
            command.Parameters.Add(new NpgsqlParameter { Value = RandomText(random, textBytes) });
        }

        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    private const string TruncateSql =
        $"""
        LOCK TABLE {Truncated} IN ACCESS EXCLUSIVE MODE;
        INSERT INTO journal (tbl, key, version, op) SELECT '{Truncated}', id, version, 'x' FROM {Truncated};
        INSERT INTO journal (tbl, key, version, op) VALUES ('{Truncated}', -1, 0, 't');
        TRUNCATE {Truncated}
        """;

    private static string RandomText(Random random, int characters) =>
        string.Create(characters, random, (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = (char)source.Next(' ', 0x250);
            }
        });
}
