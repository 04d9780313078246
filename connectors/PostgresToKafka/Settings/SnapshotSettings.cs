using System.Text.RegularExpressions;
using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>Whether and when a snapshot is read, of which tables, and how (Debezium 1.4).</summary>
internal static partial class SnapshotSettings
{
    private const string Snapshots = "Snapshot";
    private const string BasedOnConfiguration = "With snapshot.mode=configuration_based: ";

    public static readonly Setting<SnapshotMode> Mode = new(
        "snapshot.mode",
        Snapshots,
        SettingTypes.Choice<SnapshotMode>(
            [
                ("initial", SnapshotMode.Initial), ("no_data", SnapshotMode.NoData), ("initial_only", SnapshotMode.InitialOnly), ("always", SnapshotMode.Always),
                ("when_needed", SnapshotMode.WhenNeeded), ("configuration_based", SnapshotMode.ConfigurationBased),
            ],
            ["custom", "schema_only", "exported"],
            [("never", SnapshotMode.NoData)]),
        "initial: at the first start the rows of the tables, then the stream; no_data (never is the old word): the stream only; initial_only: the rows only; always: the rows at every start, then the stream; "
        + "when_needed: as initial, and again when the server has removed what the slot needed; configuration_based: by the five settings of that name")
    {
        Default = SnapshotMode.Initial,
    };

    public static readonly Setting<bool> BasedSnapshotData = Switch("snapshot.data", "the rows of the tables are read at every start");

    public static readonly Setting<bool> BasedSnapshotSchema = Switch("snapshot.schema", "accepted; there is no history of schemas to fill");

    public static readonly Setting<bool> BasedStartStream = Switch("start.stream", "the stream is read");

    public static readonly Setting<bool> BasedOnSchemaError = Switch("snapshot.on.schema.error", "accepted; there is no history of schemas that could be lost");

    public static readonly Setting<bool> BasedOnDataError = Switch("snapshot.on.data.error", "when the server has removed what the slot needed, the slot is made anew instead of ending with an error");

    public static readonly Setting<PatternList?> IncludeCollectionList = new(
        "snapshot.include.collection.list", Snapshots, SettingTypes.Patterns("schema.table"), "Captured tables whose rows a snapshot reads; the others are only streamed")
    {
        ComputedDefaultText = "all captured tables",
    };

    public static readonly Setting<string?> StatementTables = new(
        "snapshot.select.statement.overrides",
        Snapshots,
        new SettingType<string?>("a comma separated list of names schema.table, exactly as in the database; a part with a dot or a comma in it in double quotes", ParseNames, static value => value ?? ""),
        "Tables whose rows a snapshot reads by a SELECT of your own, which stands in the setting of the table");

    public static readonly SettingFamily Statement = new(
        "snapshot.select.statement.overrides.<schema>.<table>",
        Snapshots,
        "one SELECT without parameters, whose columns have names of the table's columns",
        "The SELECT for one of those tables: in the variable's name every letter of schema.table is upper case and all but letters and digits is an underscore, "
        + "or schema.table stands there as it is; columns that it does not return are NULL",
        static name => StatementName().Match(name) is { Success: true } found ? SnapshotStatements.Option(found.Groups[1].Value) : null,
        static (_, text) => SnapshotStatements.Trimmed(text).Length == 0 ? "has no statement in it" : null);

    public static readonly Setting<bool> LockTables = new(
        "snapshot.locking.mode",
        Snapshots,
        SettingTypes.Choice<bool>([("none", false), ("shared", true)], ["custom"]),
        "shared: all tables of a snapshot are locked at its start in ACCESS SHARE mode, so that none of them is altered or dropped before it is read")
    {
        Default = false,
    };

    public static readonly Setting<int> LockTimeoutMs = new(
        "snapshot.lock.timeout.ms", Snapshots, SettingTypes.Integer(0), "How long these locks are waited for, each; 0 for ever")
    { Default = 10_000 };

    public static readonly Setting<bool> IsolationMode = new(
        "snapshot.isolation.mode",
        Snapshots,
        SettingTypes.Choice<bool>([("serializable", true), ("repeatable_read", false)], ["read_committed", "read_uncommitted"]),
        "A snapshot always shows all tables as of one position in the write-ahead log, in a repeatable-read transaction, for both words; what mixes states of different moments is refused")
    {
        Default = true,
    };

    public static readonly Setting<int> DelayMs = new("snapshot.delay.ms", Snapshots, SettingTypes.Integer(0), "Pause before a snapshot") { Default = 0 };

    public static readonly Setting<int> StreamingDelayMs = new("streaming.delay.ms", Snapshots, SettingTypes.Integer(0), "Pause between a snapshot and the stream") { Default = 0 };

    public static IReadOnlyList<Setting> All { get; } =
    [
        Mode, BasedSnapshotData, BasedSnapshotSchema, BasedStartStream, BasedOnSchemaError, BasedOnDataError, IncludeCollectionList, StatementTables, Statement,
        LockTables, LockTimeoutMs, IsolationMode, DelayMs, StreamingDelayMs,
    ];

    /// <summary>What shows only when these settings are looked at together.</summary>
    public static void CheckTogether(SettingValues values)
    {
        var mode = values.Get(Mode);
        foreach (var given in (ReadOnlySpan<Setting<bool>>)[BasedSnapshotData, BasedSnapshotSchema, BasedStartStream, BasedOnSchemaError, BasedOnDataError])
        {
            if (mode != SnapshotMode.ConfigurationBased && values.IsGiven(given))
            {
                values.Reject(given, $"has no meaning unless {Mode.EnvironmentName} is configuration_based");
            }
        }

        if (mode == SnapshotMode.ConfigurationBased && !values.Get(BasedSnapshotData) && !values.Get(BasedStartStream))
        {
            values.Reject(Mode, $"is 'configuration_based' and there is nothing to do: set {BasedSnapshotData.EnvironmentName} or {BasedStartStream.EnvironmentName} to true");
        }

        SnapshotStatements.Read(values, static (values, problem) => values.Reject(StatementTables, problem));
    }

    /// <summary>What the mode asks for.</summary>
    public static SnapshotRule Rule(SettingValues values) => values.Get(Mode) switch
    {
        SnapshotMode.NoData => new SnapshotRule(SnapshotTime.Never, WithStream: true, RenewsLostSlot: false),
        SnapshotMode.InitialOnly => new SnapshotRule(SnapshotTime.Once, WithStream: false, RenewsLostSlot: false),
        SnapshotMode.Always => new SnapshotRule(SnapshotTime.EveryStart, WithStream: true, RenewsLostSlot: false),
        SnapshotMode.WhenNeeded => new SnapshotRule(SnapshotTime.Once, WithStream: true, RenewsLostSlot: true),
        SnapshotMode.ConfigurationBased => new SnapshotRule(
            values.Get(BasedSnapshotData) ? SnapshotTime.EveryStart : SnapshotTime.Never, values.Get(BasedStartStream), values.Get(BasedOnDataError)),
        _ => new SnapshotRule(SnapshotTime.Once, WithStream: true, RenewsLostSlot: false),
    };

    private static Setting<bool> Switch(string name, string meaning) => new(
        "snapshot.mode.configuration.based." + name, Snapshots, SettingTypes.Boolean, BasedOnConfiguration + meaning)
    {
        Default = false,
    };

    private static string? ParseNames(string text, out string? value)
    {
        value = text.Trim();
        return SnapshotStatements.TryParseNames(value, out _, out string? problem) ? null : problem;
    }

    [GeneratedRegex(@"\APENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES_(.+)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex StatementName();
}
