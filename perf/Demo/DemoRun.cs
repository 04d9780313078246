using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Penstock.Servers;
using Spectre.Console;

namespace Penstock.Demo;

/// <summary>The demo from start to end.</summary>
internal sealed class DemoRun(DemoOptions options) : IDisposable
{
    private static readonly TimeSpan SlotLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly IScreen _screen = Console.IsOutputRedirected ? new PlainScreen() : new TerminalScreen(AnsiConsole.Console);
    private readonly CancellationTokenSource _end = new();

    /// <summary>0 only if nothing is missing, nothing out of order, and the tables are equal.</summary>
    public async Task<int> RunAsync()
    {
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using PosixSignalRegistration hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        try
        {
            return await RunServersAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            _screen.Say("demo: ended before the shop was open");
            return 130;
        }
    }

    public void Dispose() => _end.Dispose();

    // The first Ctrl-C ends the shopping and compares; the second ends at once, and the sitters of the servers clean up.
    private void End(PosixSignalContext context)
    {
        if (!_end.IsCancellationRequested)
        {
            context.Cancel = true;
            _end.Cancel();
        }
    }

    private async Task<int> RunServersAsync()
    {
        _screen.Say("demo: starting Postgres and Kafka");
        Task<PostgresServer> starting = PostgresServer.CreateAsync();
        await using Broker broker = await StartBrokerAsync(starting).ConfigureAwait(false);
        await using PostgresServer postgres = await starting.ConfigureAwait(false);
        await postgres.ExecuteAsync(Shop.Role).ConfigureAwait(false);
        await postgres.ExecuteAsync($"create database {Shop.Database} owner {Shop.Owner}").ConfigureAwait(false);
        await postgres.ExecuteAsync(Shop.Schema, Shop.Database).ConfigureAwait(false);
        await postgres.ExecuteAsync(Shop.Seed, Shop.Database).ConfigureAwait(false);
        _end.Token.ThrowIfCancellationRequested();
        _screen.Say(string.Create(CultureInfo.InvariantCulture, $"demo: Postgres on 127.0.0.1:{postgres.Port}, {broker.Description}; postgres-to-kafka starts"));
        await using PipelineProcess pipeline = PipelineProcess.Start(Environment(postgres, broker));
        string bootstrap = await broker.BootstrapAsync(pipeline, _end.Token).ConfigureAwait(false);
        using TopicReader reader = Broker.Read(bootstrap);
        await WaitForSlotAsync(postgres, pipeline).ConfigureAwait(false);
        await using Copy? copy = options.Both ? await Copy.StartAsync(postgres, bootstrap).ConfigureAwait(false) : null;
        return await ShopAsync(postgres, pipeline, reader, copy).ConfigureAwait(false);
    }

    private async Task<Broker> StartBrokerAsync(Task<PostgresServer> postgres)
    {
        try
        {
            return await Broker.StartAsync(options.Embedded, _screen).ConfigureAwait(false);
        }
        catch
        {
            await (await postgres.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static Dictionary<string, string> Environment(PostgresServer postgres, Broker broker) => new()
    {
        ["DATABASE_URL"] = postgres.Url(Shop.Database, Shop.Owner),
        ["KAFKA_URL"] = broker.Url,
        ["PENSTOCK_NAME"] = Shop.Database,
        ["PENSTOCK_TABLE_INCLUDE_LIST"] = string.Join(',', Shop.Tables.Select(table => $"public.{table.Name}")),
        // Numbers as Postgres prints them, which a reader of the events can compare without decoding.
        ["PENSTOCK_DECIMAL_HANDLING_MODE"] = "string",
    };

    // What commits after the slot has its starting point arrives as an event of the stream, what committed before with the snapshot: with the shop opening in between,
    // a row born and deleted before the snapshot, which no event can tell of, does not exist.
    private async Task WaitForSlotAsync(PostgresServer postgres, PipelineProcess pipeline)
    {
        long start = Stopwatch.GetTimestamp();
        while (await postgres.ScalarAsync<long>("select count(*) from pg_replication_slots where confirmed_flush_lsn is not null").ConfigureAwait(false) == 0)
        {
            if (pipeline.HasExited || Stopwatch.GetElapsedTime(start) > SlotLimit)
            {
                string what = pipeline.HasExited ? string.Create(CultureInfo.InvariantCulture, $"ended with {pipeline.ExitCode}") : "made no replication slot within 30 s";
                throw new ServerException($"postgres-to-kafka {what}:\n{pipeline.LastLines()}");
            }
            await Task.Delay(50, _end.Token).ConfigureAwait(false);
        }
    }

    private async Task<int> ShopAsync(PostgresServer postgres, PipelineProcess pipeline, TopicReader reader, Copy? copy)
    {
        string connection = postgres.ConnectionString(Shop.Database, Shop.Owner);
        Workload workload = new(connection, options.RowsPerSecond);
        if (options.Seconds is { } seconds)
        {
            _end.CancelAfter(TimeSpan.FromSeconds(seconds));
        }
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        Task shopping = workload.RunAsync(stop.Token);
        Audience audience = new(reader, _screen, workload, pipeline, copy);
        try
        {
            await audience.WatchAsync(shopping).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await shopping.ConfigureAwait(false);
        }
        long committed = await postgres.ScalarAsync<long>("select count(*) from journal.changes", Shop.Database).ConfigureAwait(false);
        audience.CatchUp(committed);
        CopyVerdict? copied = copy is null ? null : await CopyVerdict.ReachAsync(copy, audience.Records, connection, StopLimit).ConfigureAwait(false);
        Comparison comparison = await Comparison.MakeAsync(connection, audience.Fold).ConfigureAwait(false);
        int code = pipeline.HasExited ? pipeline.ExitCode : await pipeline.StopAsync(StopLimit).ConfigureAwait(false);
        code = new Verdict(comparison, audience.Fold, pipeline, code).Tell(_screen);
        return Math.Max(code, copied?.Tell(_screen) ?? 0);
    }
}
