using System.Text.RegularExpressions;

namespace Penstock.DebeziumTests.Golden;

/// <summary>What differs from run to run by the corpus' README, for a case with these options.</summary>
internal sealed partial class GoldenMasks(IReadOnlyDictionary<string, string> options)
{
    private const string WallClock = "<wall clock>";

    private readonly Regex _copiedTimes = CopiedTimes(options);

    /// <summary>Records with their masks, both sides alike.</summary>
    public List<GoldenRecord> Mask(IEnumerable<GoldenRecord> records)
    {
        var masked = new List<GoldenRecord>();
        bool isCommitSeen = false;
        foreach (var record in records)
        {
            isCommitSeen |= record.Value is not null && StreamedRow().IsMatch(record.Value);
            string? value = Mask(record.Value);
            // A message before the first transaction has the time of the connector's start (mask 6).
            masked.Add(record with
            {
                Key = Mask(record.Key),
                Value = !isCommitSeen && value is not null && value.Contains("\"op\":\"m\",", StringComparison.Ordinal) ? SourceTime().Replace(value, $"$1\"{WallClock}\"") : value,
                Headers = Mask(record.Headers)!,
            });
        }

        return masked;
    }

    /// <summary>The text with wall clocks, positions of snapshots and Java object identities replaced (masks 1, 2 and 4).</summary>
    public string? Mask(string? text)
    {
        if (text is null)
        {
            return null;
        }

        text = EnvelopeTime().Replace(text, $"$1\"ts\":\"{WallClock}\"");
        text = _copiedTimes.Replace(text, m => Replaced(m, WallClock));
        text = SnapshotOrigin().Replace(text, origin => NumberInSnapshot().Replace(origin.Value, m => Replaced(m, "<snapshot>")));
        text = FlatSnapshotRow().IsMatch(text) ? FlatOrigin().Replace(text, m => Replaced(m, "<snapshot>")) : text;
        text = HeartbeatTime().Replace(text, $"$1\"{WallClock}\"}}");
        text = Notification().IsMatch(text) ? NotificationIdentity().Replace(text, $"$1\"{WallClock}\"") : text;
        text = MessageIdentity().Replace(text, "LogicalDecodingMessageId@<identity>");
        text = Collections().Replace(text, SortCollections);
        return JavaIdentity().Replace(text, "<identity>");
    }

    // A number in JSON becomes a text, one in a text or a header a part of it: what was JSON stays JSON.
    private static string Replaced(Match match, string mask) => match.Groups[1].Value is var before && before.EndsWith("\":", StringComparison.Ordinal) ? $"{before}\"{mask}\"" : before + mask;

    // Clocks that ExtractNewRecordState copies into a row or a header (mask 1), under the names that the case gives them.
    private static Regex CopiedTimes(IReadOnlyDictionary<string, string> options)
    {
        var names = new HashSet<string>(["__ts_ms", "__ts_us", "__ts_ns"]);
        foreach (var (option, list) in options.Where(o => o.Key.EndsWith(".add.fields", StringComparison.Ordinal) || o.Key.EndsWith(".add.headers", StringComparison.Ordinal)))
        {
            string prefix = options.GetValueOrDefault(option + ".prefix", "__");
            foreach (string[] field in list.Split(',', StringSplitOptions.TrimEntries).Select(f => f.Split(':')).Where(f => f[0] is "ts_ms" or "ts_us" or "ts_ns"))
            {
                names.Add(prefix + field[^1]);
            }
        }

        return new Regex($"""((?:"|\A|, )(?:{string.Join('|', names.Select(Regex.Escape))})(?:":|=))\d+""");
    }

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

    [GeneratedRegex("""(^\{"ts_ms":|"payload":\{"ts_ms":)\d+\}""")]
    private static partial Regex HeartbeatTime();

    [GeneratedRegex("\"aggregate_type\":\"[A-Z]")]
    private static partial Regex Notification();

    [GeneratedRegex("""("id":|"timestamp":)(?:"[0-9a-f-]{36}"|\d+)""")]
    private static partial Regex NotificationIdentity();

    [GeneratedRegex("""\"data_collections\":\[([^]]+)\]""")]
    private static partial Regex Collections();

    [GeneratedRegex("LogicalDecodingMessageId@[0-9a-f]+")]
    private static partial Regex MessageIdentity();

    [GeneratedRegex(@"\[L?[A-Za-z.]+;?@[0-9a-f]+")]
    private static partial Regex JavaIdentity();
}
