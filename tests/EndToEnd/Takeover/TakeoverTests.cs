using Confluent.Kafka;
using Penstock.Servers;

namespace Penstock.EndToEnd.Takeover;

/// <summary>From a real Debezium to this pipeline, on the same slot, while rows are written: none is missing.</summary>
public sealed class TakeoverTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan WorkerStopLimit = TimeSpan.FromSeconds(40);

    [DebeziumFact]
    public async Task Debezium_is_stopped_and_the_pipeline_goes_on_with_its_slot_without_a_gap()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE other (id int); INSERT INTO a SELECT g, 'snapshot' FROM generate_series(1, 50) g", 3, "public.a");
        pipeline.With("PENSTOCK_SLOT_NAME", "debezium_" + pipeline.Name).With("PENSTOCK_PUBLICATION_NAME", "dbz_publication");
        using var worker = Worker(pipeline);
        await using (var debezium = worker.Start())
        {
            Assert.Equal(50, pipeline.Read(50).Count);
            await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'debezium' FROM generate_series(51, 150) g");
            await pipeline.ExecuteAsync("UPDATE a SET v = 'changed' WHERE id <= 10");
            Assert.Equal(160, pipeline.Read(160).Count);

            // While it reads, nothing is done, whatever is confirmed.
            for (var until = DateTime.UtcNow.AddSeconds(20); !File.Exists(worker.OffsetFile); await Task.Delay(50))
            {
                Assert.True(DateTime.UtcNow < until, "no offset is stored");
            }

            var (busy, refusal) = await TakeOverAsync(pipeline, worker, "--confirm", pipeline.Name);
            Assert.True(busy == 3 && refusal.Contains("is read by process", StringComparison.Ordinal), refusal);
            await debezium.StopAsync(WorkerStopLimit);
        }

        await UntilReleasedAsync(pipeline);
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'nobody' FROM generate_series(151, 200) g; INSERT INTO other SELECT generate_series(1, 1000)");

        var (code, said) = await TakeOverAsync(pipeline, worker);
        Assert.True(code == 0, said);
        Assert.Contains("read by nobody", said, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", said, StringComparison.Ordinal);
        Assert.False(await pipeline.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'penstock')"));

        (code, said) = await TakeOverAsync(pipeline, worker, "--confirm", "other");
        Assert.Equal(2, code);
        (code, said) = await TakeOverAsync(pipeline, worker, "--confirm", pipeline.Name);
        Assert.True(code == 0, said);
        (code, said) = await TakeOverAsync(pipeline, worker, "--confirm", pipeline.Name);
        Assert.Equal((0, true), (code, said.Contains("there is nothing to do", StringComparison.Ordinal)));

        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO a SELECT g, 'pipeline' FROM generate_series(201, 250) g");
        await WaitUntilSlotConfirmsAsync(pipeline);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.DoesNotContain(process.Lines, line => line.Contains("snapshot begins", StringComparison.Ordinal) || line.Contains("gap:", StringComparison.Ordinal));

        var events = pipeline.ReadToEnd();
        var keys = events.Select(record => record.KeyText!).Distinct().ToHashSet();
        Assert.Equal(Enumerable.Range(1, 250).Where(id => !keys.Contains($"{{\"id\":{id}}}")), []);
        // What came twice is the same change, and nothing of the table was read anew.
        Assert.Equal(50, events.Count(record => record.Operation() == "r"));
        Assert.Equal(10, events.Where(record => record.Operation() == "u").Select(record => record.KeyText).Distinct().Count());
    }

    [KafkaFact]
    public async Task Offsets_in_Connects_topic_are_read_the_last_of_a_key_counts_and_what_would_lose_rows_is_refused()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE PUBLICATION dbz_publication FOR ALL TABLES", 1, "public.a");
        pipeline.With("PENSTOCK_SLOT_NAME", "debezium_" + pipeline.Name).With("PENSTOCK_PUBLICATION_NAME", "dbz_publication");
        var (code, said) = await pipeline.RunToEndAsync("takeover", "--from-debezium");
        Assert.Equal((3, true), (code, said.Contains("there is no topic 'connect-offsets'", StringComparison.Ordinal) && said.Contains("with --offset-topic, or the file", StringComparison.Ordinal)));
        string topic = $"offsets-{pipeline.Name}";
        await fixture.Scene.Kafka.CreateTopicAsync(topic, 5);
        await pipeline.ScalarAsync<string>($"SELECT lsn::text FROM pg_create_logical_replication_slot('debezium_{pipeline.Name}', 'pgoutput')");
        long confirmed = await pipeline.ScalarAsync<long>($"SELECT (confirmed_flush_lsn - '0/0')::bigint FROM pg_replication_slots WHERE slot_name = 'debezium_{pipeline.Name}'");
        string key = $"[\"inventory\",{{\"server\":\"{pipeline.Name}\"}}]";

        async Task ExpectAsync(int exitCode, string part, string value, params string[] more)
        {
            await ProduceAsync(topic, key, value);
            var (ended, text) = await pipeline.RunToEndAsync(["takeover", "--from-debezium", "--offset-topic", topic, .. more]);
            Assert.True(ended == exitCode && text.Contains(part, StringComparison.Ordinal), $"{ended}: {text}");
        }

        await ProduceAsync(topic, "[\"files\",{\"filename\":\"x\"}]", "{\"position\":1}");
        await ProduceAsync(topic, "[\"stranger\",{\"server\":\"elsewhere\"}]", "{\"lsn\":1}");
        await ExpectAsync(3, "has not come to the end of its snapshot (INITIAL)", $"{{\"lsn\":{confirmed},\"snapshot\":\"INITIAL\",\"snapshot_completed\":false}}");
        await ExpectAsync(3, "incremental snapshot", $"{{\"lsn\":{confirmed},\"snapshot\":\"INCREMENTAL\",\"incremental_snapshot_collections\":\"[{{\\\"id\\\":1}}]\"}}");
        await ExpectAsync(3, "beyond the end of the server's write-ahead log", $"{{\"lsn\":{confirmed + 1_000_000_000_000}}}");
        await ExpectAsync(3, "may be missing from the topics", $"{{\"lsn\":{confirmed - 8},\"lsn_proc\":{confirmed - 8},\"lsn_commit\":{confirmed - 8}}}");
        await ExpectAsync(3, "connector \"stranger\" has topic.prefix \"elsewhere\"", "{}", "--connector", "stranger");
        await ExpectAsync(3, "There are: connector \"inventory\"", "{}", "--connector", "nobody");
        await ExpectAsync(3, "was deleted", "");
        await ExpectAsync(0, "Nothing was changed", $"{{\"lsn\":{confirmed},\"lsn_proc\":{confirmed},\"txId\":7}}");
        await ExpectAsync(0, "penstock.pipeline says now", $"{{\"lsn\":{confirmed}}}", "--confirm", pipeline.Name);

        // The connector comes back all the same and moves the slot: that is seen when the pipeline starts.
        await pipeline.ExecuteAsync("INSERT INTO a VALUES (1, 'moved over')");
        await pipeline.ExecuteAsync($"SELECT pg_replication_slot_advance('debezium_{pipeline.Name}', pg_current_wal_lsn())");
        (code, said) = await pipeline.RunToEndAsync("run");
        Assert.Equal((3, true), (code, said.Contains("moved by somebody else", StringComparison.Ordinal)));
    }

    private static ConnectWorker Worker(TestPipeline pipeline) => new(
        DebeziumHome.Find(out _)!,
        pipeline.Settings["KAFKA_URL"],
        new Dictionary<string, string>(ConnectWorker.PostgresConnector(pipeline.ConnectionString))
        {
            ["name"] = "inventory",
            ["topic.prefix"] = pipeline.Name,
            ["slot.name"] = pipeline.Settings["PENSTOCK_SLOT_NAME"],
            ["table.include.list"] = "public.a",
            ["poll.interval.ms"] = "20",
            ["status.update.interval.ms"] = "200",
        },
        new Dictionary<string, string> { ["offset.flush.interval.ms"] = "500" },
        ["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);

    private static Task<(int ExitCode, string Output)> TakeOverAsync(TestPipeline pipeline, ConnectWorker worker, params string[] more) =>
        pipeline.RunToEndAsync(["takeover", "--from-debezium", "--offset-file", worker.OffsetFile, .. more]);

    private static async Task UntilReleasedAsync(TestPipeline pipeline)
    {
        for (var until = DateTime.UtcNow.AddSeconds(20); await pipeline.ScalarAsync<bool>($"SELECT active FROM pg_replication_slots WHERE slot_name = '{pipeline.Settings["PENSTOCK_SLOT_NAME"]}'"); await Task.Delay(50))
        {
            Assert.True(DateTime.UtcNow < until, "the slot is still read after the worker's end");
        }
    }

    private static async Task WaitUntilSlotConfirmsAsync(TestPipeline pipeline)
    {
        string head = (await pipeline.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text"))!;
        for (var until = DateTime.UtcNow.AddSeconds(30); !await pipeline.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{head}' FROM pg_replication_slots WHERE slot_name = '{pipeline.Settings["PENSTOCK_SLOT_NAME"]}'"); await Task.Delay(50))
        {
            Assert.True(DateTime.UtcNow < until, $"{head} was not confirmed within 30 s");
        }
    }

    private async Task ProduceAsync(string topic, string key, string value)
    {
        using var producer = new ProducerBuilder<string, string?>(new ProducerConfig { BootstrapServers = fixture.Scene.Kafka.Bootstrap }).Build();
        await producer.ProduceAsync(topic, new Message<string, string?> { Key = key, Value = value.Length == 0 ? null : value });
    }
}
