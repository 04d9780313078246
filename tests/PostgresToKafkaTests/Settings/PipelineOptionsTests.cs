using Penstock.Debezium.Columns;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.Engine.Configuration;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.PostgresToKafka.Settings;
using static Penstock.PostgresToKafkaTests.Settings.TestSettings;

namespace Penstock.PostgresToKafkaTests.Settings;

public sealed class PipelineOptionsTests
{
    [Theory]
    [InlineData(null, null, CompatMode.StrictDebezium, true)]
    [InlineData("strict-debezium", null, CompatMode.StrictDebezium, true)]
    [InlineData("correct", null, CompatMode.Correct, false)]
    [InlineData("correct", "true", CompatMode.Correct, true)]
    public void Correct_keeps_NULLs_apart_from_defaults_unless_told_otherwise(string? compat, string? replace, CompatMode mode, bool replaces)
    {
        var events = Read(
            [.. new[] { ("PENSTOCK_COMPAT", compat), ("PENSTOCK_VALUE_CONVERTER_REPLACE_NULL_WITH_DEFAULT", replace) }.Where(s => s.Item2 is not null).Select(s => (s.Item1, s.Item2!))]).Events;
        Assert.Equal((mode, replaces), (events.Values.Compat, events.ReplaceNullWithDefault));
    }

    [Fact]
    public void Two_variables_are_enough()
    {
        var options = Read();

        Assert.Equal("penstock", options.Name);
        Assert.Equal("penstock", options.Capture.SlotName);
        Assert.Equal("penstock", options.Capture.PublicationName);
        Assert.Equal("penstock", options.Events.TopicPrefix);
        Assert.Equal("penstock.dead-letter", options.Flow.DeadLetterTopic);
        Assert.Equal(PublicationAutocreate.Filtered, options.Capture.PublicationAutocreate);
        Assert.Equal(new SnapshotRule(SnapshotTime.Once, WithStream: true, RenewsLostSlot: false), options.Snapshot.Rule);
        Assert.Equal(Operations.Truncate, options.Capture.SkippedOperations);
        Assert.False(options.Capture.SkippedOperationsGiven);
        Assert.Equal(new ValueModes(), options.Events.Values);
        Assert.False(options.Events.ValueSchemas);
        Assert.Null(options.Operations.HealthAddress);
        Assert.True(OptionMapping.Selection(options).Includes("public", "anything"));
        Assert.Empty(options.Warnings);
    }

    [Fact]
    public void Signals_and_notifications_can_be_set()
    {
        var options = Read(
            ("PENSTOCK_SIGNAL_DATA_COLLECTION", "ops.\"Signal Table\""),
            ("PENSTOCK_SIGNAL_ENABLED_CHANNELS", "source"),
            ("PENSTOCK_SIGNAL_POLL_INTERVAL_MS", "100"),
            ("PENSTOCK_INCREMENTAL_SNAPSHOT_CHUNK_SIZE", "10"),
            ("PENSTOCK_INCREMENTAL_SNAPSHOT_WATERMARKING_STRATEGY", "insert_delete"),
            ("PENSTOCK_TABLE_INCLUDE_LIST", "public.a"),
            ("PENSTOCK_NOTIFICATION_ENABLED_CHANNELS", "log, sink"),
            ("PENSTOCK_NOTIFICATION_SINK_TOPIC_NAME", "notes"));

        Assert.Equal(("ops", "Signal Table"), (options.Signals.Table!.Schema, options.Signals.Table.Name));
        Assert.Equal((10, true, "notes", true), (options.Signals.ChunkRows, options.Signals.ClosesWindowByDelete, options.Signals.NotificationTopic, options.Signals.NotificationsInLog));
        Assert.True(OptionMapping.Selection(options).Includes("ops", "Signal Table"));
        Assert.False(OptionMapping.Selection(options).Includes("ops", "other"));
        Assert.Contains("notes", OptionMapping.Topics(options, OptionMapping.Format(options, "shop"), []));
    }

