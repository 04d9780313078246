using System.Text.Json;
using Npgsql;
using Penstock.DebeziumTests.Golden;
using Penstock.Servers;

namespace Penstock.EndToEnd.Golden;

/// <summary>A case cannot be tried here; the message says why.</summary>
internal sealed class CaseSkippedException(string message) : Exception(message);

/// <summary>One case from <c>setup.sql</c> to the topics: a database of its own, the real program, the real brokers.</summary>
internal sealed class CaseRun(PipelineScene scene, DatabaseCase golden) : IAsyncDisposable
{
    // What the program ends with when it refuses its settings.
    private const int SettingsExitCode = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private PipelineProcess? _process;

    // As in the corpus: it stands in source.db. One case at a time has it.
    private string Database => golden.Options["database.dbname"];

    // Topics of one case are told from those of another by the prefix that the program puts before every name.
    private string TopicPrefix { get; } = $"{golden.Name}-{Guid.NewGuid():N}.";

    /// <summary>Runs it and returns the differences, one line each.</summary>
    public async Task<List<string>> CompareAsync()
    {
        if (golden.ConnectorFails)
        {
            throw new CaseSkippedException("the connector fails in this case, there is nothing to compare with");
        }

        await PrepareAsync().ConfigureAwait(false);
        await StartAsync().ConfigureAwait(false);
        if (!golden.SnapshotOnly)
        {
            await using var steps = new CaseSteps(scene.Postgres.ConnectionString(Database), DirectAsync);
            await steps.RunAsync(golden.Steps).ConfigureAwait(false);
            await StopAsync().ConfigureAwait(false);
        }

        return Compare(golden.Expected(), Records());
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync().ConfigureAwait(false);
        }

