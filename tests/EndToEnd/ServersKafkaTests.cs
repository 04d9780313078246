using System.Text;
using Confluent.Kafka;
using Penstock.Servers;

namespace Penstock.EndToEnd;

public class ServersKafkaTests
{
    [KafkaFact]
    public async Task A_reader_sees_what_was_produced_with_keys_tombstones_and_headers_and_topics_that_come_later()
    {
        await using KafkaCluster kafka = await KafkaCluster.CreateAsync(new KafkaClusterOptions { AutoCreateTopics = false });
        using TopicReader reader = TopicReader.Of(kafka.Bootstrap, "early", "late");
        await kafka.CreateTopicAsync("early", partitions: 3);
        Produce(kafka.ClientSettings(), "early", ("a", "1"), ("a", null));
        IReadOnlyList<TopicRecord> records = reader.Read(2, TimeSpan.FromSeconds(10));
        Assert.Equal([("a", "1"), ("a", null)], records.Select(r => (r.KeyText, r.ValueText)));
        Assert.Equal("x", Encoding.UTF8.GetString(records[0].Headers.Single(h => h.Key == "h").Value));

        await kafka.CreateTopicAsync("late");
        Produce(kafka.ClientSettings(), "late", ("b", "2"));
        Assert.Equal(["late"], reader.Read(1, TimeSpan.FromSeconds(10)).Select(r => r.Topic));
        Assert.Empty(reader.Read(1, TimeSpan.FromMilliseconds(300)));
        using TopicReader again = TopicReader.Of(kafka.Bootstrap, "early", "late");
        Assert.Equal(3, again.ReadToEnd(TimeSpan.FromSeconds(10)).Count);
    }

    [KafkaFact]
    public async Task Records_outlive_a_killed_broker_and_the_folder_does_not_outlive_the_cluster()
    {
        string folder;
        await using (KafkaCluster kafka = await KafkaCluster.CreateAsync())
        {
            folder = kafka.Folder;
            await kafka.CreateTopicAsync("t");
            Produce(kafka.ClientSettings(), "t", ("a", "1"));
            await kafka.KillAsync();
            await kafka.StartAsync();
            using TopicReader reader = TopicReader.Of(kafka.Bootstrap, "t");
            Assert.Single(reader.Read(1, TimeSpan.FromSeconds(60)));
        }
        Assert.False(Directory.Exists(folder));
    }

    [KafkaFact]
    public async Task The_heroku_profile_gives_the_application_its_prefix_and_nothing_else()
    {
        await using KafkaCluster kafka = await KafkaCluster.CreateAsync(new KafkaClusterOptions { Heroku = true });
        string topic = kafka.Environment["KAFKA_PREFIX"] + "t";
        Assert.StartsWith("kafka+ssl://127.0.0.1:", kafka.Environment["KAFKA_URL"], StringComparison.Ordinal);
        Assert.EndsWith("-----END RSA PRIVATE KEY-----", kafka.Environment["KAFKA_CLIENT_CERT_KEY"], StringComparison.Ordinal);
        await kafka.CreateTopicAsync(topic);
        Produce(kafka.ClientSettings(), topic, ("a", "1"));
        using TopicReader reader = new(kafka.AdminSettings(), name => name == topic);
        Assert.Single(reader.Read(1, TimeSpan.FromSeconds(10)));
        await kafka.CreateTopicAsync("other");
        Assert.Throws<ProduceException<string, string?>>(() => Produce(kafka.ClientSettings(), "other", ("a", "1")));
    }

    // Every record has one header, h=x.
    private static void Produce(IReadOnlyDictionary<string, string> settings, string topic, params (string Key, string? Value)[] records)
    {
        using IProducer<string, string?> producer = new ProducerBuilder<string, string?>(settings).SetValueSerializer(Text.Instance).Build();
        foreach ((string key, string? value) in records)
        {
            Message<string, string?> message = new() { Key = key, Value = value, Headers = [new Header("h", "x"u8.ToArray())] };
            producer.ProduceAsync(topic, message).GetAwaiter().GetResult();
        }
    }

    private sealed class Text : ISerializer<string?>
    {
        public static readonly Text Instance = new();

        public byte[]? Serialize(string? data, SerializationContext context) => data is null ? null : Encoding.UTF8.GetBytes(data);
    }
}