    [Theory]
    [InlineData("PENSTOCK_SIGNAL_DATA_COLLECTION", "signal", "schema.table")]
    [InlineData("PENSTOCK_SIGNAL_ENABLED_CHANNELS", "source,kafka", "kafka, which is known in Debezium")]
    [InlineData("PENSTOCK_SIGNAL_ENABLED_CHANNELS", "file", "file, which is known in Debezium")]
    [InlineData("PENSTOCK_SIGNAL_ENABLED_CHANNELS", "jmx", "jmx, which is known in Debezium")]
    [InlineData("PENSTOCK_NOTIFICATION_ENABLED_CHANNELS", "jmx", "jmx, which is known in Debezium")]
    [InlineData("PENSTOCK_NOTIFICATION_ENABLED_CHANNELS", "sink", "PENSTOCK_NOTIFICATION_SINK_TOPIC_NAME")]
    [InlineData("PENSTOCK_SIGNAL_KAFKA_TOPIC", "x", "not built")]
    public void Channels_that_are_not_there_are_refused_by_name(string name, string value, string said) => Assert.Contains(said, Refused((name, value)), StringComparison.Ordinal);

    [Fact]
    public void What_the_event_format_honours_can_be_set()
    {
        var options = Read(
            ("PENSTOCK_PROVIDE_TRANSACTION_METADATA", "true"),
            ("PENSTOCK_TOPIC_TRANSACTION", "tx"),
            ("PENSTOCK_TOPIC_HEARTBEAT_NAME", "beats"),
            ("PENSTOCK_TOPIC_NAMING_STRATEGY", "io.debezium.schema.DefaultRegexTopicNamingStrategy"),
            ("PENSTOCK_TOPIC_REGEX", "(.*)shard.{1,2}"),
            ("PENSTOCK_TOPIC_REPLACEMENT", "$1all"),
            ("PENSTOCK_SCHEMA_NAME_ADJUSTMENT_MODE", "avro"),
            ("PENSTOCK_FIELD_NAME_ADJUSTMENT_MODE", "avro_unicode"),
            ("PENSTOCK_SKIP_MESSAGES_WITHOUT_CHANGE", "true"),
            ("PENSTOCK_VALUE_CONVERTER_DECIMAL_FORMAT", "numeric"),
            ("PENSTOCK_VALUE_CONVERTER_REPLACE_NULL_WITH_DEFAULT", "false"),
            ("PENSTOCK_MESSAGE_PREFIX_EXCLUDE_LIST", "audit.*"));
        var format = OptionMapping.Format(options, "shop");

        Assert.True(format.TransactionMetadata);
        Assert.True(format.SkipUnchanged);
        Assert.False(format.ReplaceNullWithDefault);
        Assert.True(format.Values.DecimalFormatNumeric);
        Assert.Equal(("tx", "beats", NameAdjustment.Avro, NameAdjustment.AvroUnicode), (format.Names.TransactionTopic, format.Names.HeartbeatTopic, format.Names.SchemaNames, format.Names.FieldNames));
        Assert.Equal("penstock.all", EventTopics.Table(format, "public", "shard12"));
        Assert.False(format.MessagePrefixes.Includes("audit.x"u8));
        Assert.True(format.MessagePrefixes.Includes("other"u8));
    }

