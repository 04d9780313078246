using System.Text.Json;
using System.Text.Json.Serialization;

namespace Penstock.Debezium.Snapshots;

/// <summary>The progress of an incremental snapshot, as it is kept between two starts.</summary>
/// <param name="Id">Id of the signal that began it.</param>
/// <param name="Paused">A pause signal came.</param>
/// <param name="Scanned">Rows read of the table at hand.</param>
/// <param name="LastKey">Key of the last row sent of the table at hand; null before its first chunk.</param>
/// <param name="MaximumKey">The largest key when the table was begun; null before.</param>
/// <param name="Collections">The tables that are left, the one at hand first; empty for no snapshot.</param>
/// <param name="ToStop">Names that a stop signal asked to leave out, with the next chunk.</param>
public sealed record IncrementalState(
    string? Id, bool Paused, long Scanned, string?[]? LastKey, string?[]? MaximumKey, IReadOnlyList<SnapshotCollection> Collections, IReadOnlyList<string> ToStop)
{
    /// <summary>No snapshot.</summary>
    public static IncrementalState None { get; } = new(null, false, 0, null, null, [], []);

    public string ToJson() => JsonSerializer.Serialize(this, IncrementalStateJson.Default.IncrementalState);

    /// <exception cref="JsonException">Not the text of <see cref="ToJson"/>.</exception>
    public static IncrementalState FromJson(string json) => JsonSerializer.Deserialize(json, IncrementalStateJson.Default.IncrementalState) ?? None;
}

/// <summary>Made by the compiler: no reflection at run time.</summary>
[JsonSerializable(typeof(IncrementalState))]
internal sealed partial class IncrementalStateJson : JsonSerializerContext;
