using System.Text.Json;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Golden;

/// <summary>One message of <c>wal.jsonl</c>, or of <c>snapshot.jsonl</c>.</summary>
internal sealed record GoldenMessage(ulong Start, byte[] Data, SnapshotMarker Marker = SnapshotMarker.None);

/// <summary>One record, as Debezium wrote it or as this project does; a null text is a null, a null time is the producer's.</summary>
internal sealed record GoldenRecord(string Topic, string? Key, string? Value, string Headers, int? Partition, long? TimestampMs = null);

/// <summary>The files of one case of a corpus.</summary>
internal sealed class GoldenCase
{
    public GoldenCase(string folder)
    {
        Folder = folder;
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal);
        JavaProperties.Read(Path.Combine(Path.GetDirectoryName(folder)!, "base.properties"), options);
        JavaProperties.Read(Path.Combine(folder, "connector.properties"), options);
        Options = options;
        Catalog = new GoldenCatalog(Path.Combine(folder, "catalog.json"));
        Messages = [.. Lines("wal.jsonl").Select(Message)];
        var events = Lines("events.jsonl");
        SnapshotRows = [.. Lines("snapshot.jsonl").Select(Message)];
        var compared = events.Where(e => SnapshotRows.Count > 0 || !IsSnapshot(e)).ToList();
        Expected = [.. compared.Select(e => Record(e, "key", "value"))];
        ExpectedWithSchemas = [.. compared.Select(e => Record(e, "keyWithSchema", "valueWithSchema"))];
        SnapshotEvents = events.Count(IsSnapshot);
    }

    public string Folder { get; }

    public string Name => Path.GetFileName(Folder);

    public IReadOnlyDictionary<string, string> Options { get; }

    public GoldenCatalog Catalog { get; }

    public IReadOnlyList<GoldenMessage> Messages { get; }

    /// <summary>
    /// Relation and Insert messages of the initial snapshot, each with its marker: the file <c>snapshot.jsonl</c> (<c>marker</c>, <c>data</c>), which this project's own cases carry and others
    /// may. Without it events of a snapshot are left out of the comparison.
    /// </summary>
    public IReadOnlyList<GoldenMessage> SnapshotRows { get; }

    /// <summary>Events with schemas off.</summary>
    public IReadOnlyList<GoldenRecord> Expected { get; }

    /// <summary>Events with schemas on.</summary>
    public IReadOnlyList<GoldenRecord> ExpectedWithSchemas { get; }

    /// <summary>Events of the initial snapshot, which a replay of the stream does not have.</summary>
    public int SnapshotEvents { get; }

    /// <summary>Whether the connector itself fails in this case.</summary>
    public bool ConnectorFails => File.Exists(Path.Combine(Folder, "failure.txt"));

    /// <summary>Header texts as <c>[name,text]</c> pairs in order.</summary>
    public static string HeaderText(IEnumerable<(string Name, string? Value)> headers) =>
        string.Join(", ", headers.Select(h => $"{h.Name}={(h.Name == "__debezium.context.runId" ? "<run>" : h.Value ?? "<null>")}"));

    private List<JsonElement> Lines(string file)
    {
        string path = Path.Combine(Folder, file);
        return File.Exists(path) ? [.. File.ReadLines(path).Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement)] : [];
    }

    private static GoldenMessage Message(JsonElement line)
    {
        byte[] data = line.GetProperty("data").GetBytesFromBase64();
        if (line.TryGetProperty("marker", out var marker))
        {
            return new GoldenMessage(0, data, Enum.Parse<SnapshotMarker>(marker.GetString()!));
        }

        Assert.True(Lsn.TryParse(line.GetProperty("start").GetString(), out var start));
        return new GoldenMessage(start.Value, data);
    }

    // A later snapshot of a running connector has no such mark, but its operation.
    private static bool IsSnapshot(JsonElement line) => (line.TryGetProperty("snapshotEvent", out var snapshot) && snapshot.GetBoolean())
        || (line.GetProperty("value").GetString() is { } value && value.Contains(",\"op\":\"r\",", StringComparison.Ordinal));

    private static GoldenRecord Record(JsonElement line, string key, string value) => new(
        line.GetProperty("topic").GetString()!,
        line.GetProperty(key).GetString(),
        line.GetProperty(value).GetString(),
        HeaderText(line.GetProperty("headers").EnumerateArray().Select(h => (h[0].GetString()!, h[1].GetString()))),
        line.TryGetProperty("partition", out var partition) && partition.ValueKind == JsonValueKind.Number ? partition.GetInt32() : null,
        line.TryGetProperty("timestamp", out var timestamp) && timestamp.ValueKind == JsonValueKind.Number ? timestamp.GetInt64() : null);
}
