namespace Penstock.KafkaToPostgres.Transactions;

/// <summary>Which of the consumed topics is that of the transactions.</summary>
internal static class TransactionTopicName
{
    /// <summary>The topic with the name, or whose name has it as last part. Of several the shortest: a table may be called transaction too, and its topic has the schema before it.</summary>
    /// <param name="topics">Names of topics.</param>
    /// <param name="name">The last part of the name, or the whole.</param>
    /// <returns>Null if there is none.</returns>
    public static string? Of(IEnumerable<string> topics, string name) =>
        topics.Where(topic => topic == name || topic.EndsWith($".{name}", StringComparison.Ordinal)).OrderBy(topic => topic == name ? 0 : topic.Length).FirstOrDefault();
}
