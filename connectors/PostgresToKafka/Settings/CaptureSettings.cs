using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>What is captured: the pipeline's name, slot and publication, tables and columns, the snapshot.</summary>
internal static class CaptureSettings
{
    private const string Identity = "Name, slot and publication";
    private const string Selection = "Tables and columns";
    private const string Snapshots = "Snapshot";

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
            [("filtered", PublicationAutocreate.Filtered), ("all_tables", PublicationAutocreate.AllTables), ("disabled", PublicationAutocreate.Disabled)], ["no_tables"]),
        "How the publication comes about: for the captured tables, for all tables (superuser only; Debezium's default), or by you beforehand")
    {
        Default = PublicationAutocreate.Filtered,
    };

    public static readonly Setting<bool> PublishViaPartitionRoot = new(
        "publish.via.partition.root", Identity, SettingTypes.Boolean, "Changes of partitions appear under the partitioned table's name; used when the publication is created")
    {
        Default = false,
    };

    public static readonly Setting<StateKind> State = new(
        "state",
        Identity,
        SettingTypes.Choice<StateKind>([("schema", StateKind.Schema), ("none", StateKind.None)]),
        "Where what the slot cannot hold is kept: in a small schema named penstock in the source database, or nowhere (a lost slot and a cut-off snapshot are then noticed less well)")
    {
        Default = StateKind.Schema,
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

    public static readonly Setting<SnapshotMode> SnapshotMode = new(
        "snapshot.mode",
        Snapshots,
        SettingTypes.Choice<SnapshotMode>(
            [("initial", Settings.SnapshotMode.Initial), ("no_data", Settings.SnapshotMode.NoData), ("initial_only", Settings.SnapshotMode.InitialOnly)],
            ["always", "when_needed", "configuration_based", "custom", "schema_only", "exported"],
            [("never", Settings.SnapshotMode.NoData)]),
        "At the first start: rows of the tables, then the stream; the stream only (never is the old word for it); or the rows only")
    {
        Default = Settings.SnapshotMode.Initial,
    };

    public static IReadOnlyList<Setting> All { get; } =
    [
        Name, TopicPrefix, SlotName, SlotDropOnStop, PublicationName, PublicationAutocreateMode, PublishViaPartitionRoot, State,
        SchemaIncludeList, SchemaExcludeList, TableIncludeList, TableExcludeList, ColumnIncludeList, ColumnExcludeList, MessageKeyColumns, SkippedOperations,
        SnapshotMode,
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
