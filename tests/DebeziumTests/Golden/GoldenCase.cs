using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Golden;

/// <summary>One message of <c>wal.jsonl</c>, or one row of a snapshot.</summary>
internal sealed record GoldenMessage(ulong Start, byte[] Data, SnapshotMarker Marker = SnapshotMarker.None);

/// <summary>One record, as Debezium wrote it or as this project does; a null text is a null, a null time is the producer's. Headers as <see cref="GoldenCase.HeaderText"/> writes them.</summary>
internal sealed record GoldenRecord(string Topic, string? Key, string? Value, string Headers, int? Partition, long? TimestampMs = null);

/// <summary>Where a record comes from.</summary>
internal enum GoldenOrigin
{
    Stream,

    /// <summary>The snapshot before the first step.</summary>
    InitialSnapshot,

    /// <summary>A later snapshot of a running or restarted connector: no mark, but the operation. Also a notification of any snapshot.</summary>
    LaterSnapshot,
}

/// <summary>One line of <c>events.jsonl</c>, both ways.</summary>
internal sealed record GoldenEvent(GoldenOrigin Origin, GoldenRecord Plain, GoldenRecord WithSchemas);

/// <summary>The files of one case of a corpus. A file that cannot be read is a <see cref="FormatException"/>.</summary>
internal sealed partial class GoldenCase
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lazy<GoldenCatalog> _catalog;
    private readonly Lazy<IReadOnlyList<GoldenMessage>> _messages;

    public GoldenCase(string folder)
    {
        Folder = folder;
        Options = Reading("connector.properties", () => CaseOptions.Read(folder));
        Events = Reading("events.jsonl", () => Lines("events.jsonl", Event));
        _catalog = new(() => Reading("catalog.json", () => new GoldenCatalog(Path.Combine(folder, "catalog.json"))));
        _messages = new(() => Reading("wal.jsonl", () => Lines("wal.jsonl", Message)));
        string failure = Path.Combine(folder, "failure.txt");
        Failure = File.Exists(failure) ? File.ReadLines(failure).FirstOrDefault(line => line.Length > 0) ?? "failure.txt" : null;
    }

    public string Folder { get; }

    public string Name => Path.GetFileName(Folder);

    public IReadOnlyDictionary<string, string> Options { get; }

    /// <summary>What Debezium wrote, in its order.</summary>
    public IReadOnlyList<GoldenEvent> Events { get; }

    public GoldenCatalog Catalog => _catalog.Value;

    public IReadOnlyList<GoldenMessage> Messages => _messages.Value;

    /// <summary>There is what a replay without a database needs.</summary>
    public bool CanReplay => File.Exists(Path.Combine(Folder, "catalog.json"));

    /// <summary>The case's own rows of the initial snapshot, if it carries any.</summary>
    public SnapshotRows? SnapshotRows => Reading("snapshot.jsonl", () => Golden.SnapshotRows.Read(Path.Combine(Folder, "snapshot.jsonl")));

    /// <summary>Events with schemas off.</summary>
    public IEnumerable<GoldenRecord> Expected => Events.Select(e => e.Plain);

    /// <summary>Events with schemas on.</summary>
    public IEnumerable<GoldenRecord> ExpectedWithSchemas => Events.Select(e => e.WithSchemas);

    /// <summary>The first line of the exception with which the connector fails in this case, null where it does not.</summary>
    public string? Failure { get; }

    /// <summary>What Debezium read from the slot with <c>xmin.fetch.interval.ms</c> and no stream holds: taken from the events themselves, so that only its place is compared; 0 for none.</summary>
    public uint Xmin => Options.ContainsKey("xmin.fetch.interval.ms") && Expected.Select(record => XminOf().Match(record.Value ?? "")).FirstOrDefault(found => found.Success) is { } first
        ? uint.Parse(first.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)
        : 0;

    /// <summary>Heartbeats come by the clock (mask 5): their number means nothing.</summary>
    public bool HasHeartbeats => Options.ContainsKey("heartbeat.interval.ms");

    /// <summary>Which events there are depends on when the chunks of a snapshot were read (mask 5), as the case itself says: only the last value of each key is the same in every run.</summary>
    public bool IsComparedByKey =>
        Options.ContainsKey("signal.data.collection") && Path.Combine(Folder, "README.md") is var readme && File.Exists(readme)
        && File.ReadAllText(readme).Contains("compare per key", StringComparison.Ordinal);

    /// <summary>The connector ends by itself when the snapshot is read: there is no stream.</summary>
    public bool IsSnapshotOnly => Options["snapshot.mode"] switch
    {
        "initial_only" => true,
        "configuration_based" => Options.GetValueOrDefault("snapshot.mode.configuration.based.start.stream") != "true",
        _ => false,
    };

    /// <summary>
    /// The connector is started a second time and takes a whole snapshot then: position of the last change that was streamed before. When that was is not in the stream: the events tell. Null
    /// where there is no second snapshot, or nothing was streamed before it.
    /// </summary>
    public ulong? LastLsnBeforeSecondSnapshot
    {
        get
        {
            var events = Events.ToList();
            int second = events.FindIndex(e => e.Origin == GoldenOrigin.LaterSnapshot && (e.Plain.Value ?? "").Contains("\"snapshot\":\"first\"", StringComparison.Ordinal));
            int last = second < 0 || !StartsAgain ? -1 : events.FindLastIndex(second, e => e.Origin == GoldenOrigin.Stream && LsnOf().IsMatch(e.Plain.Value ?? ""));
            return last < 0 ? null : ulong.Parse(LsnOf().Match(events[last].Plain.Value!).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private bool StartsAgain => Path.Combine(Folder, "steps.sql") is var steps && File.Exists(steps) && File.ReadLines(steps).Any(line => line.Trim() == "-- @start");

    /// <summary>Headers in order as JSON: pairs of name and text.</summary>
    public static string HeaderText(IEnumerable<(string Name, string? Value)> headers) =>
        JsonSerializer.Serialize(headers.Select(h => new[] { h.Name, h.Name == "__debezium.context.runId" ? "<run>" : h.Value }), Readable);

    [GeneratedRegex(@"""lsn"":(\d+)")]
    private static partial Regex LsnOf();

    [GeneratedRegex(@"""xmin"":(\d+)")]
    private static partial Regex XminOf();

    private static T Reading<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException or ArgumentException)
        {
            throw new FormatException($"{file} cannot be read: {unreadable.Message}", unreadable);
        }
    }

    private List<T> Lines<T>(string file, Func<JsonElement, T> read)
    {
        string path = Path.Combine(Folder, file);
        return File.Exists(path) ? [.. File.ReadLines(path).Where(l => l.Length > 0).Select(l => read(JsonDocument.Parse(l).RootElement))] : [];
    }

    private static GoldenMessage Message(JsonElement line) => Lsn.TryParse(line.GetProperty("start").GetString(), out var start)
        ? new GoldenMessage(start.Value, line.GetProperty("data").GetBytesFromBase64())
        : throw new FormatException("start is no LSN");

    private GoldenEvent Event(JsonElement line) => new(Origin(line), Record(line, "key", "value"), Record(line, "keyWithSchema", "valueWithSchema"));

    private GoldenOrigin Origin(JsonElement line)
    {
        if (Options.TryGetValue("notification.sink.topic.name", out string? notifications) && line.GetProperty("topic").GetString() == notifications)
        {
            return GoldenOrigin.LaterSnapshot;
        }

        if (line.TryGetProperty("snapshotEvent", out var snapshot) && snapshot.ValueKind == JsonValueKind.True)
        {
            return GoldenOrigin.InitialSnapshot;
        }

        return line.GetProperty("value").GetString() is { } value && value.Contains(",\"op\":\"r\",", StringComparison.Ordinal) ? GoldenOrigin.LaterSnapshot : GoldenOrigin.Stream;
    }

    private static GoldenRecord Record(JsonElement line, string key, string value) => new(
        line.GetProperty("topic").GetString()!,
        line.GetProperty(key).GetString(),
        line.GetProperty(value).GetString(),
        line.TryGetProperty("headers", out var headers) ? HeaderText(headers.EnumerateArray().Select(h => (h[0].GetString()!, h[1].GetString()))) : HeaderText([]),
        line.TryGetProperty("partition", out var partition) && partition.ValueKind == JsonValueKind.Number ? partition.GetInt32() : null,
        line.TryGetProperty("timestamp", out var timestamp) && timestamp.ValueKind == JsonValueKind.Number ? timestamp.GetInt64() : null);
}
