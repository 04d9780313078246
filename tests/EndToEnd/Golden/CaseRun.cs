using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using Penstock.DebeziumTests.Golden;
using Penstock.Kafka.Partitioning;
using Penstock.Servers;

namespace Penstock.EndToEnd.Golden;

/// <summary>
/// One case from <c>setup.sql</c> to the topics: a database of its own, the real program, the real brokers. Two programs read the same write-ahead log, each from its own slot: one writes schemas, the other
/// does not.
/// </summary>
internal sealed class CaseRun(PostgresServer postgres, KafkaCluster kafka, GoldenCase golden)
{
    // As the corpus was captured: no record for so long means that none is to come.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(700);

    // As in the corpus: it stands in source.db. One case at a time has it.
    private string Database => golden.Options["database.dbname"];

    // A pipeline that writes to the database of its own accord would do it twice.
    private bool WritesToSource => golden.Options.ContainsKey("signal.data.collection") || golden.Options.ContainsKey("heartbeat.action.query");

    /// <summary>Runs it and returns the differences, one line each.</summary>
    /// <exception cref="CaseNotRunException">The server, or the program, lacks what the case needs.</exception>
    public async Task<List<string>> CompareAsync()
    {
        await using var plain = new CasePipeline(postgres, kafka, golden, schemas: false);
        await using var withSchemas = new CasePipeline(postgres, kafka, golden, schemas: true);
        if (WritesToSource)
        {
            return [.. await RunAsync([plain]).ConfigureAwait(false), .. await RunAsync([withSchemas]).ConfigureAwait(false)];
        }

        return await RunAsync([plain, withSchemas]).ConfigureAwait(false);
    }

