using Penstock.Engine.Configuration;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Preflight;
using Penstock.Postgres.Publication;
using Penstock.Postgres.State;
using Penstock.Servers;

namespace Penstock.PostgresTests.Preflight;

[Collection(PostgresCollection.Name)]
public sealed class PreflightChecksTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_fit_database_has_no_findings_and_is_left_as_it_was()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (id int PRIMARY KEY)");
        var result = Run(database);
        Assert.Empty(result.Findings);
        Assert.Equal("public.t", Assert.Single(result.Captured).FullName);
        Assert.Null(result.Publication);
        Assert.Null(result.Slot);
        Assert.Equal(0, database.Scalar<long>("SELECT count(*) FROM pg_publication"));
    }

    [Fact]
    public async Task A_clock_that_is_wrong_is_told_with_how_far_and_one_that_is_not_is_no_finding()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE t (id int PRIMARY KEY)");
        string[] Clocks(double offsetS) => [.. Run(database, with: request => request with { Clock = new OffsetClock(offsetS) }).Findings.Where(f => f.Check == "clock").Select(f => f.Message)];
        Assert.Empty(Clocks(0));
        Assert.Contains("s behind this machine's", Assert.Single(Clocks(5)), StringComparison.Ordinal);
        Assert.Contains("s ahead of this machine's", Assert.Single(Clocks(-5)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_with_values_stored_apart_are_advised_of_and_no_others()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE TABLE large (id int PRIMARY KEY, doc text); ALTER TABLE large ALTER doc SET STORAGE EXTERNAL; INSERT INTO large SELECT i, repeat('x', 10000) FROM generate_series(1, 5) i;
            CREATE TABLE whole (id int PRIMARY KEY, doc text); ALTER TABLE whole ALTER doc SET STORAGE EXTERNAL; ALTER TABLE whole REPLICA IDENTITY FULL; INSERT INTO whole SELECT * FROM large;
            CREATE TABLE small (id int PRIMARY KEY, doc text); INSERT INTO small VALUES (1, 'x')
            """);
        var finding = Assert.Single(Run(database, with: request => request with { Advises = true }).Findings);
        Assert.False(finding.IsError);
        Assert.Contains("public.large (", finding.Message, StringComparison.Ordinal);
        Assert.EndsWith("ALTER TABLE \"public\".\"large\" REPLICA IDENTITY FULL;", finding.Message, StringComparison.Ordinal);
        Assert.Empty(Run(database).Findings);
    }

    [Fact]
    public async Task Tables_that_do_not_exist_or_have_no_identity_are_named_with_what_to_type()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE "No Key" (id int); CREATE TABLE nothing (id int); ALTER TABLE nothing REPLICA IDENTITY NOTHING;
            CREATE TABLE complete (id int); ALTER TABLE complete REPLICA IDENTITY FULL; CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY);
            """);
        var findings = Run(database, "public.orders,public.ordes,orders,public.No Key,public.nothing,public.complete,public.fleeting").Findings;
        Assert.Contains(findings, f => f.IsError && f.Message.Contains("'public.ordes'", StringComparison.Ordinal) && f.Message.Contains("Did you mean public.orders", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.IsError && f.Message.Contains("'orders'", StringComparison.Ordinal) && f.Message.Contains("did you mean public.orders?", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.IsError && f.Message.Contains("ALTER TABLE \"public\".\"No Key\" REPLICA IDENTITY FULL;", StringComparison.Ordinal));
        Assert.Contains(findings, f => !f.IsError && f.Message.Contains("public.nothing", StringComparison.Ordinal));
        Assert.Contains(findings, f => !f.IsError && f.Message.Contains("UNLOGGED", StringComparison.Ordinal));
        Assert.Equal(5, findings.Count);
    }

    [Fact]
    public async Task A_user_without_rights_learns_every_statement_at_once()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("DROP ROLE IF EXISTS \"we\"\"ak\"; CREATE ROLE \"we\"\"ak\" LOGIN; CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY)");
        using var weak = new SourceDatabase(postgres.Url(database.Url.Database, "we\"ak"));
        var findings = Run(weak).Findings;
        Assert.Contains(findings, f => f.Message.Contains("ALTER ROLE \"we\"\"ak\" REPLICATION;", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains($"GRANT CREATE ON DATABASE \"{database.Url.Database}\" TO \"we\"\"ak\";", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains("GRANT USAGE ON SCHEMA \"s\" TO \"we\"\"ak\"; GRANT SELECT ON \"s\".\"t\" TO \"we\"\"ak\";", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains("of another owner", StringComparison.Ordinal));
        Assert.All(findings, f => Assert.True(f.IsError));
    }

    [Theory]
    [InlineData("", "CREATE SCHEMA penstock AUTHORIZATION \"nostate\";")]
    [InlineData("CREATE SCHEMA penstock", "GRANT USAGE, CREATE ON SCHEMA penstock TO \"nostate\";")]
    [InlineData("CREATE SCHEMA penstock; CREATE TABLE penstock.pipeline (name text); GRANT USAGE ON SCHEMA penstock TO nostate; GRANT SELECT ON penstock.pipeline TO nostate", "GRANT SELECT, INSERT, UPDATE, DELETE ON penstock.pipeline TO \"nostate\";")]
    [InlineData("CREATE SCHEMA penstock; CREATE TABLE penstock.pipeline (name text); GRANT USAGE ON SCHEMA penstock TO nostate; GRANT ALL ON penstock.pipeline TO nostate", "ALTER TABLE penstock.pipeline ADD COLUMN IF NOT EXISTS confirmed_lsn")]
    public async Task State_that_may_not_be_kept_is_a_warning_with_what_it_costs_and_an_error_only_where_it_was_asked_for(string sql, string statement)
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("DO $$ BEGIN CREATE ROLE nostate LOGIN REPLICATION; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; CREATE TABLE t (id int PRIMARY KEY);" + sql);
        using var limited = new SourceDatabase(postgres.Url(database.Url.Database, "nostate"));
        PreflightFinding State(StateWish wish, out PreflightResult seen)
        {
            seen = Run(limited, with: r => r with { State = wish, WithSnapshot = false });
            return seen.Findings.Single(f => f.Check == "state");
        }

        var warning = State(StateWish.IfAllowed, out var seen);
        Assert.False(warning.IsError || seen.KeepsState);
        Assert.Contains(statement, warning.Message, StringComparison.Ordinal);
        Assert.Contains("changes can then be missing without a word", warning.Message, StringComparison.Ordinal);
        var error = State(StateWish.Required, out _);
        Assert.True(error.IsError);
        Assert.Contains(statement, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Run(limited, with: r => r with { State = StateWish.None }).Findings, f => f.Check == "state");
        Assert.False(StateRights.AreThere(limited));

        // What the message says to type is enough.
        if (statement.EndsWith(';'))
        {
            database.Run(statement);
            Assert.DoesNotContain(Run(limited, with: r => r with { State = StateWish.Required }).Findings, f => f.Check == "state" && !f.Message.Contains("ALTER TABLE", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_signal_table_that_cannot_serve_is_named_with_what_to_type()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            DROP ROLE IF EXISTS signaller; CREATE ROLE signaller LOGIN REPLICATION; CREATE TABLE t (id int PRIMARY KEY);
            CREATE UNLOGGED TABLE narrow (id int PRIMARY KEY, type text); CREATE TABLE signal (id text PRIMARY KEY, type text, data text);
            """);
        using var limited = new SourceDatabase(postgres.Url(database.Url.Database, "signaller"));
        Assert.Contains(Signals(database, "absent"), m => m.Contains("CREATE TABLE \"public\".\"absent\" (id varchar(42) PRIMARY KEY", StringComparison.Ordinal));
        var narrow = Signals(database, "narrow");
        Assert.Contains(narrow, m => m.Contains("SET LOGGED", StringComparison.Ordinal));
        Assert.Contains(narrow, m => m.Contains("2 columns where three are due", StringComparison.Ordinal));
        Assert.Contains(Signals(limited, "signal"), m => m.Contains("GRANT INSERT, SELECT, DELETE ON \"public\".\"signal\" TO \"signaller\";", StringComparison.Ordinal));
        Assert.Empty(Signals(database, "signal"));

        static List<string> Signals(SourceDatabase database, string table) => [.. PreflightChecks.Run(database, new PreflightRequest
        {
            Selection = TableSelection.All,
            Publication = new PublicationRequest("p", PublicationMode.Filtered, false, null),
            SlotName = "s",
            WithSnapshot = false,
            SignalTable = new Penstock.Postgres.Snapshot.SignalTableName("public", table),
            ClosesWindowByDelete = true,
        }).Findings.Where(f => f.Check == "signal table").Select(f => f.Message)];
    }

    [Fact]
    public async Task A_publication_that_is_missing_uncovering_or_silent()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE PUBLICATION theirs FOR TABLE a WITH (publish = 'insert')");
        Assert.Contains("CREATE PUBLICATION \"gone\"", Assert.Single(Run(database, mode: PublicationMode.Disabled, publication: "gone").Findings).Message, StringComparison.Ordinal);
        var findings = Run(database, mode: PublicationMode.Disabled, publication: "theirs").Findings;
        Assert.Contains(findings, f => !f.IsError && f.Message.Contains("ALTER PUBLICATION \"theirs\" ADD TABLE \"public\".\"b\";", StringComparison.Ordinal));
        Assert.Contains(findings, f => !f.IsError && f.Message.Contains("update, delete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_table_without_identity_is_refused_only_by_who_would_publish_it()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE keyless (id int); CREATE TABLE other (id int PRIMARY KEY)");
        Assert.Contains("PENSTOCK_ON_MISSING_REPLICA_IDENTITY=warn", Assert.Single(Run(database).Findings, f => f.IsError).Message, StringComparison.Ordinal);
        Assert.False(Assert.Single(Run(database, with: r => r with { MayPublishWithoutIdentity = true }).Findings).IsError);
        Assert.False(Assert.Single(Run(database, mode: PublicationMode.NoTables).Findings).IsError);
        // FOR ALL TABLES takes in what is not captured.
        Assert.True(Assert.Single(Run(database, "public.other", PublicationMode.AllTables).Findings).IsError);
        database.Run("CREATE PUBLICATION theirs FOR TABLE keyless");
        var published = Run(database, "public.keyless", PublicationMode.Disabled, "theirs").Findings;
        Assert.Contains("it is published, so the server refuses", Assert.Single(published, f => !f.IsError).Message, StringComparison.Ordinal);
        Assert.Single(published);
        Assert.False(Assert.Single(Run(database, publication: "theirs").Findings).IsError);
    }

    [Fact]
    public async Task A_replica_identity_that_will_be_set_counts()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int); CREATE TABLE b (id int NOT NULL); CREATE UNIQUE INDEX b_key ON b (id)");
        Assert.Empty(Run(database, with: r => r with { Identities = (_, table) => [table == "a" ? new WantedIdentity('f', null) : new WantedIdentity('i', "b_key")] }).Findings);
        var contradicted = Run(database, "public.a", with: r => r with { Identities = (_, _) => [new WantedIdentity('f', null), new WantedIdentity('d', null)] }).Findings;
        Assert.Contains(contradicted, f => f.IsError && f.Message.Contains("more than one entry of PENSTOCK_REPLICA_IDENTITY_AUTOSET_VALUES matches table public.a", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failover_slot_needs_a_server_that_has_them()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int PRIMARY KEY)");
        var findings = Run(database, with: r => r with { Failover = true }).Findings;
        Assert.Equal(database.Version() < 17, findings.Any(f => f.IsError && f.Message.Contains("PENSTOCK_SLOT_FAILOVER needs PostgreSQL 17 or later", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Statements_and_the_list_of_a_snapshot_are_looked_at_before_it()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY)");
        PreflightResult With(string statement, string table = "public.a", string? list = null) => Run(database, with: r => r with
        {
            Statements = new Dictionary<string, string> { [table] = statement },
            SnapshotTables = list is null ? null : PatternList.TryParse(list, out var patterns, out _) ? patterns : throw new FormatException(list),
        });
        Assert.Empty(With("SELECT v, id FROM a ORDER BY id -- the rest", list: "public.A").Findings);
        Assert.Contains("relation \"nowhere\" does not exist", Assert.Single(With("SELECT * FROM nowhere").Findings).Message, StringComparison.Ordinal);
        Assert.Contains("which the table does not have", Assert.Single(With("SELECT id, 1 AS w FROM a").Findings).Message, StringComparison.Ordinal);
        Assert.Contains("two columns \"id\"", Assert.Single(With("SELECT id, id FROM a").Findings).Message, StringComparison.Ordinal);
        Assert.True(Assert.Single(With("DELETE FROM a").Findings).IsError);
        Assert.False(Assert.Single(With("SELECT 1", table: "public.A").Findings).IsError);
        Assert.Contains("'public.c', which matches no captured table", Assert.Single(With("SELECT * FROM a", list: "public.c,public.a").Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generated_column_of_a_replica_identity_must_be_published()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("""
            CREATE TABLE whole (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id + 1) STORED); ALTER TABLE whole REPLICA IDENTITY FULL;
            CREATE TABLE keyed (id int NOT NULL, g int GENERATED ALWAYS AS (id + 1) STORED, h int GENERATED ALWAYS AS (id + 2) STORED, PRIMARY KEY (g) INCLUDE (h));
            CREATE TABLE beside (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id + 1) STORED); INSERT INTO whole VALUES (1);
            """);
        var before = Run(database).Findings;
        database.Run("CREATE PUBLICATION theirs FOR TABLE whole, keyed, beside");
        var unsent = Run(database, publication: "theirs").Findings;
        if (database.Version() < 18)
        {
            // The server takes such changes, without the column.
            Assert.Empty(before.Concat(unsent));
            database.Run("UPDATE whole SET id = 2");
            return;
        }

        Assert.Equal(2, before.Count);
        Assert.Contains(before, f => f.IsError && f.Message.Contains("public.whole", StringComparison.Ordinal)
            && f.Message.Contains("CREATE PUBLICATION \"penstock\" FOR TABLE \"public\".\"beside\", \"public\".\"keyed\", \"public\".\"whole\" WITH (publish_generated_columns = stored);", StringComparison.Ordinal));
        Assert.Contains(before, f => f.Message.Contains("public.keyed contains \"g\",", StringComparison.Ordinal));
        Assert.Throws<Npgsql.PostgresException>(() => database.Run("UPDATE whole SET id = 2"));
        Assert.Equal(2, unsent.Count);
        Assert.All(unsent, f => Assert.Contains("ALTER PUBLICATION \"theirs\" SET (publish_generated_columns = stored);", f.Message, StringComparison.Ordinal));
        database.Run("ALTER PUBLICATION theirs SET (publish_generated_columns = stored); UPDATE whole SET id = 2");
        Assert.Empty(Run(database, publication: "theirs").Findings);
        database.Run("ALTER TABLE whole ADD v int GENERATED ALWAYS AS (id * 2) VIRTUAL");
        Assert.Contains("Type: ALTER TABLE \"public\".\"whole\" REPLICA IDENTITY DEFAULT;", Assert.Single(Run(database, publication: "theirs").Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slot_of_another_database_is_refused()
    {
        using var other = await postgres.NewDatabaseAsync();
        using var database = await postgres.NewDatabaseAsync();
        other.Run("SELECT pg_create_logical_replication_slot('taken', 'pgoutput')");
        database.Run("CREATE TABLE a (id int PRIMARY KEY)");
        Assert.Contains(other.Url.Database, Assert.Single(Run(database, slot: "taken").Findings).Message, StringComparison.Ordinal);
        other.Run("SELECT pg_drop_replication_slot('taken')");
    }

    internal static PreflightResult Run(
        SourceDatabase database,
        string? include = null,
        PublicationMode mode = PublicationMode.Filtered,
        string publication = "penstock",
        string slot = "penstock",
        Func<PreflightRequest, PreflightRequest>? with = null)
    {
        Assert.True(TableSelection.TryCreate(null, null, include, null, null, null, out var selection, out _));
        var request = new PreflightRequest { Selection = selection!, Publication = new PublicationRequest(publication, mode), SlotName = slot, WithSnapshot = true };
        return PreflightChecks.Run(database, with?.Invoke(request) ?? request);
    }
}

/// <summary>The system's clock, wrong by so many seconds.</summary>
internal sealed class OffsetClock(double offsetS) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddSeconds(offsetS);
}

/// <summary>Servers that no pipeline can work with.</summary>
public sealed class UnfitServerTests
{
    [Fact]
    public async Task Wal_level_encoding_and_full_slots()
    {
        await using var server = await PostgresServer.CreateAsync(new PostgresServerOptions
        {
            Encoding = "LATIN1",
            Settings = new Dictionary<string, string> { ["wal_level"] = "replica", ["max_replication_slots"] = "1" },
        });
        await server.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY); SELECT pg_create_physical_replication_slot('standby')");
        Assert.True(DatabaseUrl.TryParse(server.Url(), _ => null, out var url, out _));
        using var database = new SourceDatabase(url!);
        var findings = PreflightChecksTests.Run(database).Findings;
        Assert.Contains(findings, f => f.Message.Contains("ALTER SYSTEM SET wal_level = logical;", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Message.Contains("LATIN1", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Check == "max_replication_slots" && f.IsError);
    }

    [Fact]
    public async Task A_server_that_gives_up_idle_slots_is_warned_of_and_a_lost_slot_says_why()
    {
        await using var server = await PostgresServer.CreateAsync();
        Assert.True(DatabaseUrl.TryParse(server.Url(), _ => null, out var url, out _));
        using var database = new SourceDatabase(url!);
        database.Run("CREATE TABLE t (id int PRIMARY KEY)");
        Assert.Empty(PreflightChecksTests.Run(database).Findings);
        // PG 18 loses the slot by time. The others by WAL: each switch fills a segment of 16 MB.
        bool byTime = database.Version() >= 18;
        database.Run($"ALTER SYSTEM SET {(byTime ? "idle_replication_slot_timeout = '1s'" : "max_slot_wal_keep_size = '1MB'")}");
        database.Run("SELECT pg_reload_conf()");
        database.Run("SELECT pg_create_logical_replication_slot('penstock', 'pgoutput')");
        for (int i = 0; i < 50 && database.Scalar<string>("SELECT wal_status FROM pg_replication_slots") != "lost"; i++)
        {
            await Task.Delay(200);
            database.Run("INSERT INTO t SELECT coalesce(max(id), 0) + 1 FROM t");
            database.Run("SELECT pg_switch_wal()");
            database.Run("CHECKPOINT");
        }

        var findings = PreflightChecksTests.Run(database).Findings;
        Assert.Contains(byTime ? "longer than idle_replication_slot_timeout" : "max_slot_wal_keep_size", Assert.Single(findings, f => f.Check == "slot").Message, StringComparison.Ordinal);
        Assert.Equal(byTime, findings.Any(f => f is { Check: "idle_replication_slot_timeout", IsError: false }));
        var renewed = Assert.Single(PreflightChecksTests.Run(database, with: r => r with { RenewsLostSlot = true }).Findings, f => f.Check == "slot");
        Assert.False(renewed.IsError);
        Assert.Contains("dropped and made anew", renewed.Message, StringComparison.Ordinal);
    }
}
