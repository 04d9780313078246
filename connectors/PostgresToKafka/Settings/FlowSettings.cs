using Penstock.Engine.Configuration;
using Penstock.Kafka.Producing;
using Penstock.Kafka.Sizes;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>How the changes travel: batches, memory, timing, retries, records that are too large.</summary>
internal static class FlowSettings
{
    private const string Heartbeats = "Heartbeat";
    private const string Batches = "Batches, memory and timing";
    private const string Failures = "Failures";

    private static readonly SettingType<string> TopicName = SettingTypes.Matching("[A-Za-z0-9._-]{1,249}", "1 to 249 letters, digits, dots, underscores and dashes");

    public static readonly Setting<int> HeartbeatIntervalMs = new("heartbeat.interval.ms", Heartbeats, SettingTypes.Integer(0, 86_400_000), "How often a heartbeat record is sent; 0 for never") { Default = 0 };

    public static readonly Setting<string> TopicHeartbeatPrefix = new(
        "topic.heartbeat.prefix", Heartbeats, SettingTypes.Matching("[A-Za-z0-9._-]{1,200}", "letters, digits, dots, underscores and dashes"), "The heartbeat topic is <topic.heartbeat.prefix>.<topic.prefix>")
    {
        Default = "__debezium-heartbeat",
    };

    public static readonly Setting<string?> HeartbeatActionQuery = new(
        "heartbeat.action.query",
        Heartbeats,
        new SettingType<string?>("one SQL statement", static (string text, out string? value) => { value = text.Trim(); return null; }, static value => value ?? ""),
        "SQL that is run in the source database with each heartbeat, so that the slot moves on while captured tables are idle");

    public static readonly Setting<int> MaxBatchSize = new("max.batch.size", Batches, SettingTypes.Integer(1, 1_000_000), "Changes in one batch at most") { Default = 2048 };

    public static readonly Setting<int> PollIntervalMs = new(
        "poll.interval.ms",
        Batches,
        SettingTypes.Integer(0, 5000),
        "Longest time a record waits for others to share a request to the broker, milliseconds: linger.ms; 0: as long as it takes to hand a batch over, linger.ms=0.2 (Debezium: 500)")
    {
        // Rows come in whole batches, which the reader spaces; docs/decisions/0012-a-batch-in-four-milliseconds.md.
        Default = 0,
    };

    public static readonly Setting<int> SlabBytes = new("slab.bytes", Batches, SettingTypes.Integer(64 * 1024, 64 * 1024 * 1024), "Bytes of one buffer; the memory bound in the log at start follows from it")
    {
        Default = 256 * 1024,
    };

    public static readonly Setting<int> MaxQueueSize = new(
        "max.queue.size", Batches, SettingTypes.Integer(2, 10_000_000), "Records that wait for the broker at most; more than max.batch.size (Debezium: 8192)")
    {
        Default = 25_000,
    };

    public static readonly Setting<long> MaxQueueSizeInBytes = new(
        "max.queue.size.in.bytes", Batches, SettingTypes.LongInteger(1024 * 1024, 2_000_000_000), "Bytes of records that wait for the broker at most (Debezium: no bound)")
    {
        Default = 16 * 1024 * 1024,
    };

    public static readonly Setting<int> StatusUpdateIntervalMs = new(
        "status.update.interval.ms", Batches, SettingTypes.Integer(100, 600_000), "How often the server is told how far events are delivered; sooner when its wal_sender_timeout asks for it")
    {
        Default = 10_000,
    };

    public static readonly Setting<ReaderKind> Reader = new(
        "reader", Batches, SettingTypes.Choice<ReaderKind>([("npgsql", ReaderKind.Npgsql), ("socket", ReaderKind.Socket)]), "What receives the replication stream: the Npgsql library, or this product's own socket reader")
    {
        Default = ReaderKind.Socket,
    };

    public static readonly Setting<ProducerKind> Producer = new(
        "producer",
        Batches,
        SettingTypes.Choice<ProducerKind>([("confluent", ProducerKind.Confluent), ("native", ProducerKind.Native)]),
        "What hands records to librdkafka: the Confluent.Kafka library, or this product's own batch binding")
    {
        Default = ProducerKind.Native,
    };