    private async Task<List<string>> RunAsync(IReadOnlyList<CasePipeline> pipelines)
    {
        try
        {
            await DropAsync().ConfigureAwait(false);
            await CaseDatabase.CreateAsync(postgres, Database, golden.Folder).ConfigureAwait(false);
            await CreateTopicsAsync(pipelines).ConfigureAwait(false);
            await StartAsync(pipelines).ConfigureAwait(false);
            IReadOnlyList<string> failures = golden.IsSnapshotOnly ? [] : await StepAsync(pipelines).ConfigureAwait(false);
            var differences = pipelines.SelectMany(Compare).ToList();
            return differences.Count > 0 ? [.. differences, .. failures] : differences;
        }
        finally
        {
            foreach (var pipeline in pipelines)
            {
                await pipeline.DisposeAsync().ConfigureAwait(false);
            }

            await DropAsync().ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<string>> StepAsync(IReadOnlyList<CasePipeline> pipelines)
    {
        await using var steps = new CaseSteps(postgres.ConnectionString(Database), directive => directive switch
        {
            "stop" => StopAsync(pipelines),
            "start" => StartAsync(pipelines),
            _ => Task.WhenAll(pipelines.Select(pipeline => pipeline.ConfirmAsync())),
        });
        await steps.RunAsync(CaseSql.Read(Path.Combine(golden.Folder, "steps.sql"))).ConfigureAwait(false);
        await StopAsync(pipelines).ConfigureAwait(false);
        return steps.Failures;
    }

    private async Task StartAsync(IReadOnlyList<CasePipeline> pipelines)
    {
        // What the program makes at its start, publication and replica identities, it makes once: the others come after.
        bool isMade = !golden.Options.ContainsKey("replica.identity.autoset.values")
            && await postgres.ScalarAsync<long>($"SELECT count(*) FROM pg_publication WHERE pubname = '{golden.Options["publication.name"]}'", Database).ConfigureAwait(false) > 0;
        if (isMade)
        {
            await Task.WhenAll(pipelines.Select(pipeline => pipeline.StartAsync())).ConfigureAwait(false);
            return;
        }

        foreach (var pipeline in pipelines)
        {
            await pipeline.StartAsync().ConfigureAwait(false);
        }
    }

    private async Task StopAsync(IReadOnlyList<CasePipeline> pipelines)
    {
        string? before = null;
        for (string? head = ""; head != before;)
        {
            before = head;
            await Task.WhenAll(pipelines.Select(pipeline => pipeline.ConfirmAsync())).ConfigureAwait(false);
            if (!WritesToSource || golden.HasHeartbeats)
            {
                break;
            }

            // What the program writes itself, it also reads: it is done when the log has stopped growing.
            await Task.Delay(Quiet).ConfigureAwait(false);
            head = await postgres.ScalarAsync<string>("SELECT pg_current_wal_insert_lsn()::text", Database).ConfigureAwait(false);
        }

        await Task.WhenAll(pipelines.Select(pipeline => pipeline.StopAsync())).ConfigureAwait(false);
    }

    // A partition that a transform chooses must exist; other topics come into being with one when they are first written to.
    private async Task CreateTopicsAsync(IReadOnlyList<CasePipeline> pipelines)
    {
        foreach (var (topic, partitions) in Partitions().Where(topic => topic.Value > 1))
        {
            foreach (var pipeline in pipelines)
            {
                await kafka.CreateTopicAsync(pipeline.TopicPrefix + topic, partitions).ConfigureAwait(false);
            }
        }
    }

    /// <summary>How many partitions each topic needs: as many as the transform was told, or as the highest that a record names.</summary>
    private Dictionary<string, int> Partitions()
    {
        int told = golden.Options.Where(option => option.Key.EndsWith(".partition.topic.num", StringComparison.Ordinal))
            .Select(option => int.TryParse(option.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 1)
            .Append(1)
            .Max();
        return golden.Expected.GroupBy(record => record.Topic).ToDictionary(topic => topic.Key, topic => topic.Max(record => record.Partition is { } named ? Math.Max(named + 1, told) : 1));
    }

    private List<string> Compare(CasePipeline pipeline)
    {
        var partitions = Partitions();
        var masks = new GoldenMasks(golden.Options);
        var left = (pipeline.Schemas ? golden.ExpectedWithSchemas : golden.Expected).Select(record => masks.Mask(record with { Partition = PartitionOf(record, partitions[record.Topic]), TimestampMs = null })).ToList();
        var right = pipeline.Records().ConvertAll(masks.Mask);
        bool inPlaces = left.Count == right.Count && !golden.IsComparedByKey;
        var expected = left.Select(new PositionMasks(golden.Options, left, inPlaces).Mask).ToLookup(Place);
        var got = right.Select(new PositionMasks(golden.Options, right, inPlaces).Mask).ToLookup(Place);
        var differences = new List<string>();
        foreach (string place in expected.Select(group => group.Key).Union(got.Select(group => group.Key)).Order(StringComparer.Ordinal))
        {
            differences.AddRange(GoldenComparison.Compare(pipeline.Schemas ? "schemas on" : "schemas off", Timeless(expected[place], got[place]), Timeless(got[place], expected[place])));
        }

        if (golden.Failure is not null && pipeline.Failure is null)
        {
            differences.Add($"Debezium's connector fails here ({golden.Failure}), this pipeline goes on");
        }
        else if (golden.Failure is null && pipeline.Failure is not null)
        {
            differences.Insert(0, pipeline.Failure);
        }

        return differences;
    }

    /// <summary>What of one side of a topic can be compared with the other where number and order of records depend on time.</summary>
    private IEnumerable<GoldenRecord> Timeless(IEnumerable<GoldenRecord> records, IEnumerable<GoldenRecord> others)
    {
        if (golden.IsComparedByKey)
        {
            return LastValues(records);
        }

        // Heartbeats come by the clock (mask 5): one of each is compared if both have any.
        bool isHeartbeat = golden.HasHeartbeats && records.Concat(others).All(record => record.Key?.Contains("\"serverName\":", StringComparison.Ordinal) == true);
        return isHeartbeat ? records.Take(1) : records;
    }

    // The row of the last event of each key, whichever operation brought it; rows that mark chunks are as many as there were chunks.
    private static IEnumerable<GoldenRecord> LastValues(IEnumerable<GoldenRecord> records) => records
        .Where(record => record.Key?.Contains("<chunk>", StringComparison.Ordinal) != true)
        .GroupBy(record => record.Key)
        .Select(group => group.Last())
        .OrderBy(record => record.Key, StringComparer.Ordinal)
        .Select(record => record with { Value = record.Value is null ? null : After(record.Value), Headers = "" });

    private static string After(string value)
    {
        using var document = JsonDocument.Parse(value);
        var envelope = document.RootElement.TryGetProperty("payload", out var payload) ? payload : document.RootElement;
        return envelope.GetProperty("after").GetRawText();
    }

    // A topic's order is that of each partition.
    private static string Place(GoldenRecord record) => string.Create(CultureInfo.InvariantCulture, $"{record.Topic} {record.Partition:D6}");

    // Where nothing else is said, the partitioner of Kafka's Java client decides; a record without a key could be anywhere.
    private static int PartitionOf(GoldenRecord record, int partitions) =>
        record.Partition ?? (partitions == 1 || record.Key is null ? 0 : (Murmur2.Hash(Encoding.UTF8.GetBytes(record.Key)) & int.MaxValue) % partitions);

    private async Task DropAsync()
    {
        NpgsqlConnection.ClearAllPools();
        // A walsender outlives its killed client by a moment, and holds the slot.
        for (int attempt = 0; attempt < 100; attempt++)
        {
            await postgres.ExecuteAsync(
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active; SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active").ConfigureAwait(false);
            if (await postgres.ScalarAsync<long>("SELECT count(*) FROM pg_replication_slots").ConfigureAwait(false) == 0)
            {
                break;
            }

            await Task.Delay(20).ConfigureAwait(false);
        }

        await CaseDatabase.DropAsync(postgres, Database).ConfigureAwait(false);
    }
}