        await DropAsync().ConfigureAwait(false);
    }

    private async Task PrepareAsync()
    {
        await DropAsync().ConfigureAwait(false);
        await scene.Postgres.ExecuteAsync($"CREATE DATABASE {Database}").ConfigureAwait(false);
        try
        {
            await scene.Postgres.ExecuteAsync(golden.Setup, Database).ConfigureAwait(false);
        }
        catch (PostgresException missing) when (missing.SqlState is PostgresErrorCodes.FeatureNotSupported or PostgresErrorCodes.UndefinedFile)
        {
            throw new CaseSkippedException($"this server cannot: {missing.MessageText}");
        }
    }

    private async Task DropAsync()
    {
        NpgsqlConnection.ClearAllPools();
        // A walsender outlives its killed client by a moment, and holds the slot.
        for (int attempt = 0; attempt < 50; attempt++)
        {
            await scene.Postgres.ExecuteAsync(
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active; SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active").ConfigureAwait(false);
            if (await scene.Postgres.ScalarAsync<long>("SELECT count(*) FROM pg_replication_slots").ConfigureAwait(false) == 0)
            {
                break;
            }

            await Task.Delay(50).ConfigureAwait(false);
        }

        await scene.Postgres.ExecuteAsync($"DROP DATABASE IF EXISTS {Database} WITH (FORCE)").ConfigureAwait(false);
    }

    private async Task StartAsync()
    {
        var environment = golden.Environment();
        environment["DATABASE_URL"] = scene.Postgres.Url(Database);
        environment["KAFKA_URL"] = scene.Kafka.Bootstrap;
        environment["KAFKA_PREFIX"] = TopicPrefix;
        environment["PENSTOCK_STATUS_UPDATE_INTERVAL_MS"] = "100";
        _process = PipelineProcess.Start(environment);
        if (golden.SnapshotOnly)
        {
            await _process.WaitForExitAsync(Limit).ConfigureAwait(false);
        }
        else
        {
            try
            {
                await _process.WaitForLineAsync("msg=\"?streaming", Limit).ConfigureAwait(false);
                return;
            }
            catch (ServerException) when (_process.HasExited && _process.ExitCode == SettingsExitCode)
            {
                // Refused settings: looked at below.
            }
        }

        if (_process.ExitCode == SettingsExitCode)
        {
            throw new CaseSkippedException($"not built: {string.Join("; ", _process.ErrorLines.Skip(1).Select(line => line.Trim()).Where(line => line.Length > 0))}");
        }

        Assert.True(_process.ExitCode == 0, _process.LastLines());
    }

    private async Task DirectAsync(string directive)
    {
        switch (directive)
        {
            case "idle" or "commit-offsets":
                await ConfirmAsync().ConfigureAwait(false);
                break;
            case "stop":
                await StopAsync().ConfigureAwait(false);
                break;
            case "start":
                await StartAsync().ConfigureAwait(false);
                break;
            default:
                throw new CaseSkippedException($"the directive @{directive} is not known");
        }
    }

    private async Task StopAsync()
    {
        if (_process is null)
        {
            return;
        }

        await ConfirmAsync().ConfigureAwait(false);
        int exitCode = await _process.StopAsync(Limit).ConfigureAwait(false);
        Assert.True(exitCode == 0, $"ended with {exitCode}:\n{_process.LastLines()}");
        await _process.DisposeAsync().ConfigureAwait(false);
        _process = null;
    }

    /// <summary>Waits until the slot has confirmed what is in the write-ahead log now: all of it is in Kafka then.</summary>
    private async Task ConfirmAsync()
    {
        string head = await scene.Postgres.ScalarAsync<string>("SELECT pg_current_wal_insert_lsn()::text", Database).ConfigureAwait(false) ?? throw new ServerException("no LSN");
        for (var until = DateTime.UtcNow + Limit; ; await Task.Delay(50).ConfigureAwait(false))
        {
            if (await scene.Postgres.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{head}' FROM pg_replication_slots WHERE slot_name = '{golden.SlotName}'").ConfigureAwait(false))
            {
                return;
            }

            Assert.False(_process!.HasExited, $"the pipeline ended:\n{_process.LastLines()}");
            Assert.True(DateTime.UtcNow < until, $"the slot did not come to {head} in {Limit.TotalSeconds} s:\n{_process.LastLines()}");
        }
    }

    private ILookup<string, GoldenRecord> Records()
    {
        using var reader = new TopicReader(scene.Kafka.ClientSettings(), topic => topic.StartsWith(TopicPrefix, StringComparison.Ordinal));
        return reader.ReadToEnd(Limit)
            .OrderBy(record => record.Offset)
            .Select(record => new GoldenRecord(
                record.Topic[TopicPrefix.Length..],
                DatabaseCase.Mask(record.KeyText),
                DatabaseCase.Mask(record.ValueText),
                GoldenCase.HeaderText(record.Headers.Select(header => (header.Key, header.Value is null ? null : System.Text.Encoding.UTF8.GetString(header.Value)))),
                Partition: null))
            .ToLookup(record => record.Topic, StringComparer.Ordinal);
    }

    private List<string> Compare(ILookup<string, GoldenRecord> expected, ILookup<string, GoldenRecord> got)
    {
        var differences = new List<string>();
        foreach (string topic in expected.Select(group => group.Key).Union(got.Select(group => group.Key)).Order(StringComparer.Ordinal))
        {
            List<GoldenRecord> left = [.. expected[topic]];
            List<GoldenRecord> right = [.. got[topic]];
            if (golden.HasHeartbeats && left.Concat(right).All(record => record.Key?.StartsWith("{\"serverName\":", StringComparison.Ordinal) == true))
            {
                // One of each is compared if both have any.
                left = [.. left.Take(1)];
                right = [.. right.Take(1)];
            }

            if (golden.IsComparedByKey)
            {
                left = LastValues(left);
                right = LastValues(right);
            }

            differences.AddRange(GoldenComparison.Compare(topic, left, right));
        }

        return differences;
    }

    // The row of the last event of each key, whichever operation brought it; rows that mark chunks are as many as there were chunks.
    private static List<GoldenRecord> LastValues(IEnumerable<GoldenRecord> records) =>
    [
        .. records.Where(record => record.Key?.Contains("<chunk>", StringComparison.Ordinal) != true)
            .GroupBy(record => record.Key)
            .Select(group => group.Last())
            .OrderBy(record => record.Key, StringComparer.Ordinal)
            .Select(record => record with { Value = record.Value is null ? null : JsonDocument.Parse(record.Value).RootElement.GetProperty("after").GetRawText(), Headers = "" }),
    ];
}
