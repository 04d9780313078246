using Penstock.Engine.Configuration;
using Penstock.Postgres.State;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>What is captured: the pipeline's name, slot and publication, tables and columns.</summary>
internal static class CaptureSettings
{
    private const string Identity = "Name, slot and publication";
    private const string Selection = "Tables and columns";

    /// <summary>Postgres' rule for slot names (CREATE_REPLICATION_SLOT); a publication's name is kept to the same so that it needs no quoting.</summary>
    private static readonly SettingType<string> SlotLike = SettingTypes.Matching("[a-z0-9_]{1,63}", "1 to 63 small letters, digits and underscores");

    public static readonly Setting<string> Name = new(
        "name", Identity, SettingTypes.Matching("[a-z][a-z0-9_-]{0,62}", "1 to 63 small letters, digits, underscores and dashes, a letter first"), "The pipeline's name; gives slot, publication and topic prefix their defaults")
    {
        Default = "penstock",
    };

    public static readonly Setting<string> TopicPrefix = new(
        "topic.prefix", Identity, SettingTypes.Matching("[A-Za-z0-9._-]{1,200}", "letters, digits, dots, underscores and dashes"), "First part of every topic name: <topic.prefix>.<schema>.<table>")
    {
        ComputedDefault = static values => values.Get(Name),
        ComputedDefaultText = "PENSTOCK_NAME",
    };

    public static readonly Setting<string> SlotName = new("slot.name", Identity, SlotLike, "The replication slot; created when it does not exist")
    {
        ComputedDefault = static values => values.Get(Name).Replace('-', '_'),
        ComputedDefaultText = "PENSTOCK_NAME, dashes as underscores",
    };

    public static readonly Setting<bool> SlotDropOnStop = new("slot.drop.on.stop", Identity, SettingTypes.Boolean, "Drops the slot at an orderly stop: changes made until the next start are then lost")
    {
        Default = false,
    };

    public static readonly Setting<string> PublicationName = new("publication.name", Identity, SlotLike, "The publication that says which tables the server sends")
    {
        ComputedDefault = static values => values.Get(Name).Replace('-', '_'),
        ComputedDefaultText = "PENSTOCK_NAME, dashes as underscores",
    };

    public static readonly Setting<PublicationAutocreate> PublicationAutocreateMode = new(
        "publication.autocreate.mode",
        Identity,
        SettingTypes.Choice<PublicationAutocreate>(
            [
                ("filtered", PublicationAutocreate.Filtered), ("all_tables", PublicationAutocreate.AllTables), ("disabled", PublicationAutocreate.Disabled),
                ("no_tables", PublicationAutocreate.NoTables),
            ]),
        "How the publication comes about: for the captured tables, for all tables (superuser only; Debezium's default), by you beforehand, or empty for you to fill")
    {
        Default = PublicationAutocreate.Filtered,
    };

    public static readonly Setting<bool> PublishViaPartitionRoot = new(
        "publish.via.partition.root", Identity, SettingTypes.Boolean, "Changes of partitions appear under the partitioned table's name; used when the publication is created")
    {
        Default = false,
    };

    public static readonly Setting<bool> SlotFailover = new(
        "slot.failover", Identity, SettingTypes.Boolean, "Makes the slot a failover slot, which the server keeps on its standbys too; PostgreSQL 17 or later, used when the slot is created")
    {
        Default = false,
    };

    public static readonly Setting<SlotStreamParameters?> SlotStreamParams = new(
        "slot.stream.params", Identity, SlotStreamParameters.Type, "Further options for the server's plugin pgoutput, such as origin=none");

    public static readonly Setting<int> XminFetchIntervalMs = new(
        "xmin.fetch.interval.ms", Identity, SettingTypes.Integer(0, 86_400_000), "How often the slot's catalog_xmin is read for source.xmin of the events; 0 for never, source.xmin is null then")
    {
        Default = 0,
    };

    public static readonly Setting<ReplicaIdentityRules?> ReplicaIdentityAutoset = new(
        "replica.identity.autoset.values", Identity, ReplicaIdentityRules.Type, "Replica identities that captured tables are given at the start, for which the user must own the tables");

