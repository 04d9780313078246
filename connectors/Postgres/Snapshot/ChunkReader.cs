using System.Globalization;
using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary>How a question about a table was answered.</summary>
public enum ChunkAnswer
{
    /// <summary>There is an answer.</summary>
    Read,

    /// <summary>The table is gone.</summary>
    NoTable,

    /// <summary>It has no key to walk by, or not the column that was named.</summary>
    NoKey,

    /// <summary>The server refused the query: <see cref="ChunkReader.Refusal"/>.</summary>
    Refused,

    /// <summary>The pipeline is about to stop.</summary>
    Stopped,
}

/// <summary>Which rows are wanted.</summary>
/// <param name="Schema">Schema of the table.</param>
/// <param name="Table">Name of the table.</param>
/// <param name="Surrogate">Column to walk by instead of the key, or null.</param>
/// <param name="Condition">SQL that the rows must fulfil, or null.</param>
public sealed record ChunkRequest(string Schema, string Table, string? Surrogate, string? Condition);

/// <summary>
/// The side connection of incremental snapshots: watermark rows in the signal table, and the rows of a table chunk by chunk. One thread; <see cref="Stop"/> may come from any.
/// </summary>
/// <remarks>A connection that breaks ends the run as every other does: the next one takes the snapshot up where its progress was saved.</remarks>
public sealed class ChunkReader : IDisposable
{
    /// <summary>Bytes of rows after which a chunk is cut: what a window holds in memory, but for one row, and for rows that a key without uniqueness does not part.</summary>
    public const int MaxChunkBytes = 16 << 20;

    private const string FindSql = """
        SELECT c.oid::bigint FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = @schema AND c.relname = @table AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
        """;

    private const int VisibilityPauseMs = 10;

    private readonly SourceDatabase _database;
    private readonly SignalTableName _signals;
    private readonly bool _closesByDelete;
    private readonly TimeProvider _clock;
    private readonly RowBytes _row = new();
    private NpgsqlConnection? _connection;
    private DateTimeOffset _opened;
    private long _askedAtMs;
    private volatile int _processId;
    private volatile bool _stopped;

    /// <param name="database">Where.</param>
    /// <param name="signals">The signal table.</param>
    /// <param name="closesByDelete"><c>incremental.snapshot.watermarking.strategy=insert_delete</c>.</param>
    /// <param name="clock">For the times in the watermark rows.</param>
    public ChunkReader(SourceDatabase database, SignalTableName signals, bool closesByDelete, TimeProvider clock)
    {
        _database = database;
        _signals = signals;
        _closesByDelete = closesByDelete;
        _clock = clock;
    }

    /// <summary>The key that <c>message.key.columns</c> gives a table; empty where it gives none.</summary>
    public Func<CatalogTable, string[]> MessageKey { get; init; } = _ => [];

    /// <inheritdoc cref="SnapshotRequest.PublishedBy"/>
    public string? PublishedBy { get; init; }

    /// <summary>How long a transaction of the stream may take to become visible to queries, milliseconds. It is so at once, unless it waits for a synchronous standby.</summary>
    public int VisibilityTimeoutMs { get; init; } = 60_000;

    /// <summary>What the server said to the last query that it refused; no row values.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>How long the server has been owing an answer, in milliseconds; 0 while nothing is asked. Any thread.</summary>
    public long WaitingMs => Volatile.Read(ref _askedAtMs) is > 0 and var since ? Environment.TickCount64 - since : 0;

    /// <summary>Process id of its session at the server; 0 before the first question.</summary>
    public int Backend => _processId;

    /// <summary>The connection, for what has to be written in the same transaction as the watermark.</summary>
    private NpgsqlConnection Connection
    {
        get
        {
            if (_connection is null)
            {
                _connection = _database.OpenPatient();
                _processId = _connection.ProcessID;
            }

            return _connection;
        }
    }

    /// <summary>
    /// Keeps other processes of this pipeline (a platform's rolling restart) from snapshots on request for as long as the connection lives: the progress that they would read and write is this one's.
    /// </summary>
    /// <exception cref="DatabaseException"><see cref="FailureClass.SlotActive"/>: another one has them.</exception>
    public void Lock(string slotName)
    {
        if (!_database.Translated(() => SnapshotLock.TryTake(Connection, $"penstock signals {slotName}", _database.Url.CommandTimeoutSeconds)))
        {
            throw new DatabaseException(FailureClass.SlotActive, $"another process of slot \"{slotName}\" obeys the signals at this moment.");
        }
    }

