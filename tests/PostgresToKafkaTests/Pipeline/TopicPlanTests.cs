using Penstock.Engine.Commands;
using Penstock.Kafka.Connection;
using Penstock.PostgresToKafka.Pipeline;

namespace Penstock.PostgresToKafkaTests.Pipeline;

public class TopicPlanTests
{
    private static readonly PlannedTopic[] Topics = [new("app.shop.public.Old_Orders", true), new("app.shop.dead-letter", false)];

    [Fact]
    public void Kafka() => Assert.Equal(
        """
        kafka-topics.sh --bootstrap-server k:9092 --create --if-not-exists --topic app.shop.public.Old_Orders --partitions 8 --replication-factor 2 --config cleanup.policy=compact
        kafka-topics.sh --bootstrap-server k:9092 --create --if-not-exists --topic app.shop.dead-letter --partitions 1 --replication-factor 2 --config retention.ms=604800000

        """,
        Text(PlanTarget.Kafka));

    [Fact]
    public void Heroku_puts_the_prefix_before_the_name_itself() => Assert.Equal(
        """
        heroku kafka:topics:create shop.public.Old_Orders --partitions 8 --replication-factor 2 --retention-time 7d --compaction
        heroku kafka:topics:create shop.dead-letter --partitions 1 --replication-factor 2 --retention-time 7d

        """,
        Text(PlanTarget.Heroku));

    [Fact]
    public void Strimzi()
    {
        string[] documents = Text(PlanTarget.Strimzi).Split("---\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, documents.Length);
        Assert.Contains("\n  name: t-app.shop.public.old-orders\n", documents[0], StringComparison.Ordinal);
        Assert.Contains("\n  topicName: app.shop.public.Old_Orders\n  partitions: 8\n  replicas: 2\n  config:\n    cleanup.policy: compact\n", documents[0], StringComparison.Ordinal);
        Assert.EndsWith("    retention.ms: 604800000\n", documents[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Terraform() => Assert.StartsWith(
        """
        resource "kafka_topic" "t_app_shop_public_old_orders" {
          name               = "app.shop.public.Old_Orders"
          partitions         = 8
          replication_factor = 2
          config = {
            "cleanup.policy" = "compact"
          }
        }

        """,
        Text(PlanTarget.Terraform),
        StringComparison.Ordinal);

    private static string Text(PlanTarget target)
    {
        using var kafka = KafkaConnection.TryParse(
            new KafkaSettings { Attachment = "KAFKA", Url = "kafka://k:9092", TrustedCert = null, ClientCert = null, ClientCertKey = null, Prefix = "app.", Options = new Dictionary<string, string>(), MaxRecordBytes = 1_000_000, ClientId = "c" },
            out var problems);
        Assert.Empty(problems);
        return TopicPlan.Text(new PlanRequest(target, 8, 2, IsCompacted: true), kafka!, Topics);
    }
}
