namespace Penstock.EndToEnd.Sink;

/// <summary>
/// Transactions over two tables with a foreign key between them, and a third without a key. The sum over both tables is zero at the end of each transaction, and at no other moment.
/// </summary>
internal static class LedgerWorkload
{
    public const string Tables = """
        CREATE TABLE account (id int PRIMARY KEY, n int NOT NULL);
        CREATE TABLE entry (id int PRIMARY KEY, account int NOT NULL REFERENCES account, n int NOT NULL);
        CREATE TABLE audit (id bigint, n int);
        ALTER TABLE audit REPLICA IDENTITY FULL;
        """;

    /// <summary>What every reader of the target sees.</summary>
    public const string SumSql = "SELECT (coalesce((SELECT sum(n) FROM account), 0) + coalesce((SELECT sum(n) FROM entry), 0))::bigint";

    /// <summary>Works until it is stopped; gives the number of transactions, which is that of the rows in audit.</summary>
    public static async Task<int> WriteAsync(TestPipeline source, int seed, CancellationToken stop, int first = 0)
    {
        var random = new Random(seed);
        int written = 0;
        await source.ExecuteAsync("INSERT INTO account VALUES (0, 0) ON CONFLICT DO NOTHING");
        while (!stop.IsCancellationRequested)
        {
            await source.ExecuteAsync(Transaction(first + written, random));
            written++;
        }

        return written;
    }

    private static string Transaction(int number, Random random)
    {
        int account = random.Next(1, 40);
        int entry = random.Next(200);
        int gone = random.Next(1, 40);
        int n = random.Next(1, 100);
        return $"""
            INSERT INTO entry SELECT {entry}, 0, 0 WHERE NOT EXISTS (SELECT FROM entry WHERE id = {entry});
            INSERT INTO account VALUES ({account}, {n}) ON CONFLICT (id) DO UPDATE SET n = account.n + {n};
            UPDATE entry SET account = {account}, n = n - {n} WHERE id = {entry};
            UPDATE account SET n = n + coalesce((SELECT sum(e.n) FROM entry e WHERE e.account = {gone}), 0) + coalesce((SELECT a.n FROM account a WHERE a.id = {gone}), 0) WHERE id = 0;
            DELETE FROM entry WHERE account = {gone};
            DELETE FROM account WHERE id = {gone};
            INSERT INTO audit VALUES ({number}, {n})
            """;
    }
}
