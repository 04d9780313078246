using Confluent.Kafka;
using Penstock.Servers;

namespace Penstock.EndToEnd.Sink;

/// <summary><c>PENSTOCK_APPLY=transaction</c>, with foreign keys in the target that are checked at once.</summary>
public sealed class TransactionTests(SceneFixture servers) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The events of a transaction arrive in the worst order: what refers first, then the transaction's end, then what is referred to.</summary>
    [KafkaTheory]
    [InlineData("table")]
    [InlineData("transaction")]
    public async Task A_row_waits_for_the_row_that_it_refers_to_only_in_transactions(string mode)
    {
        var scene = await CreateAsync(LedgerWorkload.Tables, "public.account", "public.entry");
        string copies = $"{scene.Source.Name}copy";
        string[] topics = [$"{copies}.public.entry", $"{copies}.transaction", $"{copies}.public.account"];
        foreach (string topic in topics)
        {
            await servers.Scene.Kafka.CreateTopicAsync(topic);
        }

        scene.Settings["PENSTOCK_APPLY"] = mode;
        scene.Settings["PENSTOCK_TOPICS"] = string.Join(',', mode == "table" ? topics.Where(topic => !topic.EndsWith("transaction", StringComparison.Ordinal)) : topics);
        await using (var source = await scene.Source.StartStreamingAsync())
        {
            await scene.Source.ExecuteAsync("INSERT INTO account VALUES (1, 0); INSERT INTO entry VALUES (1, 1, 0), (2, 1, 0)");
            await scene.Source.WaitUntilConfirmedAsync();
            await source.StopAsync(Patience);
        }

        await using var sink = scene.StartSink();
        Copy(scene.Source.Name, copies, topics[..2]);
        await sink.WaitForLineAsync("partition .*entry.* taken", Patience);
        if (mode == "table")
        {
            Assert.Equal(1, await sink.WaitForExitAsync(Patience));
            Assert.Contains("SQLSTATE 23503", sink.LastLines(), StringComparison.Ordinal);
            return;
        }

        await Task.Delay(2000);
        Assert.False(sink.HasExited);
        Assert.Equal(0, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM entry"));
        Copy(scene.Source.Name, copies, topics[2]);
        await scene.WaitUntilEqualAsync("entry", Patience);
        await scene.WaitUntilEqualAsync("account", Patience);
        Assert.Equal(0, await sink.StopAsync(Patience));
    }

    [KafkaFact]
    public async Task Killed_sinks_and_a_killed_source_leave_whole_transactions_each_once()
    {
        var scene = await CreateAsync(LedgerWorkload.Tables, 3, "public.account", "public.entry", "public.audit");
        scene.Settings["PENSTOCK_KAFKA_SESSION_TIMEOUT_MS"] = "6000";
        scene.Settings["PENSTOCK_KAFKA_GROUP_INSTANCE_ID"] = "one";
        using var ended = new CancellationTokenSource();
        var source = await scene.Source.StartStreamingAsync();
        var writing = LedgerWorkload.WriteAsync(scene.Source, 7, ended.Token);
        var looking = LookAtSumsAsync(scene, ended.Token);
        var random = new Random(8);
        for (int round = 0; round < 8; round++)
        {
            await using var sink = scene.StartSink();
            await sink.WaitForLineAsync("all partitions are taken", Patience);
            await Task.Delay(random.Next(100, 1500));
            if (round % 4 == 2)
            {
                await source.KillAsync();
                await source.DisposeAsync();
                source = await scene.Source.StartStreamingAsync();
            }

            await sink.KillAsync();
        }

        await using var last = scene.StartSink();
        await Task.Delay(1000);
        await ended.CancelAsync();
        int written = await writing;
        foreach (string table in new[] { "account", "entry", "audit" })
        {
            await scene.WaitUntilEqualAsync(table, Patience);
        }

        Assert.True(await looking > 10);
        Assert.Equal((long)written, await scene.TargetScalarAsync<long>("SELECT count(*) FROM audit"));
        Assert.Equal((long)written, await scene.TargetScalarAsync<long>("SELECT count(DISTINCT id) FROM audit"));
        Assert.Equal(0, await last.StopAsync(Patience));
        await source.StopAsync(Patience);
        await source.DisposeAsync();
    }

    [KafkaFact]
    public async Task Offsets_set_back_to_the_beginning_leave_the_tables_as_they_are()
    {
        var scene = await CreateAsync(LedgerWorkload.Tables, "public.account", "public.entry", "public.audit");
        await using var source = await scene.Source.StartStreamingAsync();
        using (var ended = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
        {
            await LedgerWorkload.WriteAsync(scene.Source, 3, ended.Token);
        }

        await using (var sink = scene.StartSink())
        {
            await scene.WaitUntilEqualAsync("audit", Patience);
            Assert.Equal(0, await sink.StopAsync(Patience));
        }

        await scene.ExecuteInTargetAsync("UPDATE penstock.sink_offsets SET next_offset = 0");
        await using var again = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO audit VALUES (-1, 0)");
        await scene.WaitUntilEqualAsync("audit", Patience);
        await scene.WaitUntilEqualAsync("entry", Patience);
        await again.WaitForLineAsync("applied before", Patience);
    }

    [KafkaFact]
    public async Task What_cannot_be_applied_is_put_aside_and_the_rest_of_its_transaction_is_applied()
    {
        var scene = await CreateAsync("CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int);", "public.a", "public.b");
        await scene.ExecuteInTargetAsync("ALTER TABLE b ADD CHECK (n <> 13)");
        scene.Settings["PENSTOCK_ON_ERROR"] = "dead-letter";
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO a SELECT i, i FROM generate_series(1, 20) i; INSERT INTO b SELECT i, i FROM generate_series(1, 20) i");
        await scene.WaitUntilEqualAsync("a", Patience);
        Assert.Equal(19, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM b"));
        Assert.Contains("\"n\":13", await scene.TargetScalarAsync<string>("SELECT convert_from(value, 'UTF8') FROM penstock.dead_letters"), StringComparison.Ordinal);
    }

    /// <summary>A transaction above a slab, of several partitions, with more bytes than may wait before partitions are held.</summary>
    [KafkaFact]
    public async Task A_large_transaction_is_applied_whole_and_a_larger_one_than_allowed_is_refused()
    {
        var scene = await CreateAsync("CREATE TABLE a (id int PRIMARY KEY, t text); CREATE TABLE b (id int PRIMARY KEY REFERENCES a, t text);", 2, "public.a", "public.b");
        scene.Settings["PENSTOCK_MAX_TRANSACTION_BYTES"] = "12000000";
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.Source.ExecuteAsync("INSERT INTO a SELECT i, repeat('x', 1000) FROM generate_series(1, 3000) i; INSERT INTO b SELECT i, repeat('y', 1000) FROM generate_series(1, 3000) i");
        await scene.Source.ExecuteAsync("UPDATE a SET t = 'z'; DELETE FROM b WHERE id % 3 = 0; DELETE FROM a WHERE id % 3 = 0");
        await scene.WaitUntilEqualAsync("a", Patience);
        await scene.WaitUntilEqualAsync("b", Patience);
        await scene.Source.ExecuteAsync("INSERT INTO a SELECT i, repeat('x', 1000) FROM generate_series(10001, 30000) i");
        Assert.Equal(3, await sink.WaitForExitAsync(Patience));
        Assert.Contains("PENSTOCK_MAX_TRANSACTION_BYTES", sink.LastLines(), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task Topics_that_waited_for_the_first_transaction_are_read_on_behind_it()
    {
        var scene = await CreateAsync("CREATE TABLE a (id int PRIMARY KEY, t text); CREATE TABLE b (id int PRIMARY KEY, t text);", 1, "public.a", "public.b");
        // Half of that is held when some of each topic has been read: the first transaction lacks rows of b, and a is in the midst of the second one, so a waits.
        scene.Settings["PENSTOCK_MAX_TRANSACTION_BYTES"] = "8000000";
        await using (var source = await scene.Source.StartStreamingAsync())
        {
            await scene.Source.ExecuteAsync("INSERT INTO a SELECT i, 'first' FROM generate_series(1, 10) i; INSERT INTO b SELECT i, repeat('y', 1000) FROM generate_series(1, 3000) i");
            await scene.Source.ExecuteAsync("INSERT INTO a SELECT i, repeat('x', 1000) FROM generate_series(11, 3010) i");
            await scene.Source.WaitUntilConfirmedAsync();
        }

        await using var sink = scene.StartSink();
        await scene.WaitUntilEqualAsync("b", Patience);
        await scene.WaitUntilEqualAsync("a", Patience);
    }

    [KafkaFact]
    public async Task A_group_goes_from_tables_to_transactions_where_its_topics_are_at_their_ends_and_only_there()
    {
        var scene = await CreateAsync(LedgerWorkload.Tables, "public.account", "public.entry", "public.audit");
        string topics = scene.Settings["PENSTOCK_TOPICS"];
        await using var source = await scene.Source.StartStreamingAsync();
        scene.Settings["PENSTOCK_APPLY"] = "table";
        scene.Settings["PENSTOCK_TOPICS"] = string.Join(',', scene.Source.Tables.Select(table => $"{scene.Source.Name}.{table}"));
        await scene.Source.ExecuteAsync("INSERT INTO account VALUES (1, 0); INSERT INTO audit VALUES (1, 1)");
        await using (var sink = scene.StartSink())
        {
            await scene.WaitUntilEqualAsync("account", Patience);
            await scene.WaitUntilEqualAsync("audit", Patience);
            Assert.Equal(0, await sink.StopAsync(Patience));
        }

        scene.Settings["PENSTOCK_APPLY"] = "transaction";
        scene.Settings["PENSTOCK_TOPICS"] = topics;
        await using (var sink = scene.StartSink())
        {
            await sink.WaitForLineAsync("all partitions are taken", Patience);
            await scene.Source.ExecuteAsync("INSERT INTO entry VALUES (1, 1, 0); INSERT INTO audit VALUES (2, 2)");
            await scene.WaitUntilEqualAsync("audit", Patience);
            Assert.Equal(0, await sink.StopAsync(Patience));
        }

        // Something is applied by table again, and something is left.
        await scene.Source.ExecuteAsync("INSERT INTO audit VALUES (3, 3)");
        scene.Settings["PENSTOCK_APPLY"] = "table";
        scene.Settings["PENSTOCK_TOPICS"] = $"{scene.Source.Name}.public.audit";
        await using (var sink = scene.StartSink())
        {
            await scene.WaitUntilEqualAsync("audit", Patience);
            Assert.Equal(0, await sink.StopAsync(Patience));
        }

        await scene.Source.ExecuteAsync("INSERT INTO account VALUES (2, 0); INSERT INTO audit VALUES (4, 4)");
        await scene.Source.WaitUntilConfirmedAsync();
        scene.Settings["PENSTOCK_APPLY"] = "transaction";
        scene.Settings["PENSTOCK_TOPICS"] = topics;
        await using var refused = scene.StartSink();
        Assert.Equal(3, await refused.WaitForExitAsync(Patience));
        Assert.Contains("was applied with PENSTOCK_APPLY=table", refused.LastLines(), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task Events_without_a_transaction_are_refused_with_what_to_set()
    {
        var scene = await CreateAsync("CREATE TABLE a (id int PRIMARY KEY);", "public.a");
        scene.Source.With("PENSTOCK_PROVIDE_TRANSACTION_METADATA", "false");
        await using var source = await scene.Source.StartStreamingAsync();
        await scene.Source.ExecuteAsync("INSERT INTO a VALUES (1)");
        await using var sink = scene.StartSink();
        Assert.Equal(3, await sink.WaitForExitAsync(Patience));
        Assert.Contains("PENSTOCK_PROVIDE_TRANSACTION_METADATA=true", sink.LastLines(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", sink.LastLines(), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_table_whose_topic_is_not_consumed_is_named()
    {
        var scene = await CreateAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);", "public.a", "public.b");
        scene.Settings["PENSTOCK_TOPICS"] = $"{scene.Source.Name}.public.a,{scene.Source.Name}.transaction";
        await using var source = await scene.Source.StartStreamingAsync();
        await scene.Source.ExecuteAsync("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)");
        await using var sink = scene.StartSink();
        Assert.Equal(3, await sink.WaitForExitAsync(Patience));
        Assert.Contains("changed public.b, and no topic that is consumed", sink.LastLines(), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_second_process_of_the_group_ends_with_what_to_do_and_the_first_goes_on()
    {
        var scene = await CreateAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);", 2, "public.a", "public.b");
        scene.Settings["PENSTOCK_KAFKA_SESSION_TIMEOUT_MS"] = "6000";
        await using var source = await scene.Source.StartStreamingAsync();
        await using var first = scene.StartSink();
        await first.WaitForLineAsync("all partitions are taken", Patience);
        await using var second = scene.StartSink();
        // One of them is the first whose patience is over.
        var ends = new[] { first, second }.Select(sink => sink.WaitForExitAsync(Patience)).ToList();
        var ended = await Task.WhenAny(ends);
        Assert.Equal(3, await ended);
        var (gone, left) = ended == ends[0] ? (first, second) : (second, first);
        Assert.Contains("read by another process of group", gone.LastLines(), StringComparison.Ordinal);
        await scene.Source.ExecuteAsync("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)");
        if (!left.HasExited)
        {
            await scene.WaitUntilEqualAsync("b", Patience);
        }

        await left.StopAsync(Patience);
        foreach (var end in ends)
        {
            await end;
        }
    }

    [KafkaFact]
    public async Task A_list_without_the_transaction_topic_is_a_wrong_setting()
    {
        var scene = await CreateAsync("CREATE TABLE a (id int PRIMARY KEY);", "public.a");
        scene.Settings["PENSTOCK_TOPICS"] = $"{scene.Source.Name}.public.a";
        await using var sink = scene.StartSink();
        Assert.Equal(2, await sink.WaitForExitAsync(Patience));
        Assert.Contains("PENSTOCK_TOPICS", sink.LastLines(), StringComparison.Ordinal);
    }

    private Task<CopyScene> CreateAsync(string tablesSql, params string[] tables) => CreateAsync(tablesSql, 1, tables);

    private async Task<CopyScene> CreateAsync(string tablesSql, int partitions, params string[] tables)
    {
        var scene = await CopyScene.CreateAsync(servers, tablesSql, partitions, tables);
        string topic = $"{scene.Source.Name}.transaction";
        await servers.Scene.Kafka.CreateTopicAsync(topic);
        scene.Source.With("PENSTOCK_PROVIDE_TRANSACTION_METADATA", "true");
        scene.Settings["PENSTOCK_APPLY"] = "transaction";
        scene.Settings["PENSTOCK_TOPICS"] += $",{topic}";
        return scene;
    }

    /// <summary>Reads the target again and again; gives how often.</summary>
    private static async Task<int> LookAtSumsAsync(CopyScene scene, CancellationToken stop)
    {
        int looks = 0;
        while (!stop.IsCancellationRequested)
        {
            Assert.Equal(0, await scene.TargetScalarAsync<long>(LedgerWorkload.SumSql));
            looks++;
            await Task.Delay(5, CancellationToken.None);
        }

        return looks;
    }

    private void Copy(string from, string to, params string[] topics)
    {
        using var reader = TopicReader.Of(servers.Scene.Kafka.Bootstrap, topics.Select(topic => from + topic[to.Length..]));
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = servers.Scene.Kafka.Bootstrap }).Build();
        foreach (var record in reader.ReadToEnd(Patience))
        {
            producer.Produce(to + record.Topic[from.Length..], new Message<byte[]?, byte[]?> { Key = record.Key, Value = record.Value });
        }

        producer.Flush(Patience);
    }
}
