using System.Text.Json;

namespace Penstock.DebeziumTests.Golden;

/// <summary>
/// The options of a case: <c>base.properties</c> of the folder above (or the one above that), and <c>connector.properties</c> over it. What names the connector and stands in neither
/// is read off the case: a corpus need not have a <c>base.properties</c>.
/// </summary>
internal static class CaseOptions
{
    private static readonly string[] NamesConnector = ["topic.prefix", "database.dbname", "snapshot.mode"];

    public static SortedDictionary<string, string> Read(string folder)
    {
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal);
        string? above = Path.GetDirectoryName(folder);
        string? common = new[] { above, Path.GetDirectoryName(above) }.FirstOrDefault(f => f is not null && File.Exists(Path.Combine(f, "base.properties")));
        if (common is not null)
        {
            JavaProperties.Read(Path.Combine(common, "base.properties"), options);
        }

        JavaProperties.Read(Path.Combine(folder, "connector.properties"), options);
        if (NamesConnector.Any(name => !options.ContainsKey(name)))
        {
            var (prefix, database, hasSnapshot) = Evidence(folder);
            options.TryAdd("topic.prefix", prefix);
            options.TryAdd("database.dbname", database);
            options.TryAdd("snapshot.mode", hasSnapshot ? "initial" : "no_data");
        }

        // Debezium's own defaults.
        options.TryAdd("slot.name", "debezium");
        options.TryAdd("publication.name", "dbz_publication");
        return options;
    }

    // The source block of the first event that has one, and whether any event is of the initial snapshot.
    private static (string Prefix, string Database, bool HasSnapshot) Evidence(string folder)
    {
        string prefix = "golden";
        string database = "golden";
        string path = Path.Combine(folder, "events.jsonl");
        if (!File.Exists(path))
        {
            return (prefix, database, false);
        }

        bool hasSnapshot = false;
        bool isNamed = false;
        foreach (string line in File.ReadLines(path).Where(l => l.Length > 0))
        {
            using var record = JsonDocument.Parse(line);
            hasSnapshot |= record.RootElement.TryGetProperty("snapshotEvent", out var snapshot) && snapshot.ValueKind == JsonValueKind.True;
            if (isNamed || record.RootElement.GetProperty("value").GetString() is not { Length: > 0 } text || text[0] != '{')
            {
                continue;
            }

            using var value = JsonDocument.Parse(text);
            if (value.RootElement.TryGetProperty("source", out var source) && source.ValueKind == JsonValueKind.Object)
            {
                prefix = source.GetProperty("name").GetString() ?? prefix;
                database = source.GetProperty("db").GetString() ?? database;
                isNamed = true;
            }
        }

        return (prefix, database, hasSnapshot);
    }
}
