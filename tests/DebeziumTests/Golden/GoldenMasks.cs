using System.Text.RegularExpressions;

namespace Penstock.DebeziumTests.Golden;

/// <summary>What differs from run to run by the corpus' README, for a case with these options.</summary>
internal sealed partial class GoldenMasks(IReadOnlyDictionary<string, string> options)
{
    private const string WallClock = "<wall clock>";

    // Before the replay's clock and that of every capture.
    private const long FirstWallClockMs = 1_690_000_000_000;

    private readonly Regex _copiedTimes = CopiedTimes(options);

    /// <summary>Records of a stream in their order: a message before the first transaction has the time of the connector's start (mask 6).</summary>
    public List<GoldenRecord> MaskStream(IEnumerable<GoldenRecord> records)
    {
        var masked = new List<GoldenRecord>();
        bool isCommitSeen = false;
        foreach (var record in records)
        {
            isCommitSeen |= record.Value is not null && StreamedRow().IsMatch(record.Value);
            var one = Mask(record);
            masked.Add(!isCommitSeen && one.Value is not null && one.Value.Contains("\"op\":\"m\",", StringComparison.Ordinal)
                ? one with { Value = SourceTime().Replace(one.Value, $"$1\"{WallClock}\"") }
                : one);
        }

        return masked;
    }

    /// <summary>A record with its masks.</summary>
    public GoldenRecord Mask(GoldenRecord record)
    {
        bool isNotification = record.Value is not null && Notification().IsMatch(record.Value);
        return record with
        {
            Key = isNotification && record.Key is not null ? RandomId().Replace(record.Key, "<id>") : Mask(record.Key),
            Value = isNotification ? NotificationTime().Replace(RandomId().Replace(record.Value!, "<id>"), $"$1\"{WallClock}\"") : Mask(record.Value),
            Headers = Mask(record.Headers)!,
            // A copy of the envelope's time (mask 1); a time that a row gives is older in every case.
            TimestampMs = record.TimestampMs >= FirstWallClockMs ? FirstWallClockMs : record.TimestampMs,
        };
    }

    /// <summary>The text with wall clocks, positions of snapshots and Java object identities replaced (masks 1, 2 and 4).</summary>
    private string? Mask(string? text)
    {
        if (text is null)
        {
            return null;
        }

        text = EnvelopeTime().Replace(text, $"$1\"ts\":\"{WallClock}\"");
        text = _copiedTimes.Replace(text, m => Replaced(m, WallClock));
        text = SnapshotOrigin().Replace(text, origin => NumberInSnapshot().Replace(origin.Value, m => Replaced(m, "<snapshot>")));
        text = FlatSnapshotRow().IsMatch(text) ? FlatOrigin().Replace(text, m => Replaced(m, "<snapshot>")) : text;
        text = CloudSnapshot().IsMatch(text) ? CloudOrigin().Replace(text, m => Replaced(m, "<snapshot>")) : text;
        text = HeartbeatTime().Replace(text, $"$1\"{WallClock}\"}}");
        text = MessageIdentity().Replace(text, "LogicalDecodingMessageId@<identity>");
        text = Collections().Replace(text, SortCollections);
        return JavaIdentity().Replace(text, "<identity>");
    }

    // A number in JSON becomes a text, one in a text a part of it: what was JSON stays JSON.
    private static string Replaced(Match match, string mask) => match.Groups[1].Value is var before && before.EndsWith("\":", StringComparison.Ordinal) ? $"{before}\"{mask}\"" : before + mask;

