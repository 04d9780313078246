using System.Globalization;
using Npgsql;
using Penstock.Servers;

namespace Penstock.Demo;

/// <summary>The shop's tables in a second database, kept in step by kafka-to-postgres, and how far it is.</summary>
internal sealed class Copy : IAsyncDisposable
{
    private const string Database = Shop.Database + "_copy";

    // How long nothing may move before the rest is given up for missing.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(300);

    private readonly string _connectionString;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _looking;
    private long _applied;

    private Copy(string connectionString, PipelineProcess sink)
    {
        _connectionString = connectionString;
        Sink = sink;
        _looking = Task.Run(LookAsync);
    }

    public PipelineProcess Sink { get; }

    /// <summary>Records that are in the copy, by the offsets that are committed with its rows.</summary>
    public long Applied => Interlocked.Read(ref _applied);

    /// <summary>Makes the database and starts the sink.</summary>
    public static async Task<Copy> StartAsync(PostgresServer postgres, string bootstrap)
    {
        await postgres.ExecuteAsync($"create database {Database} owner {Shop.Owner}").ConfigureAwait(false);
        await postgres.ExecuteAsync(Shop.CopySchema, Database).ConfigureAwait(false);
        var sink = PipelineProcess.Start(
            Repository.KafkaToPostgres(),
            new Dictionary<string, string>
            {
                ["DATABASE_URL"] = postgres.Url(Database, Shop.Owner),
                ["KAFKA_URL"] = bootstrap,
                ["PENSTOCK_GROUP"] = Database,
                ["PENSTOCK_TOPICS"] = string.Join(',', Shop.Tables.Select(table => $"{Shop.Database}.public.{table.Name}")),
                ["PENSTOCK_DECIMAL_HANDLING_MODE"] = "string",
            },
            ["run"]);
        return new Copy(postgres.ConnectionString(Database, Shop.Owner), sink);
    }

    /// <summary>Waits until so many records are applied, or nothing moves for ten seconds.</summary>
    public async Task CatchUpAsync(long records)
    {
        long last = Applied;
        for (DateTime quietUntil = DateTime.UtcNow + Quiet; Applied < records && DateTime.UtcNow < quietUntil && !Sink.HasExited; await Task.Delay(LookInterval).ConfigureAwait(false))
        {
            if (Applied != last)
            {
                last = Applied;
                quietUntil = DateTime.UtcNow + Quiet;
            }
        }
    }

    /// <summary>Compares both databases, row by row.</summary>
    public Task<CopyComparison> CompareAsync(string source) => CopyComparison.MakeAsync(source, _connectionString);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _looking.ConfigureAwait(false);
        await Sink.DisposeAsync().ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task LookAsync()
    {
        await using NpgsqlConnection connection = new(_connectionString);
        await connection.OpenAsync().ConfigureAwait(false);
        while (!_end.IsCancellationRequested)
        {
            // The sink makes the table when it starts.
            await using NpgsqlCommand look = new("select to_regclass('penstock.sink_offsets') is not null", connection);
            if (await look.ExecuteScalarAsync().ConfigureAwait(false) is true)
            {
                await using NpgsqlCommand sum = new("select coalesce(sum(greatest(next_offset, 0)), 0)::bigint from penstock.sink_offsets", connection);
                Interlocked.Exchange(ref _applied, Convert.ToInt64(await sum.ExecuteScalarAsync().ConfigureAwait(false), CultureInfo.InvariantCulture));
            }
            await Task.Delay(LookInterval, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
