using System.Text;
using System.Text.Json;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Values;
using Penstock.DebeziumTests.Golden;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;
using Xunit.Abstractions;

namespace Penstock.DebeziumTests.Values;

/// <summary>
/// Snapshot cases of the corpus carry no rows of their own, but the stream of their sibling case does: the same rows, in text. Encoded as snapshot rows they must give
/// the <c>after</c> and the schema that Debezium's snapshot gave.
/// </summary>
[Trait("Category", "Golden")]
public sealed class SnapshotValuesTests(ITestOutputHelper log)
{
    /// <summary>Beginning of a snapshot case's name, and of its sibling's.</summary>
    private static readonly (string Snapshot, string Stream)[] Siblings =
    [
        ("06b-", "06a-"), ("07b-", "07a-"), ("07e-", "07d-"), ("08b-", "08a-"), ("08e-", "08d-"), ("10c2-", "10c-"), ("10e-", "10d-"), ("10g-", "10f-"), ("10i-", "10h-"),
        ("10k-", "10j-"), ("10o-", "10n-"), ("10q-", "10p-"), ("18e-", "18a-"), ("18e-", "18b-"), ("18e-", "18c-"),
    ];

    [Fact]
    public void Snapshot_rows_are_those_of_Debezium()
    {
        var differences = new List<string>();
        int pairs = 0;
        foreach (string folder in GoldenCorpus.Cases)
        {
            string name = Path.GetFileName(folder);
            foreach (var (_, stream) in Siblings.Where(s => name.StartsWith(s.Snapshot, StringComparison.Ordinal)))
            {
                string? sibling = GoldenCorpus.Cases.FirstOrDefault(c => IsSibling(Path.GetFileName(c), name, stream));
                if (sibling is not null)
                {
                    pairs++;
                    int values = Compare(new GoldenCase(folder), new GoldenCase(sibling), differences);
                    log.WriteLine($"{name} with the rows of {Path.GetFileName(sibling)}: {values} values");
                }
            }
        }

        if (pairs == 0)
        {
            log.WriteLine("skipped: no corpus (PENSTOCK_GOLDEN_DIRS, or ../shared/golden)");
            return;
        }

        Assert.True(differences.Count == 0, string.Join("\n", differences.Take(30)));
    }

    // "06b-numeric-double-snapshot" takes "06a-numeric-double"; where the sibling has no modes in its name, the beginning decides.
    private static bool IsSibling(string candidate, string snapshot, string stream)
    {
        if (!candidate.StartsWith(stream, StringComparison.Ordinal))
        {
            return false;
        }

        string topic = snapshot[(snapshot.IndexOf('-', StringComparison.Ordinal) + 1)..].Replace("-snapshot", "", StringComparison.Ordinal);
        string own = candidate[stream.Length..];
        bool hasModes = stream is "06a-" or "07a-" or "07d-" or "10j-";
        return !hasModes || own == topic;
    }

    private static int Compare(GoldenCase snapshot, GoldenCase stream, List<string> differences)
    {
        var rows = Rows(stream);
        var modes = GoldenFormat.From(snapshot.Options, schemas: false).Values;
        var table = new EncoderTable(modes, snapshot.Catalog);
        var tables = Tables(snapshot);
        int values = 0;
        foreach (string line in File.ReadLines(Path.Combine(snapshot.Folder, "events.jsonl")))
        {
            using var record = JsonDocument.Parse(line);
            using var value = JsonDocument.Parse(record.RootElement.GetProperty("value").GetString()!);
            using var withSchema = JsonDocument.Parse(record.RootElement.GetProperty("valueWithSchema").GetString()!);
            if (value.RootElement.GetProperty("op").GetString() != "r")
            {
                continue;
            }

            var after = value.RootElement.GetProperty("after");
            var source = value.RootElement.GetProperty("source");
            string relation = source.GetProperty("table").GetString()!;
            var columns = tables.First(t => t.Name == relation).Columns;
            var fields = withSchema.RootElement.GetProperty("schema").GetProperty("fields")[1].GetProperty("fields").EnumerateArray().ToList();
            foreach (var column in columns)
            {
                var encoder = table.Find(column.TypeOid, column.TypeModifier, RowOrigin.Snapshot);
                if (encoder is null)
                {
                    Check($"{snapshot.Name} {relation}.{column.Name}", after.TryGetProperty(column.Name, out _) ? "present" : "absent", "absent", differences);
                    continue;
                }

                string where = $"{snapshot.Name} {relation}.{column.Name} {column.Type}";
                string? defaultJson = table.DefaultJson(encoder, column);
                var field = fields.First(f => f.GetProperty("field").GetString() == column.Name);
                bool optional = field.GetProperty("optional").GetBoolean();
                var node = encoder.Schema with { Optional = optional, DefaultJson = defaultJson, Field = column.Name };
                if (!column.DefaultExpression?.Contains(":07.", StringComparison.Ordinal) ?? true)
                {
                    Check(where + " schema", field.GetRawText(), Encoding.UTF8.GetString(SchemaWriter.Write(node)), differences);
                }

                string expected = after.GetProperty(column.Name).GetRawText();
                if (rows.TryGetValue((relation, after.EnumerateObject().First().Value.GetRawText().Trim('"')), out var row) && row.TryGetValue(column.Name, out byte[]? text))
                {
                    values++;
                    string written = text is null ? defaultJson ?? "null" : Encoded.Json(encoder, text);
                    Check(where, expected, written == "null" ? defaultJson ?? written : written, differences);
                }
            }
        }

        return values;
    }

    private static List<CatalogTable> Tables(GoldenCase golden)
    {
        using var catalog = JsonDocument.Parse(File.ReadAllText(Path.Combine(golden.Folder, "catalog.json")));
        return [.. catalog.RootElement.GetProperty("catalogs")[0].GetProperty("tables").EnumerateArray().Select(t => golden.Catalog.FindTable(t.GetProperty("oid").GetUInt32())!)];
    }

    private static void Check(string where, string expected, string got, List<string> differences)
    {
        if (expected != got)
        {
            differences.Add($"{where}: expected {expected}, got {got}");
        }
    }

    /// <summary>Inserted rows by table and text of the first column; the first row of a key wins, later ones came by updates.</summary>
    private static Dictionary<(string Table, string Key), Dictionary<string, byte[]?>> Rows(GoldenCase golden)
    {
        var relations = new Dictionary<uint, Relation>();
        var rows = new Dictionary<(string, string), Dictionary<string, byte[]?>>();
        foreach (var message in golden.Messages)
        {
            var reader = new PgOutputReader(message.Data);
            byte type = reader.ReadByte();
            if (type == 'R')
            {
                var relation = reader.ReadRelation();
                relations[relation.Oid] = relation;
            }
            else if (type == 'I')
            {
                var relation = relations[reader.ReadUInt32()];
                reader.ReadByte();
                reader.ReadInt16();
                var row = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
                foreach (var column in relation.Columns)
                {
                    row[column.Name] = reader.ReadByte() == 't' ? reader.ReadBytes(reader.ReadInt32()).ToArray() : null;
                }

                rows.TryAdd((relation.Name, Encoding.UTF8.GetString(row[relation.Columns[0].Name]!)), row);
            }
        }

        return rows;
    }
}