    /// <summary>Writes the row that opens a window. What <paramref name="also"/> does is committed with it.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public void OpenWindow(string chunk, Action<NpgsqlConnection>? also)
    {
        _opened = _clock.GetUtcNow();
        Transact(connection =>
        {
            also?.Invoke(connection);
            Insert(connection, $"{chunk}-open", "snapshot-window-open", $"{{\"openWindowTimestamp\": \"{Time(_opened)}\"}}");
        });
    }

    /// <summary>Writes the row that closes a window, or deletes the one that opened it.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public void CloseWindow(string chunk) => Transact(connection =>
    {
        if (_closesByDelete)
        {
            connection.Execute($"DELETE FROM {_signals.QuotedName} WHERE id = @id", ("id", $"{chunk}-open"));
        }
        else
        {
            Insert(
                connection,
                $"{chunk}-close",
                "snapshot-window-close",
                $"{{\"openWindowTimestamp\": \"{Time(_opened)}\", \"closeWindowTimestamp\": \"{Time(_clock.GetUtcNow())}\"}}");
        }
    });

    /// <summary>Runs statements in a transaction of their own.</summary>
    /// <exception cref="DatabaseException">Translated.</exception>
    public void Transact(Action<NpgsqlConnection> statements)
    {
        try
        {
            Attempt(statements);
        }
        catch (DatabaseException cancelled) when (_stopped && cancelled.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            // Stop meant a query that had just ended.
            Attempt(statements);
        }
    }

    /// <summary>Reads the largest key there is now.</summary>
    /// <param name="request">Which rows.</param>
    /// <param name="key">Its texts, or null for an empty table.</param>
    /// <exception cref="DatabaseException">The connection failed.</exception>
    public ChunkAnswer ReadMaximum(ChunkRequest request, out string?[]? key)
    {
        string?[]? found = null;
        var answer = Ask(request, (connection, table, by) =>
        {
            using var command = connection.Command(ChunkSql.Maximum(table.Source, by, request.Condition));
            using var reader = command.ExecuteReader();
            found = reader.Read() ? [.. by.Columns.Select((_, i) => reader.TextOrNull(i))] : null;
        });
        key = found;
        return answer;
    }

    /// <summary>Reads the next rows.</summary>
    /// <param name="request">Which rows.</param>
    /// <param name="after">Key of the last row before; null for the first chunk.</param>
    /// <param name="maximum">The largest key when the walk began.</param>
    /// <param name="maxRows">How many.</param>
    /// <param name="decoded">Transactions that the stream has told of: the query must see them, else it would bring back what they have replaced.</param>
    /// <param name="rows">Takes them.</param>
    /// <exception cref="DatabaseException">The connection failed.</exception>
    public ChunkAnswer Read(ChunkRequest request, string?[]? after, string?[] maximum, int maxRows, IReadOnlyCollection<uint> decoded, ChunkRows rows)
    {
        rows.Clear();
        for (long until = Environment.TickCount64 + VisibilityTimeoutMs; ; Thread.Sleep(VisibilityPauseMs))
        {
            uint? hidden = null;
            var answer = Ask(request, (connection, table, key) =>
            {
                var visible = TransactionVisibility.Parse(connection.Text("SELECT pg_catalog.pg_current_snapshot()::pg_catalog.text")!);
                hidden = decoded.Select(id => visible.Shows(id) ? (uint?)null : id).FirstOrDefault(id => id is not null);
                if (hidden is null)
                {
                    rows.Begin(table.Table.Oid, table.RelationMessage, ChunkKey.Identity(table.Table), visible);
                    Copy(connection, table.Table.Oid, ChunkSql.Chunk(table.Fields, table.Source, key, request.Condition, after, maximum, maxRows), key, rows);
                }
            });
            if (hidden is null || answer != ChunkAnswer.Read)
            {
                return answer;
            }

            if (Environment.TickCount64 > until)
            {
                throw new DatabaseException(
                    FailureClass.Unavailable,
                    $"transaction {hidden} is in the replication stream and still not visible to queries after {VisibilityTimeoutMs / 1000} s: is it waiting for a synchronous standby that does not answer?");
            }
        }
    }

    /// <summary>Makes a running query end soon: the pipeline stops. From then on the answer is <see cref="ChunkAnswer.Stopped"/>.</summary>
    public void Stop()
    {
        _stopped = true;
        if (_processId is not 0 and var backend)
        {
            // Not waited for: who stops has others to stop, and a server that is silent takes its time to be found so.
            _ = Task.Run(() => ServerSessions.TryCancel(_database, backend));
        }
    }

    /// <summary>The stream's end: a query that runs is not waited for.</summary>
    public void Dispose()
    {
        if (_connection is { FullState: System.Data.ConnectionState.Open } idle)
        {
            idle.Dispose();
        }
        else if (_connection is { } busy)
        {
            ConnectionEnd.CloseInBackground(busy, _database.Url);
        }
    }

    /// <summary>Runs a query on a table as it is now, in a transaction that writes nothing.</summary>
    private ChunkAnswer Ask(ChunkRequest request, Action<NpgsqlConnection, SnapshotTable, ChunkKey> query)
    {
        if (_stopped)
        {
            return ChunkAnswer.Stopped;
        }

        try
        {
            return Timed(() =>
            {
                Connection.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
                uint? oid = Connection.List(FindSql, row => (uint?)row.GetInt64(0), ("schema", request.Schema), ("table", request.Table)).FirstOrDefault();
                var answer = oid is null || SnapshotTable.Read(Connection, oid.Value, publication: PublishedBy, byName: true) is not { } table ? ChunkAnswer.NoTable
                    : ChunkKey.Of(table.Table, request.Surrogate, MessageKey(table.Table)) is not { } key ? ChunkAnswer.NoKey
                    : Run(() => query(Connection, table, key));
                Connection.Execute("COMMIT");
                return answer;
            });
        }
        catch (DatabaseException) when (_stopped)
        {
            // Stop cancels the running query.
            Rollback();
            return ChunkAnswer.Stopped;
        }
        catch (DatabaseException refused) when (refused.Failure == FailureClass.Preflight || refused.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            Rollback();
            Refusal = refused.SqlState switch
            {
                PostgresErrorCodes.ReadOnlySqlTransaction => "its condition tries to write, which it may not",
                // The text about a value may hold it.
                ['2', '2', ..] => $"a value does not fit the query (SQLSTATE {refused.SqlState})",
                _ => refused.Message,
            };
            return ChunkAnswer.Refused;
        }
    }

    private void Attempt(Action<NpgsqlConnection> statements) => Timed(() =>
    {
        using var transaction = Connection.BeginTransaction();
        statements(Connection);
        transaction.Commit();
        return true;
    });

    private T Timed<T>(Func<T> questions)
    {
        Volatile.Write(ref _askedAtMs, Environment.TickCount64);
        try
        {
            return _database.Translated(questions);
        }
        finally
        {
            Volatile.Write(ref _askedAtMs, 0);
        }
    }

    private static ChunkAnswer Run(Action query)
    {
        query();
        return ChunkAnswer.Read;
    }

    private void Rollback() => _database.Translated(() =>
    {
        Connection.Execute("ROLLBACK");
        return true;
    });

    private void Copy(NpgsqlConnection connection, uint oid, string select, ChunkKey key, ChunkRows rows)
    {
        using var copy = new CopyRows(connection.BeginRawBinaryCopy($"COPY ({select}) TO STDOUT (FORMAT binary)"), oid);
        string?[] last = new string?[key.Columns.Length];
        while (copy.HasRow && (rows.Bytes < MaxChunkBytes || !key.IsUnique))
        {
            _row.Clear();
            copy.ReadRow(_row, last);
            rows.Add(_row.Bytes);
        }

        rows.LastKey = rows.Count == 0 ? [] : last;
    }

    private void Insert(NpgsqlConnection connection, string id, string type, string data) =>
        connection.Execute($"INSERT INTO {_signals.QuotedName} VALUES (@id, @type, @data)", ("id", id), ("type", type), ("data", data));

    // As java.time.Instant writes it, nine digits behind the point.
    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);
}