    public static readonly Setting<bool> OnMissingReplicaIdentity = new(
        "on.missing.replica.identity",
        Identity,
        SettingTypes.Choice<bool>([("fail", false), ("warn", true)]),
        "What happens before the pipeline publishes updates and deletes of a table that has no replica identity, after which the server refuses them: it ends with a message, or goes on with a warning")
    {
        Default = false,
    };

    public static readonly Setting<StateWish> State = new(
        "state",
        Identity,
        SettingTypes.Choice<StateWish>([("auto", StateWish.IfAllowed), ("schema", StateWish.Required), ("none", StateWish.None)]),
        "Where what the slot cannot hold is kept: in a small schema named penstock in the source database, or nowhere (a slot or server that was replaced is then not noticed, and the pipeline cannot be paused). "
        + "auto is schema, or none with a warning where the user lacks the right; schema ends the start then")
    {
        Default = StateWish.IfAllowed,
    };

    public static readonly Setting<TimeSpan?> MaxPause = new(
        "max.pause", Identity, UnitTypes.Duration, "The longest pause: then the slot is dropped, so that it no longer holds the server's write-ahead log, and changes are missing (on.gap decides at resume)")
    {
        ComputedDefaultText = "no limit",
    };

    public static readonly Setting<long?> MaxRetainedWal = new(
        "max.retained.wal", Identity, UnitTypes.Bytes, "The most write-ahead log that the slot may hold during a pause: then it is dropped, as with max.pause")
    {
        ComputedDefaultText = "no limit",
    };

    public static readonly Setting<PatternList?> SchemaIncludeList = new("schema.include.list", Selection, SettingTypes.Patterns("schema name"), "Schemas that are captured") { ComputedDefaultText = "all" };

    public static readonly Setting<PatternList?> SchemaExcludeList = new("schema.exclude.list", Selection, SettingTypes.Patterns("schema name"), "Schemas that are left out; not together with the include list");

    public static readonly Setting<PatternList?> TableIncludeList = new("table.include.list", Selection, SettingTypes.Patterns("schema.table"), "Tables that are captured") { ComputedDefaultText = "all" };

    public static readonly Setting<PatternList?> TableExcludeList = new("table.exclude.list", Selection, SettingTypes.Patterns("schema.table"), "Tables that are left out; not together with the include list");

    public static readonly Setting<PatternList?> ColumnIncludeList = new(
        "column.include.list", Selection, SettingTypes.Patterns("schema.table.column"), "Columns that appear in events; key columns always stay in the key")
    {
        ComputedDefaultText = "all",
    };

    public static readonly Setting<PatternList?> ColumnExcludeList = new(
        "column.exclude.list", Selection, SettingTypes.Patterns("schema.table.column"), "Columns that are left out; not together with the include list; key columns always stay in the key");

    public static readonly Setting<KeyColumnRules?> MessageKeyColumns = new("message.key.columns", Selection, KeyColumnRules.Type, "Columns that make the event key of tables, instead of the primary key");

    public static readonly Setting<Operations> SkippedOperations = new("skipped.operations", Selection, OperationsType.Type, "Operations that make no event: create, update, delete, truncate")
    {
        Default = Operations.Truncate,
    };

    public static IReadOnlyList<Setting> All { get; } =
    [
        Name, TopicPrefix, SlotName, SlotDropOnStop, SlotFailover, SlotStreamParams, XminFetchIntervalMs, PublicationName, PublicationAutocreateMode, PublishViaPartitionRoot,
        ReplicaIdentityAutoset, OnMissingReplicaIdentity, State, MaxPause, MaxRetainedWal,
        SchemaIncludeList, SchemaExcludeList, TableIncludeList, TableExcludeList, ColumnIncludeList, ColumnExcludeList, MessageKeyColumns, SkippedOperations,
    ];

    /// <summary>What shows only when these settings are looked at together.</summary>
    public static void CheckTogether(SettingValues values)
    {
        foreach (var (include, exclude) in (ReadOnlySpan<(Setting, Setting)>)
            [(SchemaIncludeList, SchemaExcludeList), (TableIncludeList, TableExcludeList), (ColumnIncludeList, ColumnExcludeList)])
        {
            if (values.IsGiven(include) && values.IsGiven(exclude))
            {
                values.Reject(include, $"and {values.EnvironmentNameOf(exclude)} exclude each other: remove one of them");
            }
        }
    }
}
