using System.Collections;
using Npgsql;
using Penstock.Servers;

namespace Penstock.Faults.Soak;

/// <summary>
/// Many small rows at a steady rate, and whether each has arrived: the ids of each committed transaction are written down in it, in a table that is not captured. The rows themselves are truncated now and
/// then and the topic keeps little, so the disk holds it for hours.
/// </summary>
internal sealed class Ballast(PipelineScene scene, int rowsPerSecond) : IAsyncDisposable
{
    private const int TransactionsPerSecond = 10;
    private const int TransactionsBetweenTruncates = 60 * TransactionsPerSecond;

    private readonly BitArray _seen = new(1 << 20);
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopReading = new();
    private Task _writing = Task.CompletedTask;
    private Task _reading = Task.CompletedTask;
    private long _lastReadTicks;

    /// <summary>Records that came for the first time.</summary>
    public long Arrived { get; private set; }

    /// <summary>Records that came again.</summary>
    public long Again { get; private set; }

    private string Topic => $"{scene.Name}.public.ballast";

    public async Task PrepareAsync()
    {
        await scene.ExecuteAsync(
            "CREATE TABLE ballast (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text); CREATE TABLE ballast_journal (first bigint NOT NULL, last bigint NOT NULL)");
        await scene.Kafka.CreateTopicAsync(Topic, settings: new Dictionary<string, string> { ["retention.bytes"] = "500000000", ["segment.bytes"] = "50000000" });
        scene.Settings["PENSTOCK_TABLE_INCLUDE_LIST"] += ",public.ballast";
    }

    public void Start()
    {
        _writing = Task.Run(WriteAsync);
        _reading = Task.Run(Read);
    }

    public async Task EndWritingAsync()
    {
        await _stop.CancelAsync();
        await _writing;
    }

    /// <summary>Reads until nothing has come for some seconds, and gives the number of committed rows that are missing.</summary>
    public async Task<long> CountMissingAsync()
    {
        for (Volatile.Write(ref _lastReadTicks, Environment.TickCount64); Environment.TickCount64 - Volatile.Read(ref _lastReadTicks) < 10_000;)
        {
            await Task.Delay(500);
        }

        await _stopReading.CancelAsync();
        await _reading;
        long missing = 0;
        await using var connection = new NpgsqlConnection(scene.Postgres.ConnectionString(scene.Database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT first, last FROM ballast_journal", connection);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            for (long id = rows.GetInt64(0); id <= rows.GetInt64(1); id++)
            {
                missing += id < _seen.Length && _seen[(int)id] ? 0 : 1;
            }
        }

        return missing;
    }

    public async ValueTask DisposeAsync()
    {
        await EndWritingAsync();
        await _stopReading.CancelAsync();
        await _reading;
        _stop.Dispose();
        _stopReading.Dispose();
    }

    private async Task WriteAsync()
    {
        int rows = Math.Max(1, rowsPerSecond / TransactionsPerSecond);
        // One statement: the ids are those of its own rows, which no other session makes.
        string insert =
            $"WITH made AS (INSERT INTO ballast (body) SELECT repeat('b', 80) FROM generate_series(1, {rows}) RETURNING id) INSERT INTO ballast_journal SELECT min(id), max(id) FROM made";
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(1000.0 / TransactionsPerSecond));
        NpgsqlConnection? connection = null;
        for (long written = 1; !_stop.IsCancellationRequested; written++)
        {
            await pace.WaitForNextTickAsync();
            try
            {
                if (connection is null)
                {
                    connection = new NpgsqlConnection(scene.Postgres.ConnectionString(scene.Database));
                    await connection.OpenAsync();
                }

                await using var command = new NpgsqlCommand(written % TransactionsBetweenTruncates == 0 ? "TRUNCATE ballast" : insert, connection);
                await command.ExecuteNonQueryAsync();
            }
            catch (Exception broken) when (broken is NpgsqlException or IOException)
            {
                // The server is away, or ended the session: the journal knows what was committed.
                if (connection is not null)
                {
                    await connection.DisposeAsync();
                }

                connection = null;
            }
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }

    private void Read()
    {
        using var reader = TopicReader.Of(scene.Kafka.Bootstrap, Topic);
        while (!_stopReading.IsCancellationRequested)
        {
            if (reader.Next(TimeSpan.FromMilliseconds(200)) is not { } record)
            {
                continue;
            }

            Volatile.Write(ref _lastReadTicks, Environment.TickCount64);
            if (record.Key is null)
            {
                // A truncate.
                continue;
            }

            int id = int.Parse(record.KeyText.AsSpan()["{\"id\":".Length..^1], null);
            if (id >= _seen.Length)
            {
                _seen.Length = Math.Max(id + 1, _seen.Length * 2);
            }

            (Arrived, Again) = _seen[id] ? (Arrived, Again + 1) : (Arrived + 1, Again);
            _seen[id] = true;
        }
    }
}
