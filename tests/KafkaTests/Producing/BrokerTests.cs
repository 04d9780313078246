using System.Text;
using Confluent.Kafka;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Producing;
using Penstock.Kafka.Topics;
using Penstock.Servers;

namespace Penstock.KafkaTests.Producing;

/// <summary>Against a real broker. Without one (no Java, no KAFKA_HOME) these tests are skipped and say so.</summary>
public sealed class BrokerTests
{
    private readonly RecordedLog _log = new();

    [RealKafkaTheory]
    [InlineData(ProducerKind.Native)]
    [InlineData(ProducerKind.Confluent)]
    public async Task Keys_nulls_headers_times_and_order_arrive_as_produced(ProducerKind kind)
    {
        await using var cluster = await KafkaCluster.CreateAsync(new KafkaClusterOptions { Partitions = 4 });
        var started = DateTimeOffset.UtcNow.AddMinutes(-1);
        var source = new BatchSource();
        using var connection = Open(cluster);
        using var rig = NewRig(connection, source, kind);
        var sent = new List<TestRecord>
        {
            new("made.on.first.use", "k1", "v1") { Headers = [("op", "c"), ("nothing", null), ("empty", "")], TimestampMs = 1_577_836_800_123 },
            new("made.on.first.use", "k1", null) { TimestampMs = 1 },
            new("made.on.first.use", null, "no key"),
            new("made.on.first.use", "", ""),
        };
        for (int i = 0; i < 500; i++)
        {
            sent.Add(new TestRecord("made.on.first.use", $"key{i % 37}", $"value {i} \u2603"));
        }

        foreach (var chunk in sent.Chunk(100))
        {
            rig.Produce(source.Next(chunk));
        }

        Assert.True(rig.Producer.Flush(TimeSpan.FromSeconds(30)));
        Assert.Equal(sent.Count, rig.Delivered.Sum(d => d.Records));
        var read = ReadAll(cluster.ClientSettings(), "made.on.first.use", sent.Count);
        Assert.Equal(4, rig.Partitions(source.Topics.Add("made.on.first.use")));
        foreach (var group in sent.GroupBy(r => r.Key))
        {
            var got = read.Where(r => Text(r.Key) == group.Key).ToList();
            Assert.Equal(group.Select(r => r.Value), got.Select(r => Text(r.Value)));
            Assert.Single(got.Select(r => r.Partition).Distinct());
        }

        Assert.Equal([1_577_836_800_123, 1], read.Where(r => Text(r.Key) == "k1").Select(r => r.Timestamp.ToUnixTimeMilliseconds()));
        Assert.All(read.Where(r => Text(r.Key) != "k1"), r => Assert.InRange(r.Timestamp, started, DateTimeOffset.UtcNow.AddMinutes(1)));

        // The reader does not tell a header without a value from one with an empty value.
        var headers = read.Single(r => r.Headers.Count > 0).Headers;
        Assert.Equal([("op", "c"), ("nothing", ""), ("empty", "")], headers.Select(h => (h.Key, Text(h.Value))));
        Assert.Equal(0, source.Pool.Outstanding);
    }

