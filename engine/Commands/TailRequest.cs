namespace Penstock.Engine.Commands;

/// <summary>What <c>tail</c> is to show.</summary>
/// <param name="Topic">The topic, with or without the prefix.</param>
/// <param name="From">Where reading begins.</param>
public sealed record TailRequest(string Topic, TailStart From)
{
    /// <summary>Only this partition; null for all.</summary>
    public int? Partition { get; init; }

    /// <summary>Ends after so many events that were shown; null for no limit.</summary>
    public int? Count { get; init; }

    /// <summary>Goes on behind the end that the topic has at the start.</summary>
    public bool IsFollowing { get; init; }

    /// <summary>A key: the whole of it, one of its columns' values, or <c>column=value</c>.</summary>
    public string? Key { get; init; }

    /// <summary>Letters of the operations that are shown; "" for all, tombstones too.</summary>
    public string Operations { get; init; } = "";

    /// <summary><c>table</c> or <c>schema.table</c>.</summary>
    public string? Table { get; init; }

    /// <summary>Only what is different between the old and the new row.</summary>
    public bool IsDiff { get; init; }

    /// <summary>Whole records, a JSON object each.</summary>
    public bool IsJson { get; init; }
}
