using System.Globalization;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary><c>PENSTOCK_COMPAT</c> through the whole program: what consumers get, and what the log and the health endpoint say.</summary>
public class CompatTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private const string Prices = """
        CREATE TABLE prices (id int PRIMARY KEY, n name, price numeric(8,2), sold date, place box, body text);
        ALTER TABLE prices ALTER body SET STORAGE EXTERNAL;
        INSERT INTO prices VALUES (1, 'one', 'NaN', 'infinity', '(1,1),(0,0)', repeat('x', 5000));
        """;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(12);

    [KafkaFact]
    public async Task Debeziums_output_loses_and_says_so_once()
    {
        var pipeline = await fixture.PrepareAsync(Prices, "public.prices");
        int port = FreePort.Find();
        pipeline.With("PENSTOCK_HTTP", port.ToString(CultureInfo.InvariantCulture));
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("INSERT INTO prices VALUES (2, 'two', 'NaN', 'infinity'); INSERT INTO prices VALUES (3, 'three', 1, NULL)");
        var records = pipeline.Read(3);
        Assert.Contains("\"n\":\"one\",\"price\":null,\"sold\":-622191234,\"body\":", records[0].ValueText, StringComparison.Ordinal);
        Assert.Contains("\"n\":null,\"price\":null,\"sold\":-2147472692,\"body\":null}", records[1].ValueText, StringComparison.Ordinal);
        foreach (string column in (string[])["n of type name", "price of type numeric(8,2)", "sold of type date"])
        {
            await process.WaitForLineAsync($"public\\.prices {System.Text.RegularExpressions.Regex.Escape(column)} are not in the events", TimeSpan.FromSeconds(20));
        }

        await process.WaitForLineAsync("public\\.prices place of type box is in no event", TimeSpan.FromSeconds(20));
        using var client = new HttpClient();
        string health = await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/healthz"));
        Assert.Contains("""{"table":"public.prices","column":"price","type":"numeric(8,2)","values":2}""", health, StringComparison.Ordinal);
        Assert.Contains("""{"table":"public.prices","column":"n","type":"name","values":2}""", health, StringComparison.Ordinal);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        Assert.Single(process.Lines, line => line.Contains("price of type numeric(8,2) are not", StringComparison.Ordinal));
    }

    [KafkaFact]
    public async Task Correct_writes_what_the_row_holds_and_marks_the_rest()
    {
        var pipeline = await fixture.PrepareAsync(Prices, "public.prices");
        pipeline.With("PENSTOCK_COMPAT", "correct");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync("UPDATE prices SET price = 2; INSERT INTO prices VALUES (2, 'one', 'NaN', 'infinity', '(1,1),(0,0)', repeat('x', 5000)); DELETE FROM prices WHERE id = 1");
        var records = pipeline.Read(5);
        Assert.Equal(0, await process.StopAsync(StopLimit));
        string row = $"\"n\":\"one\",\"price\":null,\"sold\":2147483647,\"place\":\"(1,1),(0,0)\",\"body\":\"{new string('x', 5000)}\"}}";
        Assert.Contains($"\"after\":{{\"id\":1,{row}", records[0].ValueText, StringComparison.Ordinal);
        Assert.Contains($"\"after\":{{\"id\":2,{row}", records[2].ValueText, StringComparison.Ordinal);
        Assert.Equal("[\"after.price\"]", Header(records[0], "__penstock.lost"));
        Assert.Equal("[\"after.price\"]", Header(records[2], "__penstock.lost"));
        Assert.Equal("[\"after.body\"]", Header(records[1], "__penstock.unavailable"));
        Assert.Null(Header(records[1], "__penstock.lost"));
        Assert.Contains("\"before\":{\"id\":1,\"n\":null,\"price\":null,\"sold\":null,\"place\":null,\"body\":null}", records[3].ValueText, StringComparison.Ordinal);
        Assert.Single(process.Lines, line => line.Contains("__penstock.lost names the column", StringComparison.Ordinal));
        Assert.DoesNotContain(process.Lines, line => line.Contains("is in no event", StringComparison.Ordinal));
    }

    [KafkaTheory]
    [InlineData("correct", 3)]
    [InlineData("strict-debezium", 0)]
    public async Task A_key_that_the_server_does_not_send_is_refused_or_said(string compat, int exitCode)
    {
        var pipeline = await fixture.PrepareAsync(
            "CREATE TABLE t (id int PRIMARY KEY, code int NOT NULL UNIQUE); ALTER TABLE t REPLICA IDENTITY USING INDEX t_code_key", "public.t");
        pipeline.With("PENSTOCK_COMPAT", compat).With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        var (exit, output) = await pipeline.RunToEndAsync("check");
        Assert.Equal(exitCode, exit);
        Assert.Contains("key of table public.t has \"id\"", Plain(output), StringComparison.Ordinal);
        Assert.Contains("ALTER TABLE \"public\".\"t\" REPLICA IDENTITY FULL", Plain(output), StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_value_that_no_rule_covers_stops_the_pipeline_with_a_way_on()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE t (id int PRIMARY KEY, price numeric(8,2) NOT NULL)", "public.t");
        pipeline.With("PENSTOCK_SNAPSHOT_MODE", "no_data");
        await using (var process = await pipeline.StartStreamingAsync())
        {
            await pipeline.ExecuteAsync("INSERT INTO t VALUES (1, 4.75); INSERT INTO t VALUES (2, 'NaN'); INSERT INTO t VALUES (3, 5)");
            Assert.Equal(1, await process.WaitForExitAsync(TimeSpan.FromSeconds(30)));
            string said = Assert.Single(process.Lines, line => line.Contains("cannot decode the change", StringComparison.Ordinal));
            Assert.Matches(@"at [0-9A-F]+/[0-9A-F]+ \(position [0-9A-F]+/[0-9A-F]+:\d+\): column public\.t\.price \(numeric\(8,2\)\)", said);
            Assert.Contains(@"PENSTOCK_COLUMN_AS_TEXT='public\.t\.price'", Plain(said), StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", said, StringComparison.Ordinal);
            Assert.DoesNotContain("4.75", string.Concat(process.Lines), StringComparison.Ordinal);
        }

        pipeline.With("PENSTOCK_COLUMN_AS_TEXT", @"public\.t\.price");
        await using var second = await pipeline.StartStreamingAsync();
        var last = pipeline.Read(4).TakeLast(2).ToList();
        Assert.Contains("\"price\":\"NaN\"", last[0].ValueText, StringComparison.Ordinal);
        Assert.Contains("\"price\":\"5.00\"", last[1].ValueText, StringComparison.Ordinal);
        Assert.Equal(0, await second.StopAsync(StopLimit));
    }

    private static string? Header(TopicRecord record, string name) =>
        record.Headers.FirstOrDefault(h => h.Key == name).Value is { } value ? System.Text.Encoding.UTF8.GetString(value) : null;

    // A log line without the backslashes of logfmt.
    private static string Plain(string line) => line.Replace("\\\"", "\"", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal);
}
