namespace Penstock.Kafka.Topics;

/// <summary>Why a topic cannot be used.</summary>
public enum TopicProblem
{
    /// <summary>It does not exist and the brokers do not create it.</summary>
    Missing,

    /// <summary>The user may not describe or write it; brokers may say this of a topic that does not exist, too.</summary>
    NotAllowed,

    /// <summary>The brokers refuse it for another reason.</summary>
    Refused,
}

/// <summary>A topic that the pipeline needs cannot be used; the message says what to type.</summary>
public sealed class TopicException(TopicProblem problem, string topic, string message) : Exception(message)
{
    public TopicProblem Problem { get; } = problem;

    /// <summary>Its name in the cluster, with the prefix.</summary>
    public string Topic { get; } = topic;
}

/// <summary>No broker answered in time. Temporary: the supervisor tries again.</summary>
public sealed class KafkaUnavailableException(string message) : Exception(message);
