using System.Text.Json;
using System.Text.RegularExpressions;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Compares records after the masks of the corpus' README and says where they differ.</summary>
internal static partial class GoldenComparison
{
    // Long enough to see the value, short enough to read a list of them.
    private const int ShownCharacters = 300;

    /// <summary>The differences, one line each; empty if there are none.</summary>
    public static List<string> Compare(string what, IReadOnlyList<GoldenRecord> expected, IReadOnlyList<GoldenRecord> got)
    {
        var differences = new List<string>();
        if (expected.Count != got.Count)
        {
            differences.Add($"{what}: {expected.Count} records expected, got {got.Count}");
        }

        for (int i = 0; i < Math.Min(expected.Count, got.Count); i++)
        {
            string record = $"{what}, record {i + 1}";
            Add(differences, record, "topic", expected[i].Topic, got[i].Topic);
            Add(differences, record, "key", expected[i].Key, got[i].Key);
            Add(differences, record, "value", expected[i].Value, got[i].Value);
            Add(differences, record, "headers", expected[i].Headers, got[i].Headers);
            Add(differences, record, "partition", $"{expected[i].Partition}", $"{got[i].Partition}");
            // A copy of the envelope's time is a wall clock (mask 1).
            bool now = expected[i].TimestampMs is not null && got[i].TimestampMs == GoldenReplay.ReceivedAtUnixNs / 1_000_000;
            Add(differences, record, "timestamp", $"{(now ? null : expected[i].TimestampMs)}", $"{(now ? null : got[i].TimestampMs)}");
        }

        return differences;
    }

    /// <summary>The text with wall clocks and Java object identities replaced (masks 1 and 4).</summary>
    public static string? Mask(string? text)
    {
        if (text is null)
        {
            return null;
        }

        text = EnvelopeTime().Replace(text, "$1\"ts\":\"<wall clock>\"");
        text = CopiedTime().Replace(text, "$1<wall clock>");
        text = SnapshotOrigin().Replace(text, m => NumberInSnapshot().Replace(m.Value, "$1<snapshot>"));
        text = CloudSnapshot().IsMatch(text) ? CloudOrigin().Replace(text, "$1<snapshot>") : text;
        text = HeartbeatTime().Replace(text, "$1\"<wall clock>\"}");
        text = MessageIdentity().Replace(text, "LogicalDecodingMessageId@<identity>");
        text = Collections().Replace(text, SortCollections);
        return JavaIdentity().Replace(text, "<identity>");
    }

    private static void Add(List<string> differences, string record, string part, string? expected, string? got)
    {
        string? left = Mask(expected);
        string? right = Mask(got);
        if (left == right)
        {
            return;
        }

        string path = left is not null && right is not null && part is "key" or "value" ? Path(left!, right!) : $"$: expected {Short(left)}, got {Short(right)}";
        differences.Add($"{record}, {part} {path}");
    }

    private static string Path(string expected, string got)
    {
        try
        {
            using var left = JsonDocument.Parse(expected);
            using var right = JsonDocument.Parse(got);
            return Path("$", left.RootElement, right.RootElement) ?? $"$: the same JSON, written differently: expected {Short(expected)}, got {Short(got)}";
        }
        catch (JsonException error)
        {
            return $"$: not JSON ({error.Message}): expected {Short(expected)}, got {Short(got)}";
        }
    }

    private static string? Path(string at, JsonElement expected, JsonElement got)
    {
        if (expected.ValueKind == JsonValueKind.Object && got.ValueKind == JsonValueKind.Object)
        {
            var left = expected.EnumerateObject().ToList();
            var right = got.EnumerateObject().ToList();
            string names = string.Join(",", left.Select(p => p.Name));
            string gotNames = string.Join(",", right.Select(p => p.Name));
            return names != gotNames
                ? $"{at}: members expected {Short(names)}, got {Short(gotNames)}"
                : left.Zip(right).Select(p => Path($"{at}.{p.First.Name}", p.First.Value, p.Second.Value)).FirstOrDefault(p => p is not null);
        }

        if (expected.ValueKind == JsonValueKind.Array && got.ValueKind == JsonValueKind.Array && expected.GetArrayLength() == got.GetArrayLength())
        {
            return expected.EnumerateArray().Zip(got.EnumerateArray()).Select((p, i) => Path($"{at}[{i}]", p.First, p.Second)).FirstOrDefault(p => p is not null);
        }

        return expected.GetRawText() == got.GetRawText() ? null : $"{at}: expected {Short(expected.GetRawText())}, got {Short(got.GetRawText())}";
    }

    private static string Short(string? text) => text is null ? "null" : text.Length <= ShownCharacters ? text : $"{text[..ShownCharacters]}... ({text.Length} characters)";

    [GeneratedRegex("""("op":"[crudtm]",)"ts_ms":\d+(?:,"ts_us":\d+,"ts_ns":\d+)?""")]
    private static partial Regex EnvelopeTime();

    // Times and positions of a snapshot's rows are those of its moment (mask 2).
    [GeneratedRegex("""("source":\{)[^{}]*"snapshot":"(?!false")[^{}]*\}""")]
    private static partial Regex SnapshotOrigin();

    // The same of a CloudEvent.
    [GeneratedRegex("iodebeziumsnapshot\":\"(?!false)")]
    private static partial Regex CloudSnapshot();

    [GeneratedRegex("""("(?:time|iodebezium(?:tsms|tsus|tsns|txId|lsn))":"|;lsn:|;txId:|\[null,\\")[0-9TZ:.-]+""")]
    private static partial Regex CloudOrigin();

    [GeneratedRegex("""("(?:ts_ms|ts_us|ts_ns|txId|lsn)":|\[null,\\")\d+""")]
    private static partial Regex NumberInSnapshot();

    // Clocks that a transform copies into a row (mask 1).
    [GeneratedRegex("""("__ts_(?:ms|us|ns)":)\d+""")]
    private static partial Regex CopiedTime();

    [GeneratedRegex("""(^\{"ts_ms":|"payload":\{"ts_ms":)\d+\}""")]
    private static partial Regex HeartbeatTime();

    // The order of collections depends on Java's identities if there is one among them (mask 4): compared as a set.
    private static string SortCollections(Match match)
    {
        if (!match.Value.Contains("<identity>", StringComparison.Ordinal))
        {
            return match.Value;
        }

        return $"\"data_collections\":[{string.Join(',', match.Groups[1].Value.Split("},").Select(c => c.TrimEnd('}') + "}").Order(StringComparer.Ordinal))}]";
    }

    [GeneratedRegex("""\"data_collections\":\[([^]]+)\]""")]
    private static partial Regex Collections();

    [GeneratedRegex("LogicalDecodingMessageId@[0-9a-f]+")]
    private static partial Regex MessageIdentity();

    [GeneratedRegex(@"\[L?[A-Za-z.]+;?@[0-9a-f]+")]
    private static partial Regex JavaIdentity();
}
