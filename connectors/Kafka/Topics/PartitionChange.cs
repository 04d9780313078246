namespace Penstock.Kafka.Topics;

/// <summary>A topic whose number of partitions is not the one in use any more.</summary>
/// <param name="Topic">Its name in the cluster.</param>
/// <param name="InUse">What the pipeline goes on with until it is started again.</param>
/// <param name="Now">What the cluster says; 0: the topic is gone.</param>
public sealed record PartitionChange(string Topic, int InUse, int Now)
{
    /// <summary>The same for a change that happened while no process ran, or that takes effect with this start; <see cref="InUse"/> is what was used before.</summary>
    public string ExplainAtStart() =>
        $"topic '{Topic}' has {Now} partitions, and had {InUse} when the pipeline last ran: from this start on keys move to other partitions. A later event of a key may be read before an earlier one "
        + "that still waits in another partition. Where that matters, stop the pipeline at once, let consumers read to the end, and start it again; it is said once";

    /// <summary>What it means and what to do, for the log.</summary>
    public string Explain() => Now == 0
        ? $"topic '{Topic}' is gone: records for it wait until it is created again with {InUse} partitions"
        : Now > InUse
            ? $"topic '{Topic}' has {Now} partitions now: the pipeline goes on with the {InUse} that it had at the start, so that each key stays in its partition and in order. From the next start on keys move: "
              + "a later event of a key may then be read before an earlier one that waits in another partition. Where that matters, stop the pipeline, let consumers read to the end, and start it again"
            : $"topic '{Topic}' has {Now} partitions now, fewer than the {InUse} in use: it was made anew, and records for the missing ones are refused until the pipeline starts again";
}
