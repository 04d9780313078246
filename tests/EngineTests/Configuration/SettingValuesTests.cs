using Microsoft.Extensions.Configuration;
using Penstock.Engine.Configuration;

namespace Penstock.EngineTests.Configuration;

public sealed class SettingValuesTests
{
    private static readonly Setting<string> Addon = new("database.addon", "G", SettingTypes.Matching("[A-Z]+", "capital letters"), "Attachment") { EnvironmentName = "DB_ADDON", Default = "DATABASE" };
    private static readonly Setting<string> Url = new("database.url", "G", SettingTypes.Checked("a URL", static text => text.Contains("://", StringComparison.Ordinal) ? null : "must be a URL"), "Where the database is")
    {
        EnvironmentName = "DATABASE_URL",
        Attachment = new SettingAttachment(Addon, "_URL"),
        IsRequired = true,
        IsSecret = true,
        Mask = static url => url[..url.IndexOf("://", StringComparison.Ordinal)] + "://****",
    };

    private static readonly Setting<string> Name = new("name", "G", SettingTypes.Matching("[a-z]+", "small letters"), "Name") { Default = "penstock" };
    private static readonly Setting<string> Slot = new("slot.name", "G", SettingTypes.Matching("[a-z_]+", "small letters and underscores"), "Slot")
    {
        ComputedDefault = static values => values.Get(Name) + "_slot",
        ComputedDefaultText = "the name with _slot",
    };

    private static readonly Setting<int> Batch = new("max.batch.size", "H", SettingTypes.Integer(1, 5000), "Batch") { Default = 2048 };
    private static readonly Setting<bool> Tombstones = new("tombstones.on.delete", "H", SettingTypes.Boolean, "Tombstones") { Default = true };
    private static readonly Setting<PatternList?> Tables = new("table.include.list", "H", SettingTypes.Patterns("table"), "Tables");
    private static readonly Setting<string> Mode = new("snapshot.mode", "H", SettingTypes.Choice<string>([("initial", "i"), ("no_data", "n")], ["always"], [("never", "n")]), "Mode") { Default = "i" };

    private static readonly SettingCatalog Catalog = new(
        [Addon, Name, Url, Slot, Batch, Tombstones, Tables, Mode],
        [
            new UnavailableOption("column.mask.with.<N>.chars", "known in Debezium but not built in this version"),
            new UnavailableOption("transforms*", "known in Debezium but not built in this version"),
            new UnavailableOption("plugin.name", "known in Debezium, where it has a choice", "pgoutput"),
        ],
        new PassThroughOptions(
            "kafka",
            "librdkafka",
            ["linger.ms", "log_level", "sasl.password", "ssl.ca.location", "sasl.oauthbearer.assertion.file"],
            new Dictionary<string, string> { ["bootstrap.servers"] = "set by KAFKA_URL" },
            new HashSet<string> { "sasl.password" }));

    private static SettingValues Read(params (string Name, string Value)[] environment) => SettingValues.Read(
        Catalog,
        new ConfigurationBuilder()
            .AddInMemoryCollection(environment.Append(("DATABASE_URL", "postgres://u:p@h/d")).DistinctBy(static pair => pair.Item1).Select(static pair => KeyValuePair.Create(pair.Item1, (string?)pair.Item2)))
            .Build());

    private static string Problem(params (string Name, string Value)[] environment) => Assert.Single(Read(environment).Problems).ToString();

    [Fact]
    public void Defaults_stand_where_nothing_is_given()
    {
        var values = Read();

        values.ThrowIfRejected();
        Assert.Equal(2048, values.Get(Batch));
        Assert.True(values.Get(Tombstones));
        Assert.Null(values.Get(Tables));
        Assert.Equal("penstock_slot", values.Get(Slot));
        Assert.False(values.IsGiven(Batch));
    }

