using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;

namespace Penstock.PostgresTests.Snapshot;

[Collection(PostgresCollection.Name)]
public sealed class ChunkReaderTests(PostgresFixture postgres)
{
    private static readonly SignalTableName Signals = new("public", "signal");

    [Theory]
    // A word in ORDER BY means what is selected under that name, if there is one: text would sort 10 before 9.
    [InlineData("k int PRIMARY KEY", "SELECT i")]
    [InlineData("k bigint PRIMARY KEY", "SELECT i - 10")]
    [InlineData("k numeric PRIMARY KEY", "SELECT i + 0.50")]
    [InlineData("k text PRIMARY KEY", """SELECT 'o''x\' || i""")]
    [InlineData("k char(5) PRIMARY KEY", "SELECT 'c' || i")]
    [InlineData("k uuid PRIMARY KEY", "SELECT md5(i::text)::uuid")]
    [InlineData("k timestamptz PRIMARY KEY", "SELECT 'epoch'::timestamptz + i * interval '1.000001 days'")]
    [InlineData("k date PRIMARY KEY", "SELECT 'epoch'::date - i * 40000")]
    [InlineData("k bytea PRIMARY KEY", "SELECT decode(lpad(to_hex(i * 13), 4, '0'), 'hex')")]
    [InlineData("k float8 PRIMARY KEY", "SELECT i / 3.0")]
    [InlineData("k inet PRIMARY KEY", "SELECT '10.0.0.0'::inet + i")]
    [InlineData("k text, l int, PRIMARY KEY (l, k)", "SELECT 'k' || i % 3, i / 3")]
    [InlineData("k int UNIQUE, l text", "SELECT NULLIF(i % 12, 0), 'l' || i WHERE i < 12 OR i % 12 = 0")]
    [InlineData("\"Sel\"\"ect\" int PRIMARY KEY, k text", "SELECT i, 'k'")]
    [InlineData("k \"char\" PRIMARY KEY", "SELECT chr(64 + i)::\"char\"")]
    public async Task A_walk_reads_every_row_once_in_the_order_of_its_key(string columns, string rows)
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run($"CREATE TABLE signal (id text, type text, data text); CREATE TABLE t ({columns}); INSERT INTO t {Rows(rows)}");
        var (read, chunks) = Walk(database, 4);
        Assert.Equal(database.Scalar<long>("SELECT count(*) FROM t"), read);
        Assert.True(chunks > 2);
    }

    [Fact]
    public async Task Rows_of_the_same_surrogate_key_are_not_parted()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE signal (id text, type text, data text); CREATE TABLE t (n int, v text); INSERT INTO t SELECT NULLIF(i / 5, 3), 'v' FROM generate_series(1, 40) i");
        var (read, chunks) = Walk(database, 2, surrogate: "n");
        Assert.Equal((40, 8), (read, chunks));
        Assert.Equal(ChunkAnswer.NoKey, Reader(database).ReadMaximum(Request(surrogate: null), out _));
        Assert.Equal(ChunkAnswer.NoKey, Reader(database).ReadMaximum(Request(surrogate: "x"), out _));
    }

    [Fact]
    public async Task A_condition_bounds_the_rows_and_one_that_fails_is_refused_without_a_value_in_the_message()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE signal (id text, type text, data text); CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'swordfish' FROM generate_series(1, 20) i");
        Assert.Equal(5, Walk(database, 2, condition: "t.k > 15 OR false -- a comment").Rows);
        using var reader = Reader(database);
        Assert.Equal(ChunkAnswer.Refused, reader.ReadMaximum(Request(condition: "v::int > 1"), out _));
        Assert.DoesNotContain("swordfish", reader.Refusal, StringComparison.Ordinal);
        Assert.Equal(ChunkAnswer.Refused, reader.ReadMaximum(Request(condition: "(SELECT count(*) FROM nowhere) > 1"), out _));
        Assert.Contains("nowhere", reader.Refusal, StringComparison.Ordinal);
        // A condition cannot write, and the connection is of use afterwards.
        database.Run("CREATE FUNCTION mark() RETURNS bool LANGUAGE sql AS $$ INSERT INTO signal VALUES ('x', 'y', 'z'); SELECT true $$");
        Assert.Equal(ChunkAnswer.Refused, reader.ReadMaximum(Request(condition: "mark()"), out _));
        Assert.Equal(ChunkAnswer.Read, reader.ReadMaximum(Request(), out string?[]? key));
        Assert.Equal("20", key![0]);
    }

    [Fact]
    public async Task A_chunk_is_cut_when_its_rows_fill_the_memory_set_aside_for_it()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE signal (id text, type text, data text); CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', 1000000) FROM generate_series(1, 40) i");
        Assert.Equal((40, 3), Walk(database, 1000));
    }

    [Theory]
    [InlineData(false, "c-open snapshot-window-open,c-close snapshot-window-close")]
    [InlineData(true, "")]
    public async Task Watermark_rows_are_written_as_Debezium_writes_them(bool closesByDelete, string left)
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048)); CREATE TABLE note (v int)");
        using var reader = new ChunkReader(database, Signals, closesByDelete, TimeProvider.System);
        reader.OpenWindow("c", connection =>
        {
            using var command = new Npgsql.NpgsqlCommand("INSERT INTO note VALUES (1)", connection);
            command.ExecuteNonQuery();
        });
        Assert.Matches(@"^\{""openWindowTimestamp"": ""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z""\}$", database.Scalar<string>("SELECT data FROM signal"));
        Assert.Equal(1, database.Scalar<long>("SELECT count(*) FROM note WHERE xmin = (SELECT xmin FROM signal)"));
        reader.CloseWindow("c");
        Assert.Equal(left, database.Scalar<string>("SELECT coalesce(string_agg(id || ' ' || type, ',' ORDER BY id DESC), '') FROM signal"));
    }

    [Fact]
    public async Task One_process_at_a_time_obeys_the_signals_and_a_table_that_is_not_there_is_none()
    {
        using var database = await postgres.NewDatabaseAsync();
        using (var first = Reader(database))
        {
            first.Lock("s");
            using var second = Reader(database);
            Assert.Equal(FailureClass.SlotActive, Assert.Throws<DatabaseException>(() => second.Lock("s")).Failure);
            second.Lock("other");
        }

        using var third = Reader(database);
        third.Lock("s");
        Assert.Equal(ChunkAnswer.NoTable, third.ReadMaximum(Request(), out _));
    }

    [Fact]
    public async Task A_transaction_that_the_stream_has_told_of_is_waited_for()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE signal (id text, type text, data text); CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old')");
        using var open = database.OpenOwn();
        using var transaction = open.BeginTransaction();
        using var update = new Npgsql.NpgsqlCommand("UPDATE t SET v = 'new' RETURNING pg_current_xact_id()::text::bigint", open);
        uint id = (uint)(long)update.ExecuteScalar()!;
        using var reader = Reader(database);
        var rows = new ChunkRows();
        var reading = Task.Run(() => reader.Read(Request(), null, ["1"], 10, [id], rows));
        await Task.Delay(300);
        Assert.False(reading.IsCompleted);
        await transaction.CommitAsync();
        Assert.Equal(ChunkAnswer.Read, await reading);
        Assert.Contains("new", System.Text.Encoding.UTF8.GetString(rows.Row(0)), StringComparison.Ordinal);
        Assert.True(rows.Visibility!.Shows(id));
    }

    [Fact]
    public async Task A_stop_ends_a_query_and_every_later_one_but_not_what_is_written()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE signal (id text, type text, data text); CREATE TABLE t (k int PRIMARY KEY); INSERT INTO t VALUES (1)");
        using var reader = Reader(database);
        var reading = Task.Run(() => reader.ReadMaximum(Request(condition: "pg_sleep(60) IS NOT NULL"), out _));
        await Task.Delay(500);
        reader.Stop();
        Assert.Equal(ChunkAnswer.Stopped, await reading.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(ChunkAnswer.Stopped, reader.ReadMaximum(Request(), out _));
        reader.OpenWindow("c", null);
        Assert.Equal(1, database.Scalar<long>("SELECT count(*) FROM signal"));
    }

    private static string Rows(string select) => select.Contains("WHERE", StringComparison.Ordinal)
        ? select.Replace("WHERE", "FROM generate_series(1, 25) i WHERE", StringComparison.Ordinal)
        : $"{select} FROM generate_series(1, 25) i";

    private static (int Rows, int Chunks) Walk(SourceDatabase database, int size, string? surrogate = null, string? condition = null)
    {
        using var reader = Reader(database);
        var request = Request(surrogate, condition);
        Assert.True(reader.ReadMaximum(request, out string?[]? maximum) == ChunkAnswer.Read, reader.Refusal);
        var rows = new ChunkRows();
        var seen = new HashSet<string>();
        int read = 0;
        string?[]? after = null;
        for (int chunks = 0; ; chunks++)
        {
            Assert.True(reader.Read(request, after, maximum!, size, [], rows) == ChunkAnswer.Read, reader.Refusal);
            if (rows.Count == 0)
            {
                return (read, chunks);
            }

            read += rows.Count;
            after = rows.LastKey;
            Assert.True(seen.Add(string.Join(' ', after)), "a chunk ends where an earlier one did");
            Assert.True(chunks < 100, "the walk does not end");
        }
    }

    private static ChunkReader Reader(SourceDatabase database) => new(database, Signals, closesByDelete: false, TimeProvider.System);

    private static ChunkRequest Request(string? surrogate = null, string? condition = null) =>
        new("public", "t", surrogate, condition);
}