    public static readonly Setting<int> MaxRecordBytes = new(
        "max.record.bytes", Failures, SettingTypes.Integer(1024, 1_000_000_000), "Largest record, key and value together, that is sent; the broker's own limit is usually 1 MB")
    {
        Default = 1_000_000,
    };

    public static readonly Setting<OversizePolicy> OnOversize = new(
        "on.oversize",
        Failures,
        SettingTypes.Choice<OversizePolicy>([("fail", OversizePolicy.Fail), ("skip", OversizePolicy.Skip), ("dead-letter", OversizePolicy.DeadLetter)]),
        "What happens to a larger record: the pipeline stops, or the record is left out and logged, or a note of it goes to the dead-letter topic")
    {
        Default = OversizePolicy.Fail,
    };

    public static readonly Setting<string> DeadLetterTopic = new(
        "dead.letter.topic", Failures, TopicName, "Where notes go of records that on.oversize=dead-letter takes out, and of events that the command skip leaves out")
    {
        ComputedDefault = static values => values.Get(CaptureSettings.TopicPrefix) + ".dead-letter",
        ComputedDefaultText = "<topic.prefix>.dead-letter",
    };

    public static readonly Setting<GapPolicy> OnGap = new(
        "on.gap",
        Failures,
        SettingTypes.Choice<GapPolicy>([("fail", GapPolicy.Fail), ("resnapshot", GapPolicy.Resnapshot), ("continue", GapPolicy.Continue)]),
        "What happens when changes are missing for ever (the slot was dropped, made anew, moved or lost, or the server is another one): the pipeline ends, or reads the tables again, or goes on after a record that says so")
    {
        Default = GapPolicy.Fail,
    };

    public static readonly Setting<string?> GapTopic = new(
        "gap.topic",
        Failures,
        new SettingType<string?>(TopicName.Allowed, static (string text, out string? value) => TopicName.Parse(text, out value!), static value => value ?? ""),
        "Where on.gap=continue writes its record")
    {
        ComputedDefaultText = "the heartbeat topic",
    };

    public static readonly Setting<int> SlotMaxRetries = new(
        "slot.max.retries", Failures, SettingTypes.Integer(-1), "How often a slot that is in use elsewhere is tried again; -1 for ever: the process stands by (Debezium: 6)")
    {
        Default = -1,
    };

    public static readonly Setting<int> SlotRetryDelayMs = new("slot.retry.delay.ms", Failures, SettingTypes.Integer(1, 3_600_000), "Pause between these tries, each shortened by up to half at random (Debezium: 10000, not shortened)") { Default = 1000 };

    public static readonly Setting<int> ErrorsMaxRetries = new(
        "errors.max.retries", Failures, SettingTypes.Integer(-1), "How often a temporary failure of database or broker is retried before the pipeline ends with exit code 4; -1 for ever")
    {
        Default = -1,
    };

    public static readonly Setting<int> RetriableRestartWaitMs = new(
        "retriable.restart.connector.wait.ms", Failures, SettingTypes.Integer(1, 3_600_000), "Longest pause between these tries; the first ones are shorter")
    {
        Default = 10_000,
    };

    public static IReadOnlyList<Setting> All { get; } =
    [
        HeartbeatIntervalMs, TopicHeartbeatPrefix, HeartbeatActionQuery,
        MaxBatchSize, PollIntervalMs, SlabBytes, MaxQueueSize, MaxQueueSizeInBytes, StatusUpdateIntervalMs, Reader, Producer,
        MaxRecordBytes, OnOversize, DeadLetterTopic, OnGap, GapTopic, SlotMaxRetries, SlotRetryDelayMs, ErrorsMaxRetries, RetriableRestartWaitMs,
    ];

    /// <summary>What shows only when these settings are looked at together.</summary>
    public static void CheckTogether(SettingValues values)
    {
        if (values.Get(MaxQueueSize) <= values.Get(MaxBatchSize))
        {
            values.Reject(values.IsGiven(MaxQueueSize) ? MaxQueueSize : MaxBatchSize, $"must keep max.queue.size ({values.Get(MaxQueueSize)}) above max.batch.size ({values.Get(MaxBatchSize)})");
        }

        if (values.IsGiven(HeartbeatActionQuery) && values.Get(HeartbeatIntervalMs) == 0)
        {
            values.Reject(HeartbeatActionQuery, $"is never run while {HeartbeatIntervalMs.EnvironmentName} is 0: give an interval");
        }
    }
}