    [Fact]
    public void Values_are_typed_and_override_defaults()
    {
        var values = Read(("PENSTOCK_NAME", "shop"), ("PENSTOCK_MAX_BATCH_SIZE", " 10 "), ("PENSTOCK_TOMBSTONES_ON_DELETE", "FALSE"), ("PENSTOCK_TABLE_INCLUDE_LIST", "public.a, public.b"), ("PENSTOCK_SNAPSHOT_MODE", "NEVER"));

        values.ThrowIfRejected();
        Assert.Equal(10, values.Get(Batch));
        Assert.False(values.Get(Tombstones));
        Assert.Equal("shop_slot", values.Get(Slot));
        Assert.Equal(["public.a", "public.b"], values.Get(Tables)!.Sources);
        Assert.Equal("n", values.Get(Mode));
        Assert.True(values.IsGiven(Batch));
    }

    [Fact]
    public void Every_problem_is_reported_at_once()
    {
        var values = Read(
            ("DATABASE_URL", "secret-without-scheme"),
            ("PENSTOCK_MAX_BATCH_SIZE", "many"),
            ("PENSTOCK_SNAPSHOT_MOD", "initial"),
            ("PENSTOCK_TRANSFORMS_UNWRAP_TYPE", "x"),
            ("PENSTOCK_SNAPSHOT_MODE", "always"));
        values.Reject(Tables, "and something else exclude each other");

        var thrown = Assert.Throws<SettingsException>(values.ThrowIfRejected);

        Assert.Equal(6, thrown.Problems.Count);
        Assert.Equal(2, SettingsException.ExitCode);
        Assert.StartsWith("6 settings are wrong; nothing was started.\n", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("\n  DATABASE_URL is '****': must be a URL", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("\n  PENSTOCK_MAX_BATCH_SIZE is not right: must be a whole number from 1 to 5000", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("\n  PENSTOCK_SNAPSHOT_MOD is an unknown setting; did you mean PENSTOCK_SNAPSHOT_MODE?", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("\n  PENSTOCK_TRANSFORMS_UNWRAP_TYPE is known in Debezium but not built in this version", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("\n  PENSTOCK_SNAPSHOT_MODE is 'always': is known in Debezium but not built in this version; must be initial or no_data", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("\n  PENSTOCK_TABLE_INCLUDE_LIST and something else exclude each other", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_required_setting_says_what_it_is_for() =>
        Assert.Equal("DATABASE_URL is missing: Where the database is", Problem(("DATABASE_URL", "")));

    [Fact]
    public void An_attachment_moves_the_variable_and_its_error()
    {
        var values = Read(("DB_ADDON", "FOLLOWER"), ("FOLLOWER_URL", "postgres://f"));
        values.ThrowIfRejected();
        Assert.Equal("postgres://f", values.Get(Url));
        Assert.Equal("FOLLOWER_URL is missing: Where the database is", Problem(("DB_ADDON", "FOLLOWER")));
    }

    [Theory]
    [InlineData("PENSTOCK_COLUMN_MASK_WITH_5_CHARS", "x", "is known in Debezium but not built in this version")]
    [InlineData("PENSTOCK_TRANSFORMS", "x", "is known in Debezium but not built in this version")]
    [InlineData("PENSTOCK_PLUGIN_NAME", "decoderbufs", "is known in Debezium, where it has a choice; the only value it may have here is 'pgoutput'")]
    [InlineData("PENSTOCK_KAFKA_BOOTSTRAP_SERVERS", "x", "is set by KAFKA_URL")]
    [InlineData("PENSTOCK_KAFKA_LINGER_MSS", "5", "is no option of librdkafka; did you mean PENSTOCK_KAFKA_LINGER_MS?")]
    [InlineData("PENSTOCK_DATABASE_URL", "x", "is an unknown setting; the platform's own name is used: DATABASE_URL")]
    [InlineData("PENSTOCK_COMPLETELY_DIFFERENT_THING", "x", "is an unknown setting; the nearest known name is ")]
    public void A_name_that_is_not_a_setting_is_explained(string name, string value, string text) =>
        Assert.StartsWith($"{name} {text}", Problem((name, value)), StringComparison.Ordinal);

    [Fact]
    public void An_unavailable_option_may_ask_for_what_happens_anyway() => Read(("PENSTOCK_PLUGIN_NAME", "pgoutput")).ThrowIfRejected();

    [Fact]
    public void Library_options_keep_the_librarys_own_spelling()
    {
        var values = Read(("PENSTOCK_KAFKA_LINGER_MS", "7"), ("PENSTOCK_KAFKA_LOG_LEVEL", "3"), ("penstock_kafka_sasl_password", "hush"), ("PENSTOCK_KAFKA_SASL_OAUTHBEARER_ASSERTION_FILE", "/a"));

        values.ThrowIfRejected();
        Assert.Equal(
            new Dictionary<string, string> { ["linger.ms"] = "7", ["log_level"] = "3", ["sasl.password"] = "hush", ["sasl.oauthbearer.assertion.file"] = "/a" },
            values.PassThrough);
        Assert.Contains(("PENSTOCK_KAFKA_SASL_PASSWORD", "****", SettingOrigin.Environment), values.Masked());
    }

    [Fact]
    public void Masked_shows_everything_but_secrets()
    {
        var masked = Read(("PENSTOCK_MAX_BATCH_SIZE", "10")).Masked().ToArray();

        Assert.Contains(("DATABASE_URL", "postgres://****", SettingOrigin.Environment), masked);
        Assert.Contains(("PENSTOCK_MAX_BATCH_SIZE", "10", SettingOrigin.Environment), masked);
        Assert.Contains(("PENSTOCK_TOMBSTONES_ON_DELETE", "true", SettingOrigin.Default), masked);
    }

    [Fact]
    public void Other_programs_variables_are_left_alone() => Read(("PATH", "/bin"), ("KAFKA_HOME", "/opt"), ("PENSTOCKX", "1")).ThrowIfRejected();

    [Fact]
    public void A_double_underscore_is_no_section() =>
        Assert.StartsWith("PENSTOCK_MAX__BATCH_SIZE is an unknown setting; did you mean PENSTOCK_MAX_BATCH_SIZE?", Problem(("PENSTOCK_MAX:BATCH_SIZE", "1")), StringComparison.Ordinal);

    [Theory]
    [InlineData("PENSTOCK_MAX_BATCH_SIZE", "5001", true)]
    [InlineData("PENSTOCK_MAX_BATCH_SIZE", "-1.5", true)]
    [InlineData("PENSTOCK_MAX_BATCH_SIZE", " 10 MB", true)]
    [InlineData("PENSTOCK_MAX_BATCH_SIZE", "many", false)]
    [InlineData("PENSTOCK_MAX_BATCH_SIZE", "12345678901234567890123", false)]
    [InlineData("PENSTOCK_MAX_BATCH_SIZE", "4f7d1c09", false)]
    [InlineData("PENSTOCK_TOMBSTONES_ON_DELETE", "ture", true)]
    [InlineData("PENSTOCK_TOMBSTONES_ON_DELETE", "yes", true)]
    [InlineData("PENSTOCK_TOMBSTONES_ON_DELETE", "p4ss-w0rd", false)]
    [InlineData("PENSTOCK_SNAPSHOT_MODE", "intial", true)]
    [InlineData("PENSTOCK_SNAPSHOT_MODE", "always", true)]
    [InlineData("PENSTOCK_SNAPSHOT_MODE", "p4ss-w0rd", false)]
    [InlineData("PENSTOCK_NAME", "P4ss-w0rd", false)]
    [InlineData("PENSTOCK_TABLE_INCLUDE_LIST", "public.a,p4ss(w0rd", false)]
    public void A_wrong_value_is_repeated_only_when_it_is_a_number_or_nearly_a_word_that_there_is(string name, string value, bool repeated)
    {
        string problem = Problem((name, value));

        Assert.StartsWith(repeated ? $"{name} is '{value}': " : $"{name} is not right: ", problem, StringComparison.Ordinal);
        Assert.Equal(repeated, problem.Contains(value, StringComparison.Ordinal));
        Assert.DoesNotContain("w0rd", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_of_a_bad_value_do_not_reach_the_terminal() =>
        Assert.StartsWith("PENSTOCK_TOMBSTONES_ON_DELETE is 'true?': ", Problem(("PENSTOCK_TOMBSTONES_ON_DELETE", "true\u001b")), StringComparison.Ordinal);
}
