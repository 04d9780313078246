namespace Penstock.EndToEnd.Sink;

/// <summary><c>schema.evolution</c>: tables that the events make, and what is said where they may not.</summary>
public sealed class SchemaEvolutionTests(SceneFixture servers) : IClassFixture<SceneFixture>
{
    private const string Tables = "CREATE TABLE \"odd \"\"name\" (\"the id\" int, part text, n bigint, PRIMARY KEY (part, \"the id\"));";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Money becomes numeric, hstore json, a single bit boolean and a padded text text, unless the source tells its own types.</summary>
    [KafkaTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tables_are_made_with_types_that_hold_every_value(bool tellsTypes)
    {
        var scene = await CopyScene.CreateEmptyAsync(servers, RoundTripTests.Tables, 1, "public.every_type");
        scene.Source.With("PENSTOCK_INTERVAL_HANDLING_MODE", "string").With("PENSTOCK_INCLUDE_UNKNOWN_DATATYPES", "true");
        if (tellsTypes)
        {
            scene.Source.With("PENSTOCK_DATATYPE_PROPAGATE_SOURCE_TYPE", ".*");
            await scene.ExecuteInTargetAsync("CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION citext");
        }

        scene.Settings["PENSTOCK_SCHEMA_EVOLUTION"] = "basic";
        await scene.Source.ExecuteAsync(RoundTripTests.Rows.Replace("%FROM%", "1", StringComparison.Ordinal));
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.WaitUntilMadeAsync("every_type", Patience);
        string same = "id, b, i2, i4, i8, o, f4, f8, n, n5, nn, t, vc, nm, ci, x, j, jb, u, by, e, dt, dn, lt, d, ti, ti3, tz, ts, ts0, ts3, tsz, iv, b9, vb, ip, ci4, ma, ma8, p, tv, r4, r8, rn, rt, rz, rd,"
            + "ai, ab, at, an, af, ao, au, ad, ats, atz, aj";
        string rows = $"(SELECT {same}{(tellsTypes ? ", m, c, h, b1" : "")} FROM every_type)";
        await scene.WaitUntilEqualAsync(rows, Patience);
        await scene.Source.ExecuteAsync(RoundTripTests.Rows.Replace("%FROM%", "101", StringComparison.Ordinal));
        await scene.Source.ExecuteAsync("UPDATE every_type SET i4 = i4 + 1; DELETE FROM every_type WHERE id % 4 = 0");
        await scene.WaitUntilEqualAsync(rows, Patience);

        const string Types = "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'every_type'::regclass AND attname IN ('id', 'i8', 'n5', 'u', 'j', 'ts3', 'tsz', 'b9', 'an', 'ip', 'm')";
        Assert.Equal(
            tellsTypes
                ? "id integer, i8 bigint, n5 numeric(20,5), m money, j json, u uuid, ts3 timestamp(3) without time zone, tsz timestamp with time zone, b9 bit(9), ip inet, an numeric(10,2)[]"
                : "id integer, i8 bigint, n5 numeric(20,5), m numeric, j json, u uuid, ts3 timestamp(3) without time zone, tsz timestamp with time zone, b9 bit(9), ip text, an numeric(10,2)[]",
            await scene.TargetScalarAsync<string>(Types));
        Assert.Equal("id", await scene.TargetScalarAsync<string>("SELECT string_agg(attname, ',') FROM pg_index i JOIN pg_attribute a ON a.attrelid = indrelid AND attnum = ANY (indkey) WHERE indisprimary AND indrelid = 'every_type'::regclass"));
    }

    [KafkaFact]
    public async Task The_header_of_types_makes_tables_of_events_without_schemas()
    {
        var scene = await CopyScene.CreateEmptyAsync(servers, RoundTripTests.Tables, 1, "public.every_type");
        scene.Source.With("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", "false").With("PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE", "false").With("PENSTOCK_TYPES_HEADER_ENABLED", "true")
            .With("PENSTOCK_INTERVAL_HANDLING_MODE", "string").With("PENSTOCK_INCLUDE_UNKNOWN_DATATYPES", "true").With("PENSTOCK_COLUMN_EXCLUDE_LIST", "public.every_type.(dt|dn)");
        await scene.ExecuteInTargetAsync("CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION citext");
        scene.Settings["PENSTOCK_SCHEMA_EVOLUTION"] = "basic";
        await scene.Source.ExecuteAsync(RoundTripTests.Rows.Replace("%FROM%", "1", StringComparison.Ordinal));
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.WaitUntilMadeAsync("every_type", Patience);
        string columns = (await scene.Source.ScalarAsync<string>("SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'every_type'::regclass AND attnum > 0 AND attname NOT IN ('dt', 'dn')"))!;
        string rows = $"(SELECT {columns} FROM every_type)";
        await scene.WaitUntilEqualAsync(rows, Patience);
        await scene.Source.ExecuteAsync("ALTER TABLE every_type ADD late numeric(7, 3)[]; UPDATE every_type SET i4 = i4 + 1, late = ARRAY[1.5, NULL]; DELETE FROM every_type WHERE id % 4 = 0");
        await scene.WaitUntilMadeAsync("every_type", Patience, "late");
        await scene.WaitUntilEqualAsync($"(SELECT {columns}, late FROM every_type)", Patience);

        const string Types = "SELECT string_agg(attname || ' ' || CASE atttypid::regtype::text WHEN 'mood' THEN 'text' ELSE format_type(atttypid, atttypmod) END, ', ' ORDER BY attname) FROM pg_attribute WHERE attrelid = 'every_type'::regclass AND attnum > 0 AND attname NOT IN ('dt', 'dn')";
        Assert.Equal(await scene.Source.ScalarAsync<string>(Types), await scene.TargetScalarAsync<string>(Types));
        Assert.False(sink.HasExited);
    }

    [KafkaFact]
    public async Task Columns_that_the_source_gets_while_it_runs_are_added()
    {
        var scene = await CopyScene.CreateEmptyAsync(servers, "CREATE TABLE t (id int PRIMARY KEY, n int);", 1, "public.t");
        scene.Settings["PENSTOCK_SCHEMA_EVOLUTION"] = "basic";
        await scene.Source.ExecuteAsync("INSERT INTO t SELECT i, i FROM generate_series(1, 10) i");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        await scene.WaitUntilMadeAsync("t", Patience);
        await scene.WaitUntilEqualAsync("t", Patience);
        // The rows that are there get the default on both sides, though no event tells of them.
        await scene.Source.ExecuteAsync("INSERT INTO t VALUES (11, 11); ALTER TABLE t ADD a int NOT NULL DEFAULT 7, ADD b text DEFAULT 'some'; INSERT INTO t VALUES (12, 12); UPDATE t SET n = 0 WHERE id < 3; DELETE FROM t WHERE id = 5");
        await scene.WaitUntilMadeAsync("t", Patience, "b");
        await scene.WaitUntilEqualAsync("t", Patience);
        await scene.Source.ExecuteAsync("ALTER TABLE t ADD at timestamptz; UPDATE t SET at = '2026-01-01 00:00:00+00', b = 'new'");
        await scene.WaitUntilMadeAsync("t", Patience, "at");
        await scene.WaitUntilEqualAsync("t", Patience);
        Assert.False(sink.HasExited);
    }

    [KafkaFact]
    public async Task Two_sinks_that_meet_new_tables_at_once_make_each_of_them_once()
    {
        var scene = await CopyScene.CreateEmptyAsync(servers, "CREATE SCHEMA shop; CREATE TABLE shop.a (id int PRIMARY KEY, n int); CREATE TABLE shop.b (id int PRIMARY KEY, n int);", 4, "shop.a", "shop.b");
        scene.Settings["PENSTOCK_SCHEMA_EVOLUTION"] = "basic";
        await using var source = await scene.Source.StartStreamingAsync();
        await using var first = scene.StartSink();
        await using var second = scene.StartSink();
        await first.WaitForLineAsync("taken", Patience);
        await second.WaitForLineAsync("taken", Patience);
        await scene.Source.ExecuteAsync("INSERT INTO shop.a SELECT i, i FROM generate_series(1, 1000) i; INSERT INTO shop.b SELECT i, i FROM generate_series(1, 1000) i");
        await scene.WaitUntilMadeAsync("shop.a", Patience);
        await scene.WaitUntilMadeAsync("shop.b", Patience);
        await scene.WaitUntilEqualAsync("shop.a", Patience);
        await scene.WaitUntilEqualAsync("shop.b", Patience);
        await scene.Source.ExecuteAsync("ALTER TABLE shop.a ADD x text; UPDATE shop.a SET x = 'x' || id; DELETE FROM shop.a WHERE id % 3 = 0");
        await scene.WaitUntilMadeAsync("shop.a", Patience, "x");
        await scene.WaitUntilEqualAsync("shop.a", Patience);
        Assert.False(first.HasExited || second.HasExited);
        Assert.Equal(2, first.Lines.Concat(second.Lines).Count(line => line.Contains("CREATE TABLE", StringComparison.Ordinal)));
        Assert.Equal(1, first.Lines.Concat(second.Lines).Count(line => line.Contains("ALTER TABLE", StringComparison.Ordinal)));
    }

    [KafkaFact]
    public async Task Validate_only_says_what_to_run_and_makes_nothing()
    {
        var scene = await CopyScene.CreateEmptyAsync(servers, Tables, 1);
        await servers.Scene.Kafka.CreateTopicAsync("odd", 1);
        scene.Source.With("PENSTOCK_TABLE_INCLUDE_LIST", "public.odd .*")
            .With("PENSTOCK_TRANSFORMS", "r").With("PENSTOCK_TRANSFORMS_R_TYPE", "io.debezium.transforms.ByLogicalTableRouter")
            .With("PENSTOCK_TRANSFORMS_R_TOPIC_REGEX", ".*odd.*").With("PENSTOCK_TRANSFORMS_R_TOPIC_REPLACEMENT", "odd").With("PENSTOCK_TRANSFORMS_R_KEY_ENFORCE_UNIQUENESS", "false");
        scene.Settings["PENSTOCK_TOPICS"] = "odd";
        scene.Settings["PENSTOCK_COLLECTION_NAME_FORMAT"] = "${source.schema}.${source.table}";
        scene.Settings["PENSTOCK_SCHEMA_EVOLUTION"] = "validate-only";
        await scene.Source.ExecuteAsync("INSERT INTO \"odd \"\"name\" VALUES (1, 'secret value', 5)");
        await using var source = await scene.Source.StartStreamingAsync();
        const string Create = "CREATE TABLE \"public\".\"odd \"\"name\" (\"the id\" integer, \"part\" text, \"n\" bigint, PRIMARY KEY (\"part\", \"the id\"))";
        Says(Create, await RunToPreflightAsync(scene));
        Assert.Equal(0, await scene.TargetScalarAsync<int>("SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public'"));

        await scene.ExecuteInTargetAsync("CREATE TABLE \"odd \"\"name\" (\"the id\" integer, \"part\" text, PRIMARY KEY (\"the id\", \"part\"))");
        const string Alter = "ALTER TABLE \"public\".\"odd \"\"name\" ADD COLUMN \"n\" bigint";
        Says(Alter, await RunToPreflightAsync(scene));

        await scene.ExecuteInTargetAsync(Alter);
        await using var sink = scene.StartSink();
        await scene.WaitUntilEqualAsync("\"odd \"\"name\"", Patience);
    }

    [KafkaFact]
    public async Task Events_without_schemas_make_nothing_and_the_statement_is_suggested()
    {
        var scene = await CopyScene.CreateEmptyAsync(servers, "CREATE TABLE t (id int PRIMARY KEY, note text, ok bool);", 1, "public.t");
        scene.Source.With("PENSTOCK_VALUE_CONVERTER_SCHEMAS_ENABLE", "false").With("PENSTOCK_KEY_CONVERTER_SCHEMAS_ENABLE", "false");
        scene.Settings["PENSTOCK_SCHEMA_EVOLUTION"] = "basic";
        await scene.Source.ExecuteAsync("INSERT INTO t VALUES (1, 'secret value', true)");
        await using var source = await scene.Source.StartStreamingAsync();
        await using var sink = scene.StartSink();
        Assert.Equal(1, await sink.WaitForExitAsync(Patience));
        string said = Unquoted(sink.LastLines());
        Assert.Contains("CREATE TABLE \"public\".\"t\" (\"id\" numeric, \"note\" text, \"ok\" boolean, PRIMARY KEY (\"id\"))", said, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
    }

    private static async Task<string> RunToPreflightAsync(CopyScene scene)
    {
        await using var sink = scene.StartSink();
        Assert.Equal(3, await sink.WaitForExitAsync(Patience));
        string said = Unquoted(sink.LastLines());
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
        return said;
    }

    private static void Says(string wanted, string said) => Assert.True(said.Contains(wanted, StringComparison.Ordinal), $"'{wanted}' is not in:\n{said}");

    // logfmt quotes what has spaces in it.
    private static string Unquoted(string lines) => lines.Replace("\\\"", "\"", StringComparison.Ordinal);
}
