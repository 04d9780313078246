using Penstock.Debezium.Snapshots;
using Penstock.Engine.Configuration;
using Penstock.Postgres.Snapshot;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>Snapshots that users ask for while the pipeline runs, and what snapshots tell of themselves.</summary>
internal static class SignalSettings
{
    private const string Signals = "Signals and ad-hoc snapshots";
    private const string Notifications = "Notifications";

    public static readonly Setting<SignalTableName?> SignalDataCollection = new(
        "signal.data.collection",
        Signals,
        new SettingType<SignalTableName?>(
            "the name of a table, schema.table, with double quotes around parts with white space or dots",
            static (string text, out SignalTableName? value) =>
            {
                value = TableIdentifier.TryParse(text, out string schema, out string table) ? new SignalTableName(schema, table) : null;
                return value is null ? "must be the name of one table, schema.table" : null;
            },
            static value => value?.FullName ?? ""),
        "The table through which snapshots are asked for, with the columns id, type and data (docs/snapshots.md); none: no signals");

    public static readonly Setting<string> SignalEnabledChannels = new(
        "signal.enabled.channels", Signals, SettingTypes.Checked("source", static text => ChannelProblem(text, ["source"], ["kafka", "file", "jmx", "in-process"])), "Where signals come from: the table only")
    {
        Default = "source",
    };

    public static readonly Setting<int> SignalPollIntervalMs = new(
        "signal.poll.interval.ms", Signals, SettingTypes.Integer(1), "Without effect, accepted for Debezium's configurations: signals of the table come with the stream and are not polled for")
    {
        Default = 5000,
    };

    public static readonly Setting<int> ChunkSize = new(
        "incremental.snapshot.chunk.size", Signals, SettingTypes.Integer(1, 1_000_000), "Rows of a chunk of an incremental snapshot; it is held in memory, and cut at 16 MB")
    {
        Default = 1024,
    };

    public static readonly Setting<bool> ClosesWindowByDelete = new(
        "incremental.snapshot.watermarking.strategy",
        Signals,
        SettingTypes.Choice<bool>([("insert_insert", false), ("insert_delete", true)]),
        "How the end of a chunk is marked in the signal table: by a second row, or by deleting the first, which keeps the table small")
    {
        Default = false,
    };

    public static readonly Setting<string?> NotificationChannels = new(
        "notification.enabled.channels",
        Notifications,
        new SettingType<string?>(
            "a comma separated list of sink and log",
            static (string text, out string? value) => ChannelProblem(value = text.Trim(), ["sink", "log"], ["jmx"]),
            static value => value ?? ""),
        "Where snapshots tell of their progress: a topic (sink), the log, or both; none: nowhere");

    public static readonly Setting<string?> NotificationTopic = new(
        "notification.sink.topic.name",
        Notifications,
        new SettingType<string?>(
            "the name of a topic",
            static (string text, out string? value) => (value = text.Trim()).Length is 0 or > 249 ? "must be the name of a topic" : null,
            static value => value ?? ""),
        "The topic of the channel sink");

    public static IReadOnlyList<Setting> All { get; } =
        [SignalDataCollection, SignalEnabledChannels, SignalPollIntervalMs, ChunkSize, ClosesWindowByDelete, NotificationChannels, NotificationTopic];

    /// <summary>What shows only when these settings are looked at together.</summary>
    public static void CheckTogether(SettingValues values)
    {
        if (Words(values.Get(NotificationChannels)).Contains("sink") && !values.IsGiven(NotificationTopic))
        {
            values.Reject(NotificationChannels, $"has sink, which needs a topic: set {NotificationTopic.EnvironmentName}");
        }
    }

    /// <summary>The words of a list of channels.</summary>
    public static string[] Words(string? list) => (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string? ChannelProblem(string text, string[] here, string[] elsewhere)
    {
        foreach (string word in Words(text).Where(word => !here.Contains(word)))
        {
            return elsewhere.Contains(word)
                ? $"has {word}, which is known in Debezium but not built here: this pipeline keeps no files, reads no topics and has no JMX; use {string.Join(" or ", here)}"
                : $"must be a comma separated list of {string.Join(" and ", here)}";
        }

        return Words(text).Length == 0 ? $"must name {string.Join(" or ", here)}" : null;
    }
}
