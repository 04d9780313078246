using System.Globalization;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresTests.Snapshot;

[Collection(PostgresCollection.Name)]
public sealed class SnapshotReaderTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Rows_come_in_table_order_with_Debeziums_markers()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE TABLE a_empty (id int PRIMARY KEY);
            CREATE TABLE b (id int PRIMARY KEY, v text); INSERT INTO b SELECT i, 'v' || i FROM generate_series(1, 3) i;
            CREATE TABLE c_one (id int PRIMARY KEY); INSERT INTO c_one VALUES (7);
            CREATE TABLE d (id int PRIMARY KEY); INSERT INTO d VALUES (1), (2);
            CREATE TABLE e_empty (id int PRIMARY KEY);
            """);
        var log = ReadAll(database, out var origin, slot: null);
        Assert.Equal(
            [
                ("public.b", "1", SnapshotMarker.FirstInDataCollection), ("public.b", "2", SnapshotMarker.True), ("public.b", "3", SnapshotMarker.LastInDataCollection),
                ("public.c_one", "7", SnapshotMarker.LastInDataCollection),
                ("public.d", "1", SnapshotMarker.FirstInDataCollection), ("public.d", "2", SnapshotMarker.Last),
            ],
            log.Rows.Select(r => (r.Table, r.Values[0]!, r.Marker)));
        Assert.Equal(["R", "I", "I", "I", "R", "I", "R", "I", "I"], log.Messages.Select(m => m.Kind.ToString()));
        Assert.All(log.Rows, r => Assert.Equal(origin.Lsn, r.WalStart));
    }

    [Fact]
    public async Task Only_a_row_of_the_first_table_is_the_first()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int); INSERT INTO a VALUES (1), (2); CREATE TABLE b (id int); INSERT INTO b VALUES (3)");
        Assert.Equal([SnapshotMarker.First, SnapshotMarker.LastInDataCollection, SnapshotMarker.Last], ReadAll(database, out _, slot: null).Rows.Select(r => r.Marker));
    }

    [Fact]
    public async Task Empty_tables_alone_give_one_batch_that_ends_the_snapshot()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int); CREATE TABLE b (id int)");
        var log = ReadAll(database, out _, slot: null);
        Assert.Empty(log.Messages);
    }

    [Fact]
    public async Task Hostile_names_wide_rows_and_huge_rows_arrive_whole()
    {
        using var database = await postgres.NewDatabaseAsync();
        string columns = string.Join(", ", Enumerable.Range(1, 200).Select(i => $"c{i} int DEFAULT {i}"));
        database.Run($"""
            CREATE SCHEMA "S.c""h é";
            CREATE TABLE "S.c""h é"."T\a""b.ü'" ("i""d\." int PRIMARY KEY, "select" text, "ß" text GENERATED ALWAYS AS ('g' || "select") STORED);
            INSERT INTO "S.c""h é"."T\a""b.ü'" VALUES (1, E'\\ " \n é 😀'), (2, NULL);
            CREATE TABLE wide ({columns}); INSERT INTO wide DEFAULT VALUES;
            CREATE TABLE huge (id int, v text); INSERT INTO huge SELECT i, repeat(chr(64 + i), 300000) FROM generate_series(1, 3) i;
            CREATE TABLE no_columns (); INSERT INTO no_columns DEFAULT VALUES;
            """);
        var log = ReadAll(database, out _, slot: null);
        var hostile = log.Rows.Where(r => r.Table == "S.c\"h é.T\\a\"b.ü'").ToList();
        Assert.Equal(["1", "\\ \" \n é 😀", "g\\ \" \n é 😀"], hostile[0].Values);
        Assert.Equal(["2", null, null], hostile[1].Values);
        Assert.Equal(Enumerable.Range(1, 200).Select(i => i.ToString(CultureInfo.InvariantCulture)), log.Rows.Single(r => r.Table == "public.wide").Values);
        Assert.Equal([("1", 300_000), ("2", 300_000), ("3", 300_000)], log.Rows.Where(r => r.Table == "public.huge").Select(r => (r.Values[0]!, r.Values[1]!.Length)));
        Assert.Empty(log.Rows.Single(r => r.Table == "public.no_columns").Values);
    }

    [Fact]
    public async Task Texts_are_those_of_the_stream()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE DOMAIN yes AS bool; CREATE DOMAIN padded AS char(6); CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b text);
            CREATE TABLE t (id int PRIMARY KEY, b bool, y yes, ch char(5), pd padded, q "char", n name, i inet, ci cidr, x xml, m mood, p pair, ba bool[], ca char(3)[],
              ts timestamptz, d date, iv interval, f4 real, f8 float8, num numeric, by bytea, j jsonb, js json, mo money, bi bit(3), vb varbit, u uuid, r int4range, tz timetz,
              pt point, tv tsvector, ln pg_lsn, mac macaddr, e text, rc regclass);
            """);
        database.Run($"ALTER DATABASE {database.Url.Database} SET datestyle = 'German, DMY'; ALTER DATABASE {database.Url.Database} SET timezone = 'Asia/Tokyo'; "
            + $"ALTER DATABASE {database.Url.Database} SET bytea_output = 'escape'; ALTER DATABASE {database.Url.Database} SET intervalstyle = 'iso_8601'; "
            + $"ALTER DATABASE {database.Url.Database} SET extra_float_digits = 0; CREATE PUBLICATION p FOR ALL TABLES");
        database.Run("SELECT pg_create_logical_replication_slot('texts', 'pgoutput')");
        database.Run("""
            INSERT INTO t VALUES (1, true, false, 'ab', 'cd', 'x', 'nm', '10.0.0.1', '10.1.0.0/16', '<?xml version="1.0" encoding="UTF-8"?><a>é</a>', 'ok', '(1,"x y")',
              '{t,f,NULL}', '{a,bc}', '2024-01-02 03:04:05.678901+00', '0044-03-15 BC', '1 year 2 mons -3 days 04:05:06.7', 0.1, 1e300, 12345678901234567890.123456789,
              '\x00ff10', '{"a": [1, 2.50]}', '{"a" : 1}', 12.34, B'101', B'1', '8c0e4b6a-2d4b-4c39-8f0e-1f1f1f1f1f1f', '[1,5)', '04:05:06.789+02', '(1.5,2)',
              'a fat cat', '16/B374D848', '08:00:2b:01:02:03', '', 'pg_class'),
              (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
              NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
            """);
        // A pooled session may be older than ALTER DATABASE: what it says must not matter.
        var snapshot = ReadAll(database, out _, slot: null).Rows.ToList();
        var pool = new SlabPool("test", 64 * 1024, 2);
        using var reader = new NpgsqlWalReader(database, new WalStreamRequest("texts", "p"), TimeProvider.System);
        var stream = StreamLog.Read(reader, pool, log => log.Rows.Count() == 2);
        Assert.Equal(stream.Rows.Select(r => r.Values), snapshot.Select(r => r.Values));
        Assert.Equal(stream.Rows.Select(r => r.Bytes), snapshot.Select(r => r.Bytes));
        // The Relation message as well: nothing is generated here.
        Assert.Equal(stream.Messages.First(m => m.Kind == 'R').Bytes, ReadAll(database, out _, slot: null).Messages.First(m => m.Kind == 'R').Bytes);
        Assert.Equal(["t", "f", "ab   ", "cd    "], snapshot[0].Values.Skip(1).Take(4));
        Assert.Equal("10.0.0.1", snapshot[0].Values[7]);
    }

    [Fact]
    public async Task A_statement_chooses_rows_columns_and_their_order()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE DOMAIN yes AS bool; CREATE TABLE a (id int PRIMARY KEY, n text NOT NULL, b yes, c char(5), v text); INSERT INTO a SELECT i, 'n' || i, i % 2 = 0, 'c' || i, 'v' FROM generate_series(1, 4) i;
            CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (1);
            """);
        var statements = new Dictionary<string, string> { ["public.a"] = "SELECT c, b, id, upper(n) AS n FROM public.a WHERE id > 2 ORDER BY id DESC -- v is left out" };
        var log = ReadAll(database, out _, slot: null, with: request => request with { Statements = statements });
        Assert.Equal(
            [("4", "N4", "t", "c4   ", null, SnapshotMarker.First), ("3", "N3", "f", "c3   ", null, SnapshotMarker.LastInDataCollection)],
            log.Rows.Where(r => r.Table == "public.a").Select(r => (r.Values[0]!, r.Values[1]!, r.Values[2]!, r.Values[3]!, r.Values[4], r.Marker)));
        Assert.Equal(SnapshotMarker.Last, log.Rows.Last().Marker);
        var failure = Assert.Throws<DatabaseException>(() => ReadAll(database, out _, slot: null, with: request => request with { Statements = new Dictionary<string, string> { ["public.b"] = "SELECT 1 AS x" } }));
        Assert.Equal(FailureClass.Preflight, failure.Failure);
    }

    [Fact]
    public async Task Locked_tables_cannot_be_dropped_before_they_are_read_and_a_lock_is_not_waited_for_without_end()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int); INSERT INTO a VALUES (1); CREATE TABLE b (id int); INSERT INTO b VALUES (2)");
        var pool = new SlabPool("test", 64 * 1024, 1);
        using (var reader = SnapshotReader.Start(database, pool, Request(database, null) with { LockTimeoutMs = 10_000 }, TimeProvider.System))
        {
            Assert.Equal(2, database.Scalar<long>("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname IN ('a', 'b') AND l.mode = 'AccessShareLock' AND l.granted"));
        }

        using var locker = database.OpenOwn();
        using (var command = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE b IN ACCESS EXCLUSIVE MODE", locker))
        {
            command.ExecuteNonQuery();
        }

        var failure = Assert.Throws<DatabaseException>(() => SnapshotReader.Start(database, pool, Request(database, null) with { LockTimeoutMs = 200 }, TimeProvider.System).Dispose());
        Assert.Equal(FailureClass.Unavailable, failure.Failure);
        Assert.Contains("lock timeout", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshot_and_stream_join_without_gap_or_overlap_under_concurrent_writers()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, w int); CREATE PUBLICATION p FOR ALL TABLES; INSERT INTO t (w) SELECT 0 FROM generate_series(1, 1000)");
        for (int round = 0; round < 3; round++)
        {
            using var stop = new CancellationTokenSource();
            var writers = Enumerable.Range(1, 3).Select(w => Task.Factory.StartNew(() => WriteUntil(database, w, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            await Task.Delay(200);
            string slot = $"joined{round}";
            var log = ReadAll(database, out var origin, slot, pauseMs: 200);
            await Task.Delay(200);
            stop.Cancel();
            await Task.WhenAll(writers);
            using (var connection = database.Open())
            {
                var state = ReplicationSlots.Find(connection, slot)!;
                Assert.Equal(origin.Lsn, state.ConfirmedFlushLsn);
                Assert.False(state.IsTemporary);
                Assert.Equal(1 + round, Convert.ToInt32(database.Scalar<long>("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"), CultureInfo.InvariantCulture));
            }

            var pool = new SlabPool("test", 64 * 1024, 2);
            var ids = log.Rows.Select(r => r.Values[0]!).ToList();
            Assert.NotEmpty(ids);
            long expected = database.Scalar<long>("SELECT count(*) FROM t");
            using var reader = new NpgsqlWalReader(database, new WalStreamRequest(slot, "p"), TimeProvider.System);
            var stream = StreamLog.Read(reader, pool, l => ids.Count + l.Rows.Count() >= expected && l.Messages[^1].Kind == 'C');
            var all = ids.Concat(stream.Rows.Select(r => r.Values[0]!)).ToList();
            Assert.Equal(expected, all.Count);
            Assert.Equal(expected, all.Distinct().Count());
            Assert.NotEmpty(stream.Rows);
        }
    }

    [Fact]
    public async Task A_kill_before_completion_leaves_no_slot_behind()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 100000)");
        var pool = new SlabPool("test", 64 * 1024, 1);
        using (var reader = SnapshotReader.Start(database, pool, Request(database, "never"), TimeProvider.System))
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            Assert.True(reader.TryRead(batch));
            batch.ReturnSlab();
            Assert.Equal(1, database.Scalar<long>("SELECT count(*) FROM pg_replication_slots WHERE temporary AND database = current_database()"));
        }

        for (int i = 0; i < 100 && database.Scalar<long>("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()") > 0; i++)
        {
            await Task.Delay(50);
        }

        Assert.Equal(0, database.Scalar<long>("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"));
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task Stop_ends_a_snapshot_that_waits_for_a_lock()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
        using var locker = database.OpenOwn();
        using (var command = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE", locker))
        {
            command.ExecuteNonQuery();
        }

        var pool = new SlabPool("test", 64 * 1024, 1);
        using var reader = SnapshotReader.Start(database, pool, Request(database, null), TimeProvider.System);
        var batch = new WalBatch { Slab = pool.Rent("test") };
        var reading = Task.Factory.StartNew(() => reader.TryRead(batch), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Delay(300);
        Assert.False(reading.IsCompleted);
        reader.Stop();
        Assert.False(await reading.WaitAsync(TimeSpan.FromSeconds(20)));
        batch.ReturnSlab();
    }

    [Theory]
    [InlineData("ALTER TABLE t ALTER COLUMN v TYPE text")] // rewritten: an older snapshot finds it empty
    [InlineData("TRUNCATE t")]
    [InlineData("ALTER TABLE t DROP COLUMN v")]
    [InlineData("ALTER TABLE t RENAME TO u")]
    [InlineData("ALTER TABLE t RENAME TO u; CREATE TABLE t (id int, v int)")]
    [InlineData("DROP TABLE t")]
    public async Task A_table_that_is_altered_before_its_turn_makes_the_snapshot_begin_anew(string change)
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int); INSERT INTO a SELECT generate_series(1, 50000); CREATE TABLE t (id int, v int); INSERT INTO t VALUES (1, 1)");
        var pool = new SlabPool("test", 64 * 1024, 1);
        using var reader = SnapshotReader.Start(database, pool, Request(database, null), TimeProvider.System);
        var first = new WalBatch { Slab = pool.Rent("test") };
        Assert.True(reader.TryRead(first));
        first.ReturnSlab();
        database.Run(change);
        var failed = Assert.Throws<DatabaseException>(() =>
        {
            for (bool more = true; more;)
            {
                var batch = new WalBatch { Slab = pool.Rent("test") };
                try
                {
                    more = reader.TryRead(batch);
                }
                finally
                {
                    batch.ReturnSlab();
                }
            }
        });
        Assert.Equal(FailureClass.Unavailable, failed.Failure);
        Assert.Contains("public.t was", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timeouts_of_the_database_do_not_end_a_snapshot()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
        string[] timeouts = ["idle_session_timeout", "idle_in_transaction_session_timeout", .. database.Version() >= 17 ? ["transaction_timeout"] : Array.Empty<string>()];
        database.Run(string.Join(' ', timeouts.Select(timeout => $"ALTER DATABASE {database.Url.Database} SET {timeout} = '500ms';")));
        using var hasty = new SourceDatabase(database.Url);
        Assert.Equal(["1"], Assert.Single(ReadAll(hasty, out _, slot: "patient", pauseMs: 1500).Rows).Values);
        Assert.Equal(1, database.Scalar<long>("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'patient'"));
        database.Run("SELECT pg_drop_replication_slot('patient')");
    }

    [Fact]
    public async Task Generated_columns_come_with_their_values()
    {
        using var database = await postgres.NewDatabaseAsync();
        string kind = database.Version() >= 18 ? "VIRTUAL" : "STORED";
        database.Run($"CREATE TABLE t (id int PRIMARY KEY, s int GENERATED ALWAYS AS (id + 1) STORED, v text GENERATED ALWAYS AS ('v' || id) {kind}, w int); INSERT INTO t (id, w) VALUES (1, 9)");
        Assert.Equal(["1", "2", "v1", "9"], Assert.Single(ReadAll(database, out _, slot: null).Rows).Values);
    }

    [Fact]
    public async Task A_policy_that_hides_rows_is_an_error_and_not_a_snapshot_with_holes()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            DROP ROLE IF EXISTS reader_rls; CREATE ROLE reader_rls LOGIN REPLICATION;
            CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2); GRANT SELECT ON t TO reader_rls;
            ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id = 1);
            """);
        using var limited = new SourceDatabase(postgres.Url(database.Url.Database, "reader_rls"));
        var exception = Assert.Throws<DatabaseException>(() => ReadAll(limited, out _, slot: null));
        Assert.Contains("row-level security", exception.Message, StringComparison.Ordinal);
    }

    private static void WriteUntil(SourceDatabase database, int writer, CancellationToken stop)
    {
        using var connection = database.OpenOwn();
        while (!stop.IsCancellationRequested)
        {
            using var command = new Npgsql.NpgsqlCommand($"INSERT INTO t (w) SELECT {writer} FROM generate_series(1, 3)", connection);
            command.ExecuteNonQuery();
        }
    }

    private static SnapshotRequest Request(SourceDatabase database, string? slot)
    {
        using var connection = database.Open();
        var all = CapturedTables.ReadAll(connection);
        var tables = CapturedTables.ToSnapshot(all, CapturedTables.Select(all, TableSelection.All), viaRoot: false, published: null);
        return new SnapshotRequest { Tables = CapturedTables.InSnapshotOrder(tables, TableSelection.All), NewSlot = slot, MaxRowsPerBatch = 300 };
    }

    private static BatchLog ReadAll(SourceDatabase database, out SnapshotOrigin origin, string? slot, int pauseMs = 0, Func<SnapshotRequest, SnapshotRequest>? with = null)
    {
        var pool = new SlabPool("test", 64 * 1024, 1);
        using var reader = SnapshotReader.Start(database, pool, with?.Invoke(Request(database, slot)) ?? Request(database, slot), TimeProvider.System);
        var log = new BatchLog();
        bool ended = false;
        while (true)
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            if (!reader.TryRead(batch))
            {
                batch.ReturnSlab();
                break;
            }

            Assert.False(ended);
            ended = batch.EndOfSnapshot;
            Assert.Same(reader.Origin, batch.Snapshot);
            log.Add(batch);
            batch.ReturnSlab();
        }

        Thread.Sleep(pauseMs);
        Assert.True(ended);
        Assert.All(reader.Progress, p => Assert.True(p.IsDone));
        Assert.Equal(log.Rows.Count(), reader.Progress.Sum(p => p.Rows));
        Assert.Equal(0, pool.Outstanding);
        origin = reader.Origin;
        reader.Complete();
        return log;
    }
}