    /// <summary>The names under which ExtractNewRecordState copies one of these fields (<c>ts_ms</c>, <c>source.lsn</c>) into rows and headers, as the case's options give them.</summary>
    public static HashSet<string> NamesOf(IReadOnlyDictionary<string, string> options, params string[] fields)
    {
        HashSet<string> names = [.. fields.Select(field => $"__{Flat(field)}")];
        foreach (var (option, list) in options.Where(o => o.Key.EndsWith(".add.fields", StringComparison.Ordinal) || o.Key.EndsWith(".add.headers", StringComparison.Ordinal)))
        {
            string prefix = options.GetValueOrDefault(option + ".prefix", "__");
            names.UnionWith(list.Split(',', StringSplitOptions.TrimEntries).Select(f => f.Split(':')).Where(f => fields.Contains(f[0])).Select(f => prefix + Flat(f[^1])));
        }

        return names;
    }

    // Clocks that a transform copies (mask 1): a member of JSON, or a header.
    private static Regex CopiedTimes(IReadOnlyDictionary<string, string> options) =>
        new($"""("(?:{string.Join('|', NamesOf(options, "ts_ms", "ts_us", "ts_ns").Select(Regex.Escape))})"(?::|,"))\d+""");

    private static string Flat(string field) => field.Replace('.', '_');

    // The order of collections depends on Java's identities if there is one among them (mask 4): compared as a set.
    private static string SortCollections(Match match)
    {
        if (!match.Value.Contains("<identity>", StringComparison.Ordinal))
        {
            return match.Value;
        }

        return $"\"data_collections\":[{string.Join(',', match.Groups[1].Value.Split("},").Select(c => c.TrimEnd('}') + "}").Order(StringComparer.Ordinal))}]";
    }

    [GeneratedRegex("""("op":"[crudtm]",)"ts_ms":\d+(?:,"ts_us":\d+,"ts_ns":\d+)?""")]
    private static partial Regex EnvelopeTime();

    [GeneratedRegex("""("ts_(?:ms|us|ns)":)\d+""")]
    private static partial Regex SourceTime();

    [GeneratedRegex("""
        "snapshot":"false".*"op":"[cudt]",
        """)]
    private static partial Regex StreamedRow();

    // Times and positions of a snapshot's rows are those of its moment (mask 2).
    [GeneratedRegex("""("source":\{)[^{}]*"snapshot":"(?!false")[^{}]*\}""")]
    private static partial Regex SnapshotOrigin();

    [GeneratedRegex("""("(?:ts_ms|ts_us|ts_ns|txId|lsn)":|\[null,\\")\d+""")]
    private static partial Regex NumberInSnapshot();

    [GeneratedRegex("""
        "__op":"r"|"__source_snapshot":"(?!false")
        """)]
    private static partial Regex FlatSnapshotRow();

    [GeneratedRegex("""("__source_(?:ts_ms|ts_us|ts_ns|txId|lsn)":|"__source_sequence":"\[null,\\")\d+""")]
    private static partial Regex FlatOrigin();

    [GeneratedRegex("iodebeziumsnapshot\":\"(?!false)")]
    private static partial Regex CloudSnapshot();

    [GeneratedRegex("""("(?:time|iodebezium(?:tsms|tsus|tsns|txId|lsn))":"|;lsn:|;txId:|\[null,\\")[0-9TZ:.-]+""")]
    private static partial Regex CloudOrigin();

    [GeneratedRegex("""(^\{"ts_ms":|"payload":\{"ts_ms":)\d+\}""")]
    private static partial Regex HeartbeatTime();

    [GeneratedRegex("\"aggregate_type\":\"[A-Z]")]
    private static partial Regex Notification();

    // Of a notification of a snapshot; that of a signal's is the signal's own.
    [GeneratedRegex("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex RandomId();

    [GeneratedRegex("""("timestamp":)\d+""")]
    private static partial Regex NotificationTime();

    [GeneratedRegex("""\"data_collections\":\[([^]]+)\]""")]
    private static partial Regex Collections();

    [GeneratedRegex("LogicalDecodingMessageId@[0-9a-f]+")]
    private static partial Regex MessageIdentity();

    [GeneratedRegex(@"\[L?[A-Za-z.]+;?@[0-9a-f]+")]
    private static partial Regex JavaIdentity();
}