    [Fact]
    public void Column_options_have_free_parts_in_their_names()
    {
        var options = Read(
            ("PENSTOCK_COLUMN_MASK_WITH_12_CHARS", "public.a.x"),
            ("PENSTOCK_COLUMN_TRUNCATE_TO_4_CHARS", "public.a.y{1,2}"),
            ("PENSTOCK_COLUMN_MASK_HASH_V2_SHA_512_WITH_SALT_aBc_9", "public.a.z"),
            ("PENSTOCK_COLUMN_MASK_HASH_SHA_256_WITH_SALT_hush", "public.b.z"),
            ("PENSTOCK_COLUMN_PROPAGATE_SOURCE_TYPE", ".*"));

        Assert.NotSame(ColumnRules.None, OptionMapping.Format(options, "shop").Columns);
        var shown = options.Masked.Select(static setting => setting.EnvironmentName).ToList();
        Assert.Contains("PENSTOCK_COLUMN_MASK_WITH_12_CHARS", shown);
        Assert.Contains("PENSTOCK_COLUMN_MASK_HASH_V2_SHA_512_WITH_SALT_****", shown);
        Assert.DoesNotContain(shown, static name => name.Contains("hush", StringComparison.Ordinal) || name.Contains('<', StringComparison.Ordinal));
        Assert.DoesNotContain("hush", Refused(("PENSTOCK_COLUMN_MASK_HASH_SHA_256_WITH_SALT_hush", "a[")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_gives_the_other_names()
    {
        var options = Read(("PENSTOCK_NAME", "my-shop"), ("PENSTOCK_TOPIC_PREFIX", "dev.shop"));

        Assert.Equal("my_shop", options.Capture.SlotName);
        Assert.Equal("my_shop", options.Capture.PublicationName);
        Assert.Equal("dev.shop", options.Events.TopicPrefix);
        Assert.Equal("dev.shop.dead-letter", options.Flow.DeadLetterTopic);
    }

    [Fact]
    public void Modes_lists_and_operations_are_typed()
    {
        var options = Read(
            ("PENSTOCK_DECIMAL_HANDLING_MODE", "string"),
            ("PENSTOCK_TIME_PRECISION_MODE", "connect"),
            ("PENSTOCK_BINARY_HANDLING_MODE", "base64-url-safe"),
            ("PENSTOCK_SNAPSHOT_MODE", "never"),
            ("PENSTOCK_SKIPPED_OPERATIONS", "d, t"),
            ("PENSTOCK_TABLE_EXCLUDE_LIST", "public\\.secret.*"),
            ("PENSTOCK_COLUMN_INCLUDE_LIST", "public\\.users\\.(id|name)"),
            ("PENSTOCK_MESSAGE_KEY_COLUMNS", "public.(?:a|b):x,y;public.c:z"),
            ("PENSTOCK_HTTP", "9000"),
            ("PORT", "8000"));

        Assert.Equal(DecimalMode.Text, options.Events.Values.Decimal);
        Assert.Equal(TimeMode.Connect, options.Events.Values.Time);
        Assert.Equal(BinaryMode.Base64UrlSafe, options.Events.Values.Binary);
        Assert.Equal(SnapshotTime.Never, options.Snapshot.Rule.Time);
        Assert.Equal(Operations.Delete | Operations.Truncate, options.Capture.SkippedOperations);
        Assert.True(options.Capture.SkippedOperationsGiven);
        Assert.False(OptionMapping.Selection(options).Includes("public", "secrets"));
        Assert.True(OptionMapping.Selection(options).IncludesColumn("public", "users", "ID"));
        Assert.False(OptionMapping.Selection(options).IncludesColumn("public", "users", "password"));
        Assert.Equal(["x", "y"], options.Capture.MessageKeyColumns!.ColumnsOf("public.b")!);
        Assert.Null(options.Capture.MessageKeyColumns.ColumnsOf("public.d"));
        Assert.Equal("127.0.0.1:9000", options.Operations.HealthAddress!.ToString());
    }

    [Fact]
    public void Another_attachment_is_chosen()
    {
        var options = Read(("POSTGRES_ADDON", "HEROKU_POSTGRESQL_RED"), ("HEROKU_POSTGRESQL_RED_URL", "postgres://u@r/d"), ("KAFKA_ADDON", "SIDE"), ("SIDE_URL", "kafka+ssl://s:1"), ("SIDE_PREFIX", "north-1."), ("KAFKA_PREFIX", "x"));

        Assert.Equal("postgres://u@r/d", options.Connections.DatabaseUrl);
        Assert.Equal("HEROKU_POSTGRESQL_RED_URL", options.Connections.DatabaseUrlName);
        Assert.Equal("kafka+ssl://s:1", options.Connections.KafkaUrl);
        Assert.Equal("north-1.", options.Connections.KafkaPrefix);
    }

    [Theory]
    [InlineData("postgres://u:p:q%40@h/d")]
    [InlineData("postgresql://u@h:1/d?sslmode=require")]
    [InlineData("postgres://u:p@[::1]:5432/d")]
    public void A_database_url_is_accepted(string url) => Assert.Equal(url, Read(("DATABASE_URL", url)).Connections.DatabaseUrl);

    [Theory]
    [InlineData("mysql://u:hush@h/d", "does not begin with postgres://")]
    [InlineData("postgres://u:hush@/d", "names no host")]
    [InlineData("postgres://h/d", "names no user")]
    [InlineData("postgres://u:hush@h:99999/d", "port")]
    [InlineData("postgres://u:hush@h/d?sslmode=always", "sslmode")]
    [InlineData("Host=h;Password=hush", "does not begin with postgres://")]
    public void Another_database_url_is_refused_and_masked(string url, string problem)
    {
        var message = Refused(("DATABASE_URL", url));

        Assert.Contains("DATABASE_URL is '****': ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kafka+ssl://a:9096, kafka+ssl://b:9096", true)]
    [InlineData("127.0.0.1:9092", true)]
    [InlineData("127.0.0.1:9092,kafka://b:1", false)]
    [InlineData("embedded:", true)]
    [InlineData("kafka://[::1]:9092", true)]
    [InlineData("kafka://a:1,kafka+ssl://b:1", false)]
    [InlineData("http://a:1", false)]
    [InlineData("kafka://a", true)]
    [InlineData("kafka://a:99999", false)]
    [InlineData(",", false)]
    public void A_kafka_url_has_one_form(string url, bool isGood)
    {
        if (isGood)
        {
            Assert.Equal(url, Read(("KAFKA_URL", url)).Connections.KafkaUrl);
        }
        else
        {
            Assert.Contains("\n  KAFKA_URL is ", Refused(("KAFKA_URL", url)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("PENSTOCK_DATABASE_HOSTNAME", "h", "DATABASE_URL (postgres://")]
    [InlineData("PENSTOCK_DATABASE_TCPKEEPALIVE", "true", "DATABASE_URL (postgres://")]
    [InlineData("PENSTOCK_SIGNAL_FILE", "signals.txt", "known in Debezium, not built in this version")]
    [InlineData("PENSTOCK_COLUMN_MASK_WITH_12_CHARS", "a[", "UnterminatedBracket")]
    [InlineData("PENSTOCK_COLUMN_MASK_WITH_ALL_CHARS", "a", "PENSTOCK_COLUMN_MASK_WITH_<N>_CHARS")]
    [InlineData("PENSTOCK_COLUMN_MASK_HASH_V2_SHA_77_WITH_SALT_hush", "a", "the algorithm 'SHA-77' is not known")]
    [InlineData("PENSTOCK_UNAVAILABLE_VALUE_PLACEHOLDER", "hex:0g", "hexadecimal digits behind hex:")]
    [InlineData("PENSTOCK_UNAVAILABLE_VALUE_PLACEHOLDER", "hex:123", "hexadecimal digits behind hex:")]
    [InlineData("PENSTOCK_TOPIC_REGEX", "a", "has no effect without PENSTOCK_TOPIC_NAMING_STRATEGY")]
    [InlineData("PENSTOCK_TOPIC_NAMING_STRATEGY", "com.example.Own", "DefaultRegexTopicNamingStrategy")]
    [InlineData("PENSTOCK_KEY_CONVERTER_DECIMAL_FORMAT", "NUMERIC", "must be the same as PENSTOCK_VALUE_CONVERTER_DECIMAL_FORMAT")]
    [InlineData("PENSTOCK_TRANSFORMS_UNWRAP_TYPE", "a", "PENSTOCK_TRANSFORMS_UNWRAP_TYPE is no option of a transform of the list ''")]
    [InlineData("PENSTOCK_TRANSFORMS", "flatten", "PENSTOCK_TRANSFORMS_FLATTEN_TYPE: there is no transform 'flatten'")]
    [InlineData("PENSTOCK_TRANSFORMS", "unwrap,unwrap", "PENSTOCK_TRANSFORMS lists a name twice")]
    [InlineData("PENSTOCK_TRANSFORMS", "filter", "PENSTOCK_TRANSFORMS_FILTER_CONDITION is missing")]
    [InlineData("PENSTOCK_PREDICATES", "mine", "PENSTOCK_PREDICATES_MINE_TYPE is missing")]
    [InlineData("PENSTOCK_PREDICATES_MINE_TYPE", "RecordIsTombstone", "is no option of a predicate of the list ''")]
    [InlineData("PENSTOCK_VALUE_CONVERTER_METADATA_SOURCE", "header", "not built but for its default")]
    [InlineData("PENSTOCK_VALUE_CONVERTER_SERIALIZER_TYPE", "avro", "not built for anything but json")]
    [InlineData("PENSTOCK_VALUE_CONVERTER_JSON_SCHEMAS_ENABLE", "false", "has no effect without PENSTOCK_VALUE_CONVERTER=io.debezium.converters.CloudEventsConverter")]
    [InlineData("PENSTOCK_TABLE_WHITELIST", "a", "use PENSTOCK_TABLE_INCLUDE_LIST")]
    [InlineData("PENSTOCK_PLUGIN_NAME", "decoderbufs", "'pgoutput'")]
    [InlineData("PENSTOCK_SNAPSHOT_MODE", "custom", "known in Debezium but not built")]
    [InlineData("PENSTOCK_READ_ONLY", "true", "the only value it may have here is 'false'")]
    [InlineData("PENSTOCK_SLOT_STREAM_PARAMS", "origin=none;streaming=on", "must not have streaming")]
    [InlineData("PENSTOCK_SLOT_STREAM_PARAMS", "origin", "part 1 must be name=value")]
    [InlineData("PENSTOCK_REPLICA_IDENTITY_AUTOSET_VALUES", "public.a:SOME", "entry 1 must be schema.table:FULL")]
    [InlineData("PENSTOCK_REPLICA_IDENTITY_AUTOSET_VALUES", "public.a:FULL,a[:FULL", "entry 2: expression 1")]
    [InlineData("PENSTOCK_SNAPSHOT_ISOLATION_MODE", "read_committed", "known in Debezium but not built")]
    [InlineData("PENSTOCK_SCHEMA_REFRESH_MODE", "never", "must be columns_diff or columns_diff_exclude_unchanged_toast")]
    [InlineData("PENSTOCK_SLOT_NAME", "My-Slot", "small letters")]
    [InlineData("PENSTOCK_TABLE_INCLUDE_LIST", "a[", "UnterminatedBracket")]
    [InlineData("PENSTOCK_MESSAGE_KEY_COLUMNS", "public.a", "part 1 must be schema.table:column,column")]
    [InlineData("PENSTOCK_SKIPPED_OPERATIONS", "c,x", "must be a comma separated list of c, u, d and t, or none")]
    [InlineData("PENSTOCK_HTTP", "somewhere:1", "must be a port")]
    [InlineData("PENSTOCK_KAFKA_GROUP_ID", "g", "only produces")]
    [InlineData("PENSTOCK_KAFKA_BOOTSTRAP_SERVERS", "g", "given by KAFKA_URL")]
    [InlineData("PENSTOCK_KAFKA_LINGERMS", "5", "did you mean PENSTOCK_KAFKA_LINGER_MS?")]
    [InlineData("PENSTOCK_HEARTBEAT_ACTION_QUERY", "SELECT 1", "PENSTOCK_HEARTBEAT_INTERVAL_MS is 0")]
    [InlineData("PENSTOCK_MAX_QUEUE_SIZE", "100", "above max.batch.size (2048)")]
    [InlineData("KAFKA_CLIENT_CERT", "-----BEGIN X-----\\n-----END X-----", "KAFKA_CLIENT_CERT_KEY is missing")]
    public void What_cannot_be_honoured_is_refused(string name, string value, string text)
    {
        var message = Refused((name, value));

        Assert.StartsWith("1 setting is wrong; nothing was started.\n", message, StringComparison.Ordinal);
        Assert.Contains(text, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Include_and_exclude_lists_exclude_each_other() =>
        Assert.Contains(
            "PENSTOCK_TABLE_INCLUDE_LIST and PENSTOCK_TABLE_EXCLUDE_LIST exclude each other",
            Refused(("PENSTOCK_TABLE_INCLUDE_LIST", "a"), ("PENSTOCK_TABLE_EXCLUDE_LIST", "b")),
            StringComparison.Ordinal);

    [Fact]
    public void A_carried_over_configuration_may_keep_what_is_fixed_here() => Read(
        ("PENSTOCK_PLUGIN_NAME", "pgoutput"), ("PENSTOCK_TASKS_MAX", "1"), ("PENSTOCK_CONNECTOR_CLASS", "io.debezium.connector.postgresql.PostgresConnector"), ("PENSTOCK_SNAPSHOT_MAX_THREADS", "1"));

    [Fact]
    public void Options_of_slot_connections_and_failures_are_typed()
    {
        var options = Read(
            ("PENSTOCK_SLOT_STREAM_PARAMS", "origin=none; messages=false"),
            ("PENSTOCK_SLOT_FAILOVER", "true"),
            ("PENSTOCK_XMIN_FETCH_INTERVAL_MS", "100"),
            ("PENSTOCK_PUBLICATION_AUTOCREATE_MODE", "no_tables"),
            ("PENSTOCK_ON_MISSING_REPLICA_IDENTITY", "warn"),
            ("PENSTOCK_EVENT_CONVERTING_FAILURE_HANDLING_MODE", "fail"),
            ("PENSTOCK_DATABASE_INITIAL_STATEMENTS", "SET a.b = 'x;;y' ; SET role reader;"),
            ("PENSTOCK_INCLUDE_SCHEMA_COMMENTS", "true"),
            ("PENSTOCK_SNAPSHOT_FETCH_SIZE", "10240"),
            ("PENSTOCK_SNAPSHOT_TABLES_ORDER_BY_ROW_COUNT", "descending"),
            ("PENSTOCK_SCHEMA_REFRESH_MODE", "columns_diff_exclude_unchanged_toast"));

        Assert.Equal([("messages", "false"), ("origin", "none")], options.Capture.SlotStreamParameters.Select(static pair => (pair.Key, pair.Value)).Order());
        Assert.True(options.Capture.SlotFailover);
        Assert.Equal(100, options.Capture.XminFetchIntervalMs);
        Assert.Equal(PublicationAutocreate.NoTables, options.Capture.PublicationAutocreate);
        Assert.True(options.Capture.MayPublishWithoutIdentity);
        Assert.True(OptionMapping.Format(options, "shop").FailOnUnrepresented);
        Assert.Equal(["SET a.b = 'x;y'", "SET role reader"], options.Connections.InitialStatements);
    }

    [Fact]
    public void Replica_identities_are_wanted_of_tables_by_expression()
    {
        var rules = Read(("PENSTOCK_REPLICA_IDENTITY_AUTOSET_VALUES", "public.a.*:FULL, public.b:index b_Key,public.ab:NOTHING")).Capture.ReplicaIdentities!;

        Assert.Equal("FULL", Assert.Single(rules.Of("public", "abc")).Sql);
        Assert.Equal("USING INDEX \"b_Key\"", Assert.Single(rules.Of("public", "B")).Sql);
        Assert.Equal(2, rules.Of("public", "ab").Count);
        Assert.Empty(rules.Of("other", "a"));
    }

    [Fact]
    public void Library_options_pass() =>
        Assert.Equal("20", Read(("PENSTOCK_KAFKA_LINGER_MS", "20")).Connections.Librdkafka["linger.ms"]);

    [Theory]
    [InlineData("0", "0.2")]
    [InlineData("5", "5")]
    [InlineData("0", "0.5", "PENSTOCK_KAFKA_LINGER_MS", "0.5")]
    [InlineData("5", "0", "PENSTOCK_KAFKA_LINGER_MS", "0")]
    public void Records_linger_as_long_as_a_hand_over_takes_or_as_told(string pollIntervalMs, string lingerMs, string name = "PENSTOCK_NAME", string value = "shop")
    {
        var problems = new List<string>();
        using var connection = OptionMapping.Kafka(Read(("PENSTOCK_POLL_INTERVAL_MS", pollIntervalMs), (name, value)), problems)!;

        Assert.Empty(problems);
        Assert.Equal(lingerMs, connection.NewProducerConfig(idempotent: true).Get("linger.ms"));
    }

    [Fact]
    public void Telemetry_is_exported_where_there_is_an_address_for_it()
    {
        Assert.False(Read().Operations.ExportsTelemetry);
        var options = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"));
        Assert.True(options.Operations.ExportsTelemetry);
        Assert.Empty(options.Warnings);
    }

    [Fact]
    public void A_token_without_an_endpoint_is_said() =>
        Assert.Contains("PENSTOCK_HTTP_TOKEN", Assert.Single(Read(("PENSTOCK_HTTP_TOKEN", "0123456789abcdef")).Warnings), StringComparison.Ordinal);

    [Fact]
    public void Check_shows_the_database_without_its_password()
    {
        var shown = Read(("DATABASE_URL", "postgres://u:hush@h:5432/shop?sslpassword=hush")).Masked.Single(static setting => setting.EnvironmentName == "DATABASE_URL");

        Assert.Equal("postgres://u:****@h:5432/shop", shown.Text);
    }

    [Fact]
    public void No_setting_is_also_refused_by_name()
    {
        var catalog = PipelineCatalog.Catalog;
        var settings = catalog.Settings.Select(static setting => setting.EnvironmentName).ToHashSet(StringComparer.Ordinal);

        // Patterns with a free part may cover a setting (it is looked up first); a plain name may not.
        Assert.DoesNotContain(catalog.Unavailable, option => !option.Name.Contains('<', StringComparison.Ordinal) && settings.Contains(EnvironmentNames.Of(option.Name)));
    }
}
