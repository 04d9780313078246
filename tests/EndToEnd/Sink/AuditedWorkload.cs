namespace Penstock.EndToEnd.Sink;

/// <summary>Rows that come, change, move to other keys and go, and one row for each transaction in a table without a key, where nothing would keep it from being added twice.</summary>
internal static class AuditedWorkload
{
    public const string Tables = "CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL, note text); CREATE TABLE audit (id bigint, n int); ALTER TABLE audit REPLICA IDENTITY FULL;";

    /// <summary>Works until it is stopped; gives the number of transactions, which is that of the rows in audit.</summary>
    public static async Task<int> WriteAsync(TestPipeline source, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        int written = 0;
        while (!stop.IsCancellationRequested)
        {
            int id = random.Next(500);
            await source.ExecuteAsync(
                $"""
                INSERT INTO audit VALUES ({written}, {id});
                INSERT INTO item VALUES ({id}, 1, 'new') ON CONFLICT (id) DO UPDATE SET n = item.n + 1, note = 'changed';
                DELETE FROM item WHERE id = {random.Next(500)};
                UPDATE item SET id = id + 500 WHERE id = {random.Next(500)} AND NOT EXISTS (SELECT FROM item WHERE id >= 500)
                """);
            written++;
        }

        return written;
    }
}
