using System.Text.Json;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Compares records, masked where they differ from run to run, and says where they differ: record, JSON path, expected, got.</summary>
internal static class GoldenComparison
{
    // Long enough to see the value, short enough to read a list of them.
    private const int ShownCharacters = 300;

    // Differences of one key or value: the first few tell what kind it is.
    private const int ShownPaths = 5;

    /// <summary>The differences, one line each; empty if there are none.</summary>
    public static List<string> Compare(string what, IEnumerable<GoldenRecord> expected, IEnumerable<GoldenRecord> got)
    {
        List<GoldenRecord> left = [.. expected];
        List<GoldenRecord> right = [.. got];
        var differences = new List<string>();
        if (left.Count == right.Count)
        {
            for (int i = 0; i < left.Count; i++)
            {
                differences.AddRange(Compare($"{what}, record {i + 1} ({left[i].Topic})", left[i], right[i]));
            }

            return differences;
        }

        // One record too many or too few shifts all behind it: what is the same at both ends is left out.
        int most = Math.Min(left.Count, right.Count);
        int start = Enumerable.Range(0, most).TakeWhile(i => left[i] == right[i]).Count();
        int end = Enumerable.Range(1, most - start).TakeWhile(i => left[^i] == right[^i]).Count();
        differences.Add($"{what}: {left.Count} records expected, got {right.Count}");
        differences.AddRange(Enumerable.Range(start, left.Count - end - start).Select(i => $"{what}, record {i + 1}: expected {Shown(left[i])}"));
        differences.AddRange(Enumerable.Range(start, right.Count - end - start).Select(i => $"{what}, record {i + 1}: got {Shown(right[i])}"));
        return differences;
    }

    private static IEnumerable<string> Compare(string record, GoldenRecord expected, GoldenRecord got) =>
    [
        .. Texts(record, "topic", expected.Topic, got.Topic),
        .. Json(record, "key", expected.Key, got.Key),
        .. Json(record, "value", expected.Value, got.Value),
        .. Json(record, "headers", expected.Headers, got.Headers),
        .. Texts(record, "timestamp", $"{expected.TimestampMs}", $"{got.TimestampMs}"),
        .. Texts(record, "partition", $"{expected.Partition}", $"{got.Partition}"),
    ];

    private static IEnumerable<string> Texts(string record, string part, string? expected, string? got)
    {
        if (expected != got)
        {
            yield return $"{record}, {part}: expected {Short(expected)}, got {Short(got)}";
        }
    }

    private static IEnumerable<string> Json(string record, string part, string? expected, string? got)
    {
        if (expected == got || expected is null || got is null)
        {
            return Texts(record, part, expected, got);
        }

        try
        {
            using var left = JsonDocument.Parse(expected);
            using var right = JsonDocument.Parse(got);
            List<string> paths = [.. Paths("$", left.RootElement, right.RootElement).Take(ShownPaths)];
            return paths.Count > 0
                ? paths.Select(path => $"{record}, {part} {path}")
                : [$"{record}, {part} $: the same JSON, written differently: expected {Short(expected)}, got {Short(got)}"];
        }
        catch (JsonException error)
        {
            return [$"{record}, {part} $: not JSON ({error.Message}): expected {Short(expected)}, got {Short(got)}"];
        }
    }

    private static IEnumerable<string> Paths(string at, JsonElement expected, JsonElement got)
    {
        if (expected.ValueKind == JsonValueKind.Object && got.ValueKind == JsonValueKind.Object)
        {
            var left = expected.EnumerateObject().ToList();
            var right = got.EnumerateObject().ToList();
            string names = string.Join(",", left.Select(p => p.Name));
            string gotNames = string.Join(",", right.Select(p => p.Name));
            return names != gotNames
                ? [$"{at}: members expected {Short(names)}, got {Short(gotNames)}"]
                : left.Zip(right).SelectMany(p => Paths($"{at}.{p.First.Name}", p.First.Value, p.Second.Value));
        }

        if (expected.ValueKind == JsonValueKind.Array && got.ValueKind == JsonValueKind.Array && expected.GetArrayLength() == got.GetArrayLength())
        {
            return expected.EnumerateArray().Zip(got.EnumerateArray()).SelectMany((p, i) => Paths($"{at}[{i}]", p.First, p.Second));
        }

        return expected.GetRawText() == got.GetRawText() ? [] : [$"{at}: expected {Short(expected.GetRawText())}, got {Short(got.GetRawText())}"];
    }

    private static string Shown(GoldenRecord record) => $"{record.Topic} key {Short(record.Key)} value {Short(record.Value)}";

    private static string Short(string? text) => text is null ? "null" : text.Length <= ShownCharacters ? text : $"{text[..ShownCharacters]}... ({text.Length} characters)";
}
