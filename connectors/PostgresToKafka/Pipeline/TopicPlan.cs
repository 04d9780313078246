using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Penstock.Engine.Commands;
using Penstock.Kafka.Connection;

namespace Penstock.PostgresToKafka.Pipeline;

/// <param name="Name">In the cluster, prefix included.</param>
/// <param name="IsOfTable">One of changes; the others hold little, and their order over all counts.</param>
internal sealed record PlannedTopic(string Name, bool IsOfTable);

/// <summary>Topics in the words of those who make them. Every line that is no statement is a comment of the target's language.</summary>
internal static partial class TopicPlan
{
    private const long WeekMs = 7L * 86_400_000;

    public static string Text(PlanRequest request, KafkaConnection kafka, IReadOnlyList<PlannedTopic> topics)
    {
        var text = new StringBuilder();
        foreach (var topic in topics)
        {
            int partitions = topic.IsOfTable ? request.Partitions : 1;
            bool isCompacted = topic.IsOfTable && request.IsCompacted;
            text.Append(request.Target switch
            {
                PlanTarget.Heroku => Heroku(kafka, topic.Name, partitions, request.Replication, isCompacted),
                PlanTarget.Strimzi => Strimzi(topic.Name, partitions, request.Replication, isCompacted),
                PlanTarget.Terraform => Terraform(topic.Name, partitions, request.Replication, isCompacted),
                _ => Kafka(kafka, topic.Name, partitions, request.Replication, isCompacted),
            });
        }

        return text.ToString();
    }

    /// <summary>Heroku's command line puts the prefix before the name itself.</summary>
    public static string Bare(KafkaConnection kafka, string topic) =>
        kafka.Prefix.Length > 0 && topic.StartsWith(kafka.Prefix, StringComparison.Ordinal) ? topic[kafka.Prefix.Length..] : topic;

    private static string Kafka(KafkaConnection kafka, string topic, int partitions, int replication, bool isCompacted) => string.Create(
        CultureInfo.InvariantCulture,
        $"kafka-topics.sh --bootstrap-server {kafka.BootstrapServers} --create --if-not-exists --topic {topic} --partitions {partitions} --replication-factor {replication} {(isCompacted ? "--config cleanup.policy=compact" : $"--config retention.ms={WeekMs}")}\n");

    private static string Heroku(KafkaConnection kafka, string topic, int partitions, int replication, bool isCompacted) => string.Create(
        CultureInfo.InvariantCulture, $"heroku kafka:topics:create {Bare(kafka, topic)} --partitions {partitions} --replication-factor {replication} --retention-time 7d{(isCompacted ? " --compaction" : "")}\n");

    private static string Strimzi(string topic, int partitions, int replication, bool isCompacted) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        ---
        apiVersion: kafka.strimzi.io/v1beta2
        kind: KafkaTopic
        metadata:
          name: {ResourceName(topic, "-")}
          labels:
            strimzi.io/cluster: my-cluster
        spec:
          topicName: {topic}
          partitions: {partitions}
          replicas: {replication}
          config:
            {(isCompacted ? "cleanup.policy: compact" : $"retention.ms: {WeekMs}")}

        """);

    private static string Terraform(string topic, int partitions, int replication, bool isCompacted) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        resource "kafka_topic" "{{ResourceName(topic, "_").Replace('.', '_').Replace('-', '_')}}" {
          name               = "{{topic}}"
          partitions         = {{partitions}}
          replication_factor = {{replication}}
          config = {
            {{(isCompacted ? "\"cleanup.policy\" = \"compact\"" : $"\"retention.ms\" = \"{WeekMs}\"")}}
          }
        }

        """);

    /// <summary>As Kubernetes and Terraform allow it: small letters, digits, and what is asked for in place of the rest; a letter first.</summary>
    private static string ResourceName(string topic, string other) => NotInNames().Replace("t" + other + topic.ToLowerInvariant(), other);

    [GeneratedRegex("[^a-z0-9.-]")]
    private static partial Regex NotInNames();
}
