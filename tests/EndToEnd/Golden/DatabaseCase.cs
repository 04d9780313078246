using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.DebeziumTests.Golden;

namespace Penstock.EndToEnd.Golden;

/// <summary>A case of a corpus as a run with a database needs it: the SQL, the pipeline's environment, the records of each topic. Positions, ids and times are masked, they differ from run to run.</summary>
internal sealed partial class DatabaseCase
{
    // What stands in DATABASE_URL, or names the connector itself.
    private static readonly string[] NoSettings = ["name", "connector.class", "tasks.max", "plugin.name", "database.dbname", "database.user", "database.password"];

    private readonly string _folder;

    public DatabaseCase(string folder)
    {
        _folder = folder;
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal);
        JavaProperties.Read(Path.Combine(Path.GetDirectoryName(folder)!, "base.properties"), options);
        JavaProperties.Read(Path.Combine(folder, "connector.properties"), options);
        Options = options;
    }

    public string Name => Path.GetFileName(_folder);

    public IReadOnlyDictionary<string, string> Options { get; }

    public string SlotName => Options["slot.name"];

    public bool SnapshotOnly => Options["snapshot.mode"] == "initial_only";

    /// <summary>Heartbeats come by the clock (mask 5 of the corpus): their number means nothing.</summary>
    public bool HasHeartbeats => Options.ContainsKey("heartbeat.interval.ms");

    /// <summary>Which events there are depends on when the chunks of a snapshot were read (mask 5 of the corpus): only the last value of each key is the same in every run.</summary>
    public bool IsComparedByKey => Options.ContainsKey("signal.data.collection") && File.ReadAllText(Path.Combine(_folder, "README.md")).Contains("compare per key", StringComparison.Ordinal);

    public bool ConnectorFails => File.Exists(Path.Combine(_folder, "failure.txt"));

    public string Setup => File.ReadAllText(Path.Combine(_folder, "setup.sql"));

    public string[] Steps => File.ReadAllLines(Path.Combine(_folder, "steps.sql"));

    /// <summary>The case's options by this product's rule for names, Debezium's defaults where they differ from its own.</summary>
    public Dictionary<string, string> Environment()
    {
        var environment = new Dictionary<string, string>
        {
            ["PENSTOCK_NAME"] = "golden",
            ["PENSTOCK_EXTENDED_HEADERS_ENABLED"] = "true",
            ["PENSTOCK_PUBLICATION_AUTOCREATE_MODE"] = "all_tables",
            // The note that the snapshot is complete is a transaction too: a publication FOR ALL TABLES sends it, and its commit would stand in the next event's sequence.
            ["PENSTOCK_STATE"] = "none",
            // The corpus was captured before a producer, which knew no limit.
            ["PENSTOCK_MAX_RECORD_BYTES"] = "16000000",
        };
        foreach (var (name, value) in Options.Where(option => !NoSettings.Contains(option.Key)))
        {
            environment[EnvironmentName(name)] = value;
        }

        return environment;
    }

    /// <summary>What Debezium wrote, by topic.</summary>
    public ILookup<string, GoldenRecord> Expected() => File.ReadLines(Path.Combine(_folder, "events.jsonl"))
        .Where(line => line.Length > 0)
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Select(line => new GoldenRecord(
            line.GetProperty("topic").GetString()!,
            Mask(line.GetProperty("key").GetString()),
            Mask(line.GetProperty("value").GetString()),
            GoldenCase.HeaderText(line.GetProperty("headers").EnumerateArray().Select(h => (h[0].GetString()!, h[1].GetString()))),
            Partition: null))
        .ToLookup(record => record.Topic, StringComparer.Ordinal);

    /// <summary>The text without positions, transaction ids and times of the source. What is null stays null.</summary>
    public static string? Mask(string? text) => text is null
        ? null
        : Notification(WindowTime().Replace(
            Chunk().Replace(TransactionId().Replace(Sequence().Replace(Number().Replace(text, "$1\"<run>\""), match => Digits().Replace(match.Value, "<lsn>")), "$1\"<transaction>\""), "<chunk>$1"),
            "$1<time>"));

    // Ids are random, but for those of signals.
    private static string Notification(string text) => text.Contains("\"aggregate_type\":", StringComparison.Ordinal) ? NotificationTime().Replace(Uuid().Replace(text, "<id>"), "$1<time>")
        : text.StartsWith("{\"id\":\"", StringComparison.Ordinal) ? Uuid().Replace(text, "<id>")
        : text;

    private static string EnvironmentName(string option)
    {
        const string Salt = ".with.salt.";
        int salt = option.IndexOf(Salt, StringComparison.Ordinal);
        string fixedPart = salt < 0 ? option : option[..(salt + Salt.Length)];
        return "PENSTOCK_" + fixedPart.ToUpperInvariant().Replace('.', '_').Replace('-', '_') + option[fixedPart.Length..];
    }

    [GeneratedRegex("""("(?:ts_ms|ts_us|ts_ns|txId|lsn|xmin|origin_lsn)":)\d+""")]
    private static partial Regex Number();

    [GeneratedRegex(@"""sequence"":""\[[^]]*\]")]
    private static partial Regex Sequence();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    [GeneratedRegex(@"(""id"":)""\d+:\d+""")]
    private static partial Regex TransactionId();

    // Rows of the signal table that mark a chunk.
    [GeneratedRegex(@"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(-open|-close)")]
    private static partial Regex Chunk();

    [GeneratedRegex(@"((?:open|close)WindowTimestamp\\"": \\"")[^\\""]+")]
    private static partial Regex WindowTime();

    [GeneratedRegex("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"(""timestamp"":)\d+")]
    private static partial Regex NotificationTime();
}