    [RealKafkaFact]
    public async Task A_missing_topic_is_named_with_the_command_that_creates_it_and_found_once_it_is_there()
    {
        await using var cluster = await KafkaCluster.CreateAsync(new KafkaClusterOptions { AutoCreateTopics = false });
        var source = new BatchSource();
        using var connection = Open(cluster, prefix: "team.");
        using var catalog = new TopicCatalog(connection, source.Topics, new TopicPolicy { GraceMs = 500 }, new ClientLog(_log));
        int topic = source.Topics.Add("shop.orders");
        var missing = Assert.Throws<TopicException>(() => catalog.Count(topic));
        Assert.Equal((TopicProblem.Missing, "team.shop.orders"), (missing.Problem, missing.Topic));
        Assert.Contains($"kafka-topics.sh --bootstrap-server {cluster.Bootstrap} --create --topic team.shop.orders", missing.Message, StringComparison.Ordinal);
        Assert.Equal(["team.a", "team.b"], catalog.Check(["a", "b"]).Select(p => p.Topic));

        using var patient = new TopicCatalog(connection, source.Topics, new TopicPolicy { GraceMs = 300, WaitForMissing = true }, new ClientLog(_log));
        var said = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        patient.Waiting = name => said.TrySetResult(name);
        var count = Task.Run(() => patient.Count(topic));
        Assert.Equal("team.shop.orders", await said.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        await cluster.CreateTopicAsync("team.shop.orders", 5);
        Assert.Equal(5, await count.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(patient.FindChanges());

        using var admin = new AdminClientBuilder(cluster.AdminSettings()).Build();
        await admin.CreatePartitionsAsync([new Confluent.Kafka.Admin.PartitionsSpecification { Topic = "team.shop.orders", IncreaseTo = 7 }]);
        Assert.True(SpinWait.SpinUntil(() => patient.FindChanges().Contains(new PartitionChange("team.shop.orders", 5, 7)), TimeSpan.FromSeconds(20)));
        Assert.Equal(5, patient.Count(topic));
    }

    [RealKafkaFact]
    public async Task Heroku_with_two_trusted_certificates_and_a_prefix_works_and_other_names_are_refused()
    {
        await using var cluster = await KafkaCluster.CreateAsync(new KafkaClusterOptions { Heroku = true, CaCertificates = 2 });
        string prefix = cluster.Environment["KAFKA_PREFIX"];
        await cluster.CreateTopicAsync(prefix + "orders", 2);
        var source = new BatchSource();
        using var connection = Open(cluster, prefix);
        using (var rig = NewRig(connection, source, ProducerKind.Native))
        {
            rig.Produce(source.Next(new TestRecord("orders", "a", "1"), new TestRecord("orders", "a", "2")));
            Assert.True(rig.Producer.Flush(TimeSpan.FromSeconds(30)));
            Assert.Equal([(1L, 2)], rig.Delivered);
            var missing = Assert.Throws<TopicException>(() => rig.Partitions(source.Topics.Add("lines")));
            Assert.Contains("heroku kafka:topics:create lines --partitions 3", missing.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["1", "2"], ReadAll(cluster.AdminSettings(), prefix + "orders", 2).Select(r => Text(r.Value)));

        using var withoutPrefix = Open(cluster);
        using var catalog = new TopicCatalog(withoutPrefix, source.Topics, new TopicPolicy { GraceMs = 300 }, new ClientLog(_log));
        var refused = Assert.Throws<TopicException>(() => catalog.Count(source.Topics.Add("orders")));
        Assert.Contains("KAFKA_PREFIX", refused.Message, StringComparison.Ordinal);
    }

    [RealKafkaFact]
    public async Task The_chain_is_verified_and_the_host_name_where_it_should_be()
    {
        await using var cluster = await KafkaCluster.CreateAsync(new KafkaClusterOptions { Heroku = true });
        var env = cluster.Environment;
        var source = new BatchSource();
        // Without the scheme of Heroku the name is checked, and these brokers' certificate names no host.
        AssertUnreachable(new KafkaSettings { Url = cluster.Bootstrap, TrustedCert = env["KAFKA_TRUSTED_CERT"], ClientCert = env["KAFKA_CLIENT_CERT"], ClientCertKey = env["KAFKA_CLIENT_CERT_KEY"] });
        // A certificate of somebody else is no CA of these brokers.
        AssertUnreachable(new KafkaSettings { Url = env["KAFKA_URL"], TrustedCert = env["KAFKA_CLIENT_CERT"], ClientCert = env["KAFKA_CLIENT_CERT"], ClientCertKey = env["KAFKA_CLIENT_CERT_KEY"] });

        void AssertUnreachable(KafkaSettings settings)
        {
            using var connection = KafkaConnection.TryParse(settings, out var problems);
            Assert.Empty(problems);
            connection!.Open();
            using var catalog = new TopicCatalog(connection, source.Topics, new TopicPolicy { ConnectTimeoutMs = 2_000 }, new ClientLog(_log));
            var error = Assert.Throws<KafkaUnavailableException>(() => catalog.Check(["orders"]));
            Assert.Contains("certificate", error.Message, StringComparison.Ordinal);
        }
    }

    [RealKafkaTheory]
    [InlineData(ProducerKind.Native)]
    [InlineData(ProducerKind.Confluent)]
    public async Task A_broker_killed_under_load_loses_nothing_and_keeps_the_order_of_keys(ProducerKind kind)
    {
        await using var cluster = await KafkaCluster.CreateAsync();
        await cluster.CreateTopicAsync("t", 3);
        var source = new BatchSource();
        using var connection = Open(cluster);
        using var rig = NewRig(connection, source, kind);
        const int batches = 400, each = 50;
        var producing = Task.Run(() =>
        {
            for (int b = 0; b < batches; b++)
            {
                rig.Produce(source.Next([.. Enumerable.Range(0, each).Select(i => new TestRecord("t", $"k{i % 10}", $"{(b * each) + i:D6}"))]));
                Thread.Sleep(5);
            }
        });
        await Task.Delay(500);
        await cluster.KillAsync();
        await Task.Delay(1000);
        await cluster.StartAsync();
        await producing.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(rig.Producer.Flush(TimeSpan.FromSeconds(60)));
        Assert.Equal(batches * each, rig.Delivered.Sum(d => d.Records));
        var read = ReadAll(cluster.ClientSettings(), "t", batches * each);
        foreach (var key in read.GroupBy(r => Text(r.Key)))
        {
            var values = key.Select(r => Text(r.Value)!).ToList();
            Assert.Equal(values.Order(StringComparer.Ordinal), values);
            Assert.Equal(batches * each / 10, values.Distinct().Count());
        }
    }

    [RealKafkaTheory]
    [InlineData(ProducerKind.Native)]
    [InlineData(ProducerKind.Confluent)]
    public async Task A_record_above_the_topics_limit_stops_the_producer_before_anything_behind_it(ProducerKind kind)
    {
        await using var cluster = await KafkaCluster.CreateAsync();
        await cluster.CreateTopicAsync("small", 1, new Dictionary<string, string> { ["max.message.bytes"] = "10000" });
        var source = new BatchSource();
        using var connection = Open(cluster);
        using var rig = NewRig(connection, source, kind);
        rig.Produce(source.Next(new TestRecord("small", "a", "first")));
        Assert.True(rig.Producer.Flush(TimeSpan.FromSeconds(30)));
        rig.Produce(source.Next(new TestRecord("small", "a", new string('x', 20_000))));
        await Task.Delay(50);
        _ = Xunit.Record.Exception(() => rig.Produce(source.Next(new TestRecord("small", "a", "behind"))));
        var failure = rig.WaitForFailure();
        Assert.Equal((ErrorCode.MsgSizeTooLarge, "small", false), (failure.Code, failure.Topic, failure.IsTemporary));
        Assert.Contains("max.message.bytes", failure.Text, StringComparison.Ordinal);
        Assert.Equal([(1L, 1)], rig.Delivered);
        await Task.Delay(1000);
        Assert.Equal(["first"], ReadAll(cluster.ClientSettings(), "small", 2, quietSeconds: 3).Select(r => Text(r.Value)));
    }

    private static KafkaConnection Open(KafkaCluster cluster, string? prefix = null)
    {
        var env = cluster.Environment;
        var connection = KafkaConnection.TryParse(
            new KafkaSettings
            {
                Url = env["KAFKA_URL"],
                TrustedCert = env.GetValueOrDefault("KAFKA_TRUSTED_CERT"),
                ClientCert = env.GetValueOrDefault("KAFKA_CLIENT_CERT"),
                ClientCertKey = env.GetValueOrDefault("KAFKA_CLIENT_CERT_KEY"),
                Prefix = prefix,
            },
            out var problems);
        Assert.Empty(problems);
        connection!.Open();
        return connection;
    }

    private Rig NewRig(KafkaConnection connection, BatchSource source, ProducerKind kind)
    {
        var producers = new RecordProducers(connection, source.Topics, _log, kind);
        return new Rig(producers, new TopicCatalog(connection, source.Topics, new TopicPolicy { GraceMs = 3000 }, producers.Log), source);
    }

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);

    private static IReadOnlyList<TopicRecord> ReadAll(IReadOnlyDictionary<string, string> settings, string topic, int count, int quietSeconds = 15)
    {
        using var reader = new TopicReader(settings, name => name == topic);
        return reader.Read(count, TimeSpan.FromSeconds(quietSeconds));
    }
}
