using System.Text;
using Penstock.DebeziumTests.Golden;
using Penstock.Servers;

namespace Penstock.EndToEnd.Golden;

/// <summary>The real program for one case, on a slot and with topics of its own.</summary>
internal sealed class CasePipeline : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly PostgresServer _postgres;
    private readonly KafkaCluster _kafka;
    private readonly string _database;
    private readonly string _slotName;
    private readonly bool _isSnapshotOnly;
    private readonly Dictionary<string, string> _environment;
    private PipelineProcess? _process;

    /// <exception cref="CaseNotRunException">An option that is unknown, refused or wrong.</exception>
    public CasePipeline(PostgresServer postgres, KafkaCluster kafka, GoldenCase golden, bool schemas)
    {
        _postgres = postgres;
        _kafka = kafka;
        _database = golden.Options["database.dbname"];
        _slotName = golden.Options["slot.name"] + (schemas ? "_schemas" : "");
        _isSnapshotOnly = golden.IsSnapshotOnly;
        Schemas = schemas;
        _environment = CaseSettings.ForPipeline(golden.Options, schemas, new Dictionary<string, string>
        {
            ["DATABASE_URL"] = postgres.Url(_database),
            ["KAFKA_URL"] = kafka.Bootstrap,
            // Topics of one case are told from those of another by the prefix that the program puts before every name.
            ["KAFKA_PREFIX"] = TopicPrefix,
            ["PENSTOCK_SLOT_NAME"] = _slotName,
            ["PENSTOCK_STATUS_UPDATE_INTERVAL_MS"] = "100",
            // The two pipelines of a case have one name, and what is kept is kept by name.
            ["PENSTOCK_STATE"] = "none",
        });
    }

    public bool Schemas { get; }

    /// <summary>Stands before the names of this run's topics.</summary>
    public string TopicPrefix { get; } = $"golden-{Guid.NewGuid():N}.";

    /// <summary>Why it ended before it was asked to; null if it did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Starts it and returns when it streams, or has ended.</summary>
    public async Task StartAsync()
    {
        _process = PipelineProcess.Start(_environment);
        if (_isSnapshotOnly)
        {
            await _process.WaitForExitAsync(Limit).ConfigureAwait(false);
            NoteEnd();
            return;
        }

        try
        {
            await _process.WaitForLineAsync("msg=\"?streaming", Limit).ConfigureAwait(false);
        }
        catch (ServerException) when (_process.HasExited)
        {
            NoteEnd();
        }
    }

    /// <summary>Waits until the slot has confirmed what is in the write-ahead log now: all of it is in Kafka then. Returns at once where the program has ended.</summary>
    public async Task ConfirmAsync()
    {
        string head = await _postgres.ScalarAsync<string>("SELECT pg_current_wal_insert_lsn()::text", _database).ConfigureAwait(false) ?? throw new ServerException("no LSN");
        for (var until = DateTime.UtcNow + Limit; _process is { HasExited: false }; await Task.Delay(20).ConfigureAwait(false))
        {
            if (await _postgres.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{head}' FROM pg_replication_slots WHERE slot_name = '{_slotName}'").ConfigureAwait(false))
            {
                return;
            }

            if (DateTime.UtcNow > until)
            {
                throw new ServerException($"slot {_slotName} did not come to {head} in {Limit.TotalSeconds} s:\n{_process.LastLines()}");
            }
        }

        NoteEnd();
    }

    /// <summary>Ends it in order, if it still runs.</summary>
    public async Task StopAsync()
    {
        if (_process is null)
        {
            return;
        }

        await _process.StopAsync(Limit).ConfigureAwait(false);
        NoteEnd();
        await _process.DisposeAsync().ConfigureAwait(false);
        _process = null;
    }

    /// <summary>What stands in its topics, their prefix taken off; each topic's records in their order.</summary>
    public List<GoldenRecord> Records()
    {
        using var reader = new TopicReader(_kafka.ClientSettings(), topic => topic.StartsWith(TopicPrefix, StringComparison.Ordinal));
        return [.. reader.ReadToEnd(Limit)
            .OrderBy(record => record.Offset)
            .Select(record => new GoldenRecord(
                record.Topic[TopicPrefix.Length..],
                record.KeyText,
                record.ValueText,
                GoldenCase.HeaderText(record.Headers.Select(header => (header.Key, header.Value is null ? null : Encoding.UTF8.GetString(header.Value)))),
                record.Partition))];
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync().ConfigureAwait(false);
            _process = null;
        }
    }

    private void NoteEnd()
    {
        if (_process is { HasExited: true, ExitCode: not 0 } ended)
        {
            string? why = ended.Lines.LastOrDefault(line => line.Contains("level=error", StringComparison.Ordinal));
            Failure ??= $"the pipeline ended with {ended.ExitCode}: {why ?? ended.LastLines(1)}";
        }
    }
}
