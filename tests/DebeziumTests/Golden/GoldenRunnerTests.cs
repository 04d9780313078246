using System.Text.Json;
using System.Text.Json.Nodes;
using Penstock.Servers;

namespace Penstock.DebeziumTests.Golden;

/// <summary>The judge itself: made-up corpora, and wrong events that it must find.</summary>
public sealed class GoldenRunnerTests : IDisposable
{
    // One of the repository's own cases: found rows, then insert, update, delete with tombstone.
    private const string Model = "crud-and-snapshot";

    private readonly TemporaryFolder _folder = new("golden");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_right_case_passes_and_its_events_are_counted()
    {
        var result = await JudgeAsync(Copy());
        Assert.Equal((GoldenOutcome.Passed, 0, (string?)null), (result.Outcome, result.Differences.Count, result.Reason));
        Assert.Equal((Lines("events.jsonl").Count, 2, 0), (result.Counts.Events, result.Counts.SnapshotEvents, result.Counts.SnapshotEventsLeftOut));
    }

    [Theory]
    [InlineData("value", "schemas off")]
    [InlineData("valueWithSchema", "schemas on")]
    public async Task A_wrong_value_is_named_by_record_path_expected_and_got(string member, string way)
    {
        string folder = Copy();
        Edit(2, line => line[member] = line[member]!.GetValue<string>().Replace("Caf\u00e9", "Tea", StringComparison.Ordinal));
        var result = await JudgeAsync(folder);
        Assert.Equal(GoldenOutcome.Failed, result.Outcome);
        string difference = Assert.Single(result.Differences);
        string path = way == "schemas on" ? "$.payload.after.name" : "$.after.name";
        Assert.StartsWith($"{way}, record 3 (own.public.customers), value {path}: expected \"Tea", difference, StringComparison.Ordinal);
        Assert.Contains(", got \"Caf", difference, StringComparison.Ordinal);
        var failure = Assert.ThrowsAny<Exception>(() => result.Assert("the-case"));
        Assert.Contains("the-case:\n  ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Topic_headers_partition_and_the_writing_of_JSON_are_compared()
    {
        string folder = Copy();
        Edit(2, line => line["topic"] = "other");
        Edit(3, line => line["headers"]!.AsArray().Add(new JsonArray("more", "x")));
        Edit(4, line => line["partition"] = 7);
        Edit(5, line => line["key"] = line["key"] is { } key ? key.GetValue<string>().Replace(":", ": ", StringComparison.Ordinal) : "{}");
        var result = await JudgeAsync(folder);
        Assert.Contains(result.Differences, d => d.Contains("record 3 (other), topic: expected other, got own.public.customers", StringComparison.Ordinal));
        Assert.Contains(result.Differences, d => d.Contains("record 4 (own.public.customers), headers $: expected", StringComparison.Ordinal));
        Assert.Contains(result.Differences, d => d.Contains("record 5 (own.public.customers), partition: expected 7, got ", StringComparison.Ordinal));
        Assert.Contains(result.Differences, d => d.Contains("record 6 (own.public.customers), key $: the same JSON, written differently", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_and_an_extra_record_are_shown_without_all_that_is_behind_them()
    {
        string folder = Copy();
        var lines = Lines("events.jsonl");
        File.WriteAllLines(Path.Combine(folder, "events.jsonl"), lines.Where((_, i) => i != 2));
        var result = await JudgeAsync(folder);
        Assert.Equal(
            [$"schemas off: {lines.Count - 1} records expected, got {lines.Count}", "schemas off, record 3: got own.public.customers"],
            result.Differences.Take(2).Select(d => d.Split(" key ")[0]));
        Assert.Equal(4, result.Differences.Count);
    }

    [Fact]
    public async Task Two_records_that_changed_places_differ()
    {
        string folder = Copy();
        var lines = Lines("events.jsonl");
        (lines[2], lines[3]) = (lines[3], lines[2]);
        File.WriteAllLines(Path.Combine(folder, "events.jsonl"), lines);
        Assert.Equal(GoldenOutcome.Failed, (await JudgeAsync(folder)).Outcome);
    }

    [Fact]
    public async Task An_option_that_nobody_knows_is_named_and_the_case_counts_as_not_run()
    {
        string folder = Copy();
        File.AppendAllText(Path.Combine(folder, "connector.properties"), "\nno.such.option=1\ntime.precision.mode=sundial\n");
        var result = await JudgeAsync(folder);
        Assert.Equal(GoldenOutcome.NotRun, result.Outcome);
        Assert.Contains("option no.such.option: ", result.Reason, StringComparison.Ordinal);
        Assert.Contains("option time.precision.mode: is not right", result.Reason, StringComparison.Ordinal);
        Assert.Throws<CaseNotRunException>(() => result.Assert("x"));
    }

    [Fact]
    public async Task Without_base_properties_the_case_says_itself_who_the_connector_is()
    {
        string folder = Copy();
        File.Delete(_folder["corpus/base.properties"]);
        File.WriteAllText(Path.Combine(folder, "connector.properties"), "slot.name = elsewhere\r\npublication.name:p2\r\n");
        var result = await JudgeAsync(folder);
        Assert.Equal((GoldenOutcome.Passed, 2), (result.Outcome, result.Counts.SnapshotEvents));
    }

    [Fact]
    public async Task Fields_of_the_catalogue_that_are_new_are_passed_over()
    {
        string folder = Copy();
        Catalog(folder, catalog =>
        {
            catalog["made"] = "today";
            catalog["catalogs"]![0]!["tables"]![0]!["colour"] = "red";
            catalog["catalogs"]![0]!["tables"]![0]!["columns"]![0]!["taste"] = new JsonArray(1, 2);
        });
        Assert.Equal(GoldenOutcome.Passed, (await JudgeAsync(folder)).Outcome);
    }

    [Theory]
    [InlineData("events.jsonl", "{\"topic\":")]
    [InlineData("catalog.json", "[]")]
    [InlineData("wal.jsonl", "{\"start\":\"nowhere\",\"data\":\"\"}")]
    public async Task A_file_that_cannot_be_read_is_named(string file, string content)
    {
        string folder = Copy();
        File.WriteAllText(Path.Combine(folder, file), content);
        var result = await JudgeAsync(folder);
        Assert.Equal(GoldenOutcome.Failed, result.Outcome);
        Assert.StartsWith($"{file} cannot be read: ", Assert.Single(result.Differences), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_catalogue_the_case_is_not_run_and_says_why()
    {
        string folder = Copy();
        File.Delete(Path.Combine(folder, "catalog.json"));
        var result = await JudgeAsync(folder);
        Assert.Equal((GoldenOutcome.NotRun, 2), (result.Outcome, result.Counts.SnapshotEventsLeftOut));
        Assert.Contains("no catalog.json", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_without_rows_and_without_a_server_is_left_out_and_counted()
    {
        string folder = Copy();
        File.Delete(Path.Combine(folder, "snapshot.jsonl"));
        var result = await JudgeAsync(folder);
        Assert.Equal((GoldenOutcome.Passed, 0, 2), (result.Outcome, result.Counts.SnapshotEvents, result.Counts.SnapshotEventsLeftOut));
        Assert.Contains("no Postgres server", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kept_rows_get_the_case_s_own_OIDs_and_only_for_the_setup_that_made_them()
    {
        string folder = Copy();
        string kept = Directory.CreateDirectory(_folder["rows"]).FullName;
        MoveToOtherOids(folder, Path.Combine(kept, Path.GetFileName(folder) + ".jsonl"));
        Assert.Equal((GoldenOutcome.Passed, 2), (await JudgeAsync(folder, kept)) is var found ? (found.Outcome, found.Counts.SnapshotEvents) : default);
        File.AppendAllText(Path.Combine(folder, "setup.sql"), "-- another one\n");
        Assert.Equal(2, (await JudgeAsync(folder, kept)).Counts.SnapshotEventsLeftOut);
    }

    [Fact]
    public async Task Where_the_connector_fails_going_on_is_a_difference()
    {
        string folder = Copy();
        File.WriteAllText(Path.Combine(folder, "failure.txt"), "java.lang.Exception: no\n at X");
        var result = await JudgeAsync(folder);
        Assert.All(result.Differences, d => Assert.EndsWith("Debezium's connector fails here (java.lang.Exception: no), this decoder goes on", d, StringComparison.Ordinal));
        Assert.Equal(2, result.Differences.Count);
    }

    [Fact]
    public async Task Where_both_fail_the_records_before_are_compared()
    {
        string folder = Copy();
        // The stream is cut inside of its fourth change: all before it must be there.
        var wal = Lines("wal.jsonl");
        int change = wal.FindLastIndex(line => Convert.FromBase64String(JsonNode.Parse(line)!["data"]!.GetValue<string>())[0] == 'I');
        var broken = JsonNode.Parse(wal[change])!;
        broken["data"] = Convert.ToBase64String(Convert.FromBase64String(broken["data"]!.GetValue<string>())[..7]);
        File.WriteAllLines(Path.Combine(folder, "wal.jsonl"), [.. wal.Take(change), broken.ToJsonString()]);
        var differences = (await JudgeAsync(folder)).Differences;
        Assert.Contains(differences, d => d.Contains("the decoder fails: ", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(folder, "failure.txt"), "an exception");
        var events = Lines("events.jsonl");
        File.WriteAllLines(Path.Combine(folder, "events.jsonl"), events.Take(events.Count - 1));
        var result = await JudgeAsync(folder);
        Assert.Equal((GoldenOutcome.Passed, events.Count - 1), (result.Outcome, result.Counts.Events));
    }

    [Fact]
    public void A_case_on_the_list_must_still_differ()
    {
        var known = new GoldenList("known-failures.txt");
        string name = known.Reasons.Keys.First();
        Assert.Equal(GoldenOutcome.Known, GoldenResult.Of(name, ["something"], default, known).Outcome);
        var result = GoldenResult.Of(name, [], default, known);
        Assert.Equal(GoldenOutcome.Failed, result.Outcome);
        Assert.Contains("take it off the list", Assert.Single(result.Differences), StringComparison.Ordinal);
    }

    [Fact]
    public void Cases_are_found_at_any_depth_and_a_case_may_be_asked_for_by_itself()
    {
        string one = Copy();
        string deep = Directory.CreateDirectory(_folder["corpus/group/deep"]).FullName;
        File.WriteAllText(Path.Combine(deep, "connector.properties"), "");
        Assert.Equal([deep, one], GoldenCorpus.Under(_folder["corpus"]).Order(StringComparer.Ordinal));
        Assert.Equal([one], GoldenCorpus.Under(one + "/"));
        string empty = Directory.CreateDirectory(_folder["empty"]).FullName;
        Assert.Contains("has no case", Assert.Throws<DirectoryNotFoundException>(() => GoldenCorpus.Under(empty)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cases_of_the_same_name_are_told_apart() =>
        Assert.Equal(["b", "x/a", "y/a"], GoldenCorpus.Name(["/one/x/a", "/one/y/a", "/two/b", "/two/b"]).Keys);

    [Fact]
    public void The_report_has_a_row_of_counts_and_a_line_for_each_case_that_has_something_to_say()
    {
        var report = new GoldenReport("a, test");
        report.Add("fine", new GoldenResult(GoldenOutcome.Passed, null, [], new GoldenCounts(5, 2, 0)));
        report.Add("partly", new GoldenResult(GoldenOutcome.Passed, "no rows", [], new GoldenCounts(3, 0, 4)));
        report.Add("wrong", new GoldenResult(GoldenOutcome.Failed, null, ["record 1, value $.x: expected 1, got 2", "more"], new GoldenCounts(1, 0, 0)));
        report.Add("never", GoldenResult.NotRun("no extension"));
        Assert.Equal(["a,", "test", "2", "0", "1", "1", "4", "9", "2", "4"], report.Row().Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(
            [
                "a wrong: FAILED, 2 differences, the first: record 1, value $.x: expected 1, got 2",
                "a never: NOT RUN, no extension",
                "a partly: passed, 4 events of a snapshot left out: no rows",
            ],
            report.Cases());
    }

    private static Task<GoldenResult> JudgeAsync(string folder, string keptRows = "/nowhere") => new GoldenJudge(new GoldenList("known-failures.txt"), keptRows, null).JudgeAsync(folder);

    /// <summary>A corpus of one case, a copy of the model, which the tests then change.</summary>
    private string Copy()
    {
        string folder = Directory.CreateDirectory(_folder["corpus/made-up"]).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(GoldenCorpus.OwnRoot, Model)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        File.Copy(Path.Combine(GoldenCorpus.OwnRoot, "base.properties"), _folder["corpus/base.properties"]);
        return folder;
    }

    private List<string> Lines(string file) => [.. File.ReadLines(_folder[$"corpus/made-up/{file}"])];

    private void Edit(int number, Action<JsonNode> edit)
    {
        var lines = Lines("events.jsonl");
        var line = JsonNode.Parse(lines[number])!;
        edit(line);
        lines[number] = line.ToJsonString();
        File.WriteAllLines(_folder["corpus/made-up/events.jsonl"], lines);
    }

    private static void Catalog(string folder, Action<JsonNode> edit)
    {
        string path = Path.Combine(folder, "catalog.json");
        var catalog = JsonNode.Parse(File.ReadAllText(path))!;
        edit(catalog);
        File.WriteAllText(path, catalog.ToJsonString());
    }

    /// <summary>The case's rows as another database would have given them: every table under another OID.</summary>
    private static void MoveToOtherOids(string folder, string path)
    {
        const uint Distance = 1000;
        using var catalog = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "catalog.json")));
        var tables = catalog.RootElement.GetProperty("catalogs")[0].GetProperty("tables").EnumerateArray().ToDictionary(
            table => table.GetProperty("oid").GetUInt32() + Distance,
            table => SnapshotRows.NameOf(table.GetProperty("schema").GetString()!, table.GetProperty("name").GetString()!));
        var golden = new GoldenCase(folder);
        List<GoldenMessage> moved = [.. golden.SnapshotRows!.In(golden.Catalog).Select(message => message with { Data = Moved(message.Data, Distance) })];
        new SnapshotRows(SnapshotRows.DigestOf(folder), moved, tables, new Dictionary<uint, string>()).Write(path);
        File.Delete(Path.Combine(folder, "snapshot.jsonl"));
    }

    private static byte[] Moved(byte[] message, uint distance)
    {
        byte[] moved = [.. message];
        var oid = moved.AsSpan(1, 4);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(oid, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(oid) + distance);
        return moved;
    }
}
