using System.Text;
using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>The header <c>traceparent</c>, of a column and of a message.</summary>
public sealed class TraceParentHeaderTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private const string First = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Second = "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-00";
    private const string Third = "00-2af7651916cd43dd8448eb211c80319c-d7ad6b7169203331-01";

    [KafkaFact]
    public async Task A_row_or_its_transaction_tells_the_trace()
    {
        var pipeline = await fixture.PrepareAsync(
            $"CREATE TABLE t (id int PRIMARY KEY, traceparent text, v int); ALTER TABLE t REPLICA IDENTITY FULL; CREATE TABLE u (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, '{First}', 0)",
            "public.t",
            "public.u");
        pipeline.With("PENSTOCK_TRACEPARENT_COLUMN", "traceparent").With("PENSTOCK_TRACEPARENT_MESSAGE_PREFIX", "trace").With("PENSTOCK_COLUMN_EXCLUDE_LIST", "public.t.traceparent").With("PENSTOCK_MESSAGE_PREFIX_EXCLUDE_LIST", "trace");
        await using var process = await pipeline.StartStreamingAsync();
        await pipeline.ExecuteAsync($"INSERT INTO t VALUES (2, '{First}', 0), (3, 'no trace', 0), (4, NULL, 0)");
        await pipeline.ExecuteAsync($"BEGIN; SELECT pg_logical_emit_message(true, 'trace', '{Second}'); INSERT INTO u VALUES (1, 0); INSERT INTO t VALUES (5, '{Third}', 0), (6, NULL, 0); COMMIT; INSERT INTO u VALUES (2, 0)");
        await pipeline.ExecuteAsync("UPDATE t SET v = 1 WHERE id = 2; UPDATE t SET id = 20 WHERE id = 2; DELETE FROM t WHERE id = 20");
        // The update, delete and tombstone and create of the key's change, delete and tombstone; a snapshot row has no trace of today.
        var records = pipeline.Read(14);
        Assert.Equal(
            [
                "public.t r -", $"public.t c {First}", "public.t c -", "public.t c -", $"public.t c {Third}", $"public.t c {Second}",
                $"public.t u {First}", $"public.t d {First}", $"public.t x {First}", $"public.t c {First}", $"public.t d {First}", $"public.t x {First}",
                $"public.u c {Second}", "public.u c -",
            ],
            records.OrderBy(record => record.Topic, StringComparer.Ordinal).ThenBy(record => record.Offset).Select(record => Line(record, pipeline.Name)));
        Assert.DoesNotContain(records, record => record.ValueText?.Contains("traceparent", StringComparison.Ordinal) == true);
        Assert.Equal(0, await process.StopAsync(TimeSpan.FromSeconds(20)));
    }

    private static string Line(TopicRecord record, string name)
    {
        string operation = record.Value is null ? "x" : record.Operation();
        byte[]? trace = record.Headers.SingleOrDefault(header => header.Key == "traceparent").Value;
        return $"{record.Topic[(name.Length + 1)..]} {operation} {(trace is null ? "-" : Encoding.ASCII.GetString(trace))}";
    }
}
