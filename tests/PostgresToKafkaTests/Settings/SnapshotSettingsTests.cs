using static Penstock.PostgresToKafkaTests.Settings.TestSettings;

namespace Penstock.PostgresToKafkaTests.Settings;

public sealed class SnapshotSettingsTests
{
    private const string List = "PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES";
    private const string Based = "PENSTOCK_SNAPSHOT_MODE_CONFIGURATION_BASED_";

    [Theory]
    [InlineData("initial", "Once True False")]
    [InlineData("no_data", "Never True False")]
    [InlineData("never", "Never True False")]
    [InlineData("initial_only", "Once False False")]
    [InlineData("always", "EveryStart True False")]
    [InlineData("WHEN_NEEDED", "Once True True")]
    public void A_mode_says_when_a_snapshot_is_read_and_what_follows(string mode, string rule) => Assert.Equal(rule, Rule(("PENSTOCK_SNAPSHOT_MODE", mode)));

    [Theory]
    [InlineData("true", "false", "false", "EveryStart False False")]
    [InlineData("false", "true", "true", "Never True True")]
    [InlineData("true", "true", "true", "EveryStart True True")]
    public void Configuration_based_has_a_switch_for_each_part(string data, string stream, string onDataError, string rule) => Assert.Equal(
        rule,
        Rule(
            ("PENSTOCK_SNAPSHOT_MODE", "configuration_based"), (Based + "SNAPSHOT_DATA", data), (Based + "START_STREAM", stream), (Based + "SNAPSHOT_ON_DATA_ERROR", onDataError),
            (Based + "SNAPSHOT_SCHEMA", "true"), (Based + "SNAPSHOT_ON_SCHEMA_ERROR", "true")));

    [Fact]
    public void Switches_without_the_mode_and_the_mode_without_switches_are_refused()
    {
        Assert.Contains(Based + "START_STREAM has no meaning unless PENSTOCK_SNAPSHOT_MODE is configuration_based", Refused((Based + "START_STREAM", "true")), StringComparison.Ordinal);
        Assert.Contains("there is nothing to do", Refused(("PENSTOCK_SNAPSHOT_MODE", "configuration_based")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public.c_many", "_PUBLIC_C_MANY", "public.c_many")]
    [InlineData("public.Orders-2", "_PUBLIC_ORDERS_2", "public.Orders-2")]
    [InlineData("public.\"Mixed Case\"", "_PUBLIC_MIXED_CASE", "public.Mixed Case")]
    [InlineData("public.\"Mixed Case\"", "_PUBLIC__MIXED_CASE_", "public.Mixed Case")]
    [InlineData("public.Mixed Case", "_PUBLIC_MIXED_CASE", "public.Mixed Case")]
    [InlineData("\"a.b\".\"c\"\"d,e\"", "_A_B_C_D_E", "a.b.c\"d,e")]
    [InlineData("public.c_many", "_public.c_many", "public.c_many")]
    [InlineData("öffentlich.straße", "_ÖFFENTLICH_STRASSE", null)]
    [InlineData("öffentlich.größe", "_ÖFFENTLICH_GRÖßE", "öffentlich.größe")]
    public void A_statement_belongs_to_the_listed_table_that_its_variable_resembles(string entry, string suffix, string? table)
    {
        if (table is null)
        {
            Assert.Contains("whose statement is missing", Refused((List, entry), (List + suffix, "SELECT 1")), StringComparison.Ordinal);
            return;
        }

        Assert.Equal([(table, "SELECT * FROM t -- all")], Read((List, entry), (List + suffix, " SELECT * FROM t -- all ;\n")).Snapshot.Statements.Select(static pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void Names_that_differ_by_what_a_variable_cannot_hold_are_told_apart_by_writing_them_out()
    {
        Assert.Contains("names public.a_b and public.\"a-b\", whose statements would stand in one variable", Refused((List, "public.a_b,public.\"a-b\""), (List + "_PUBLIC_A_B", "SELECT 1")), StringComparison.Ordinal);
        var statements = Read((List, "public.a_b,public.\"a-b\""), (List + "_PUBLIC_A_B", "SELECT 1"), (List + "_public.a-b", "SELECT 2")).Snapshot.Statements;
        Assert.Equal("SELECT 1", statements["public.a_b"]);
        Assert.Equal("SELECT 2", statements["public.a-b"]);
    }

    [Fact]
    public void A_list_without_its_statement_and_a_statement_without_its_list_are_refused()
    {
        Assert.Contains($"{List} names public.a, whose statement is missing: give it in {List}_PUBLIC_A", Refused((List, "public.a")), StringComparison.Ordinal);
        Assert.Contains($"{List} does not name the table of {List}_PUBLIC_A", Refused((List + "_PUBLIC_A", "SELECT 1")), StringComparison.Ordinal);
        Assert.Contains("entry 2 must be schema.table", Refused((List, "public.a,b"), (List + "_PUBLIC_A", "SELECT 1")), StringComparison.Ordinal);
        Assert.Contains("has no statement in it", Refused((List, "public.a"), (List + "_PUBLIC_A", ";")), StringComparison.Ordinal);
    }

    [Fact]
    public void Delays_locks_and_the_tables_to_read_are_typed()
    {
        var plain = Read().Snapshot;
        Assert.Null(plain.LockTimeoutMs);
        Assert.Null(plain.IncludeCollectionList);
        var options = Read(
            ("PENSTOCK_SNAPSHOT_LOCKING_MODE", "shared"), ("PENSTOCK_SNAPSHOT_LOCK_TIMEOUT_MS", "500"), ("PENSTOCK_SNAPSHOT_DELAY_MS", "7"), ("PENSTOCK_STREAMING_DELAY_MS", "8"),
            ("PENSTOCK_SNAPSHOT_INCLUDE_COLLECTION_LIST", "public.a.*"), ("PENSTOCK_SNAPSHOT_ISOLATION_MODE", "repeatable_read")).Snapshot;
        Assert.Equal((500, 7, 8), (options.LockTimeoutMs!.Value, options.DelayMs, options.StreamingDelayMs));
        Assert.True(options.IncludeCollectionList!.Matches("public.abc"));
    }

    private static string Rule(params (string Name, string Value)[] environment)
    {
        var rule = Read(environment).Snapshot.Rule;
        return $"{rule.Time} {rule.WithStream} {rule.RenewsLostSlot}";
    }
}
