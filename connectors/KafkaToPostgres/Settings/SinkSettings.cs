using Penstock.Debezium.Reading;
using Penstock.Engine.Configuration;
using Penstock.Kafka.Connection;
using Penstock.KafkaToPostgres.Transactions;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;

namespace Penstock.KafkaToPostgres.Settings;

/// <summary>What becomes of a change that cannot be applied.</summary>
internal enum OnError
{
    Stop,
    DeadLetter,
}

/// <summary>From where a partition is read.</summary>
internal enum StartAt
{
    Earliest,
    Latest,
}

/// <summary>What happens when retention has removed records that were not applied.</summary>
internal enum OnGap
{
    Fail,
    Earliest,
}

/// <summary>Where the key of a row comes from.</summary>
internal enum KeyMode
{
    Record,
    None,
}

/// <summary>What happens when events bring tables or columns that the target does not have.</summary>
internal enum SchemaEvolution
{
    None,
    ValidateOnly,
    Basic,
}

/// <summary>What one transaction of the target holds.</summary>
internal enum ApplyMode
{
    Table,
    Transaction,
}

/// <summary>What becomes of foreign keys of the target.</summary>
internal enum ForeignKeyMode
{
    Check,
    Skip,
}

/// <summary>The settings of the sink, by the names of Debezium's JDBC sink where it has them.</summary>
internal static class SinkSettings
{
    private const string Connections = "Connections";
    private const string Reading = "What is read";
    private const string Applying = "How it is applied";
    private const string Form = "The events' form, where they carry no schemas: the same values as the source has";
    private const string Flow = "Flow and errors";

    public static readonly Setting<string> PostgresAddon = new(
        "postgres.addon", Connections, SettingTypes.Matching("[A-Za-z_][A-Za-z0-9_]*", "the first part of a variable's name: letters, digits and underscores"), "Which attached database to use: its variable is this name with _URL")
    {
        EnvironmentName = "POSTGRES_ADDON",
        Default = "DATABASE",
    };

    public static readonly Setting<string> Database = new(
        "database.url",
        Connections,
        SettingTypes.Checked("postgres://user:password@host:port/database?sslmode=..., special characters percent-encoded", static text => DatabaseUrl.TryParse(text, Environment.GetEnvironmentVariable, out _, out var problem) ? null : problem),
        "The target database, directly and not through a connection pooler: temporary tables are used")
    {
        EnvironmentName = "DATABASE_URL",
        Attachment = new SettingAttachment(PostgresAddon, "_URL"),
        IsRequired = true,
        IsSecret = true,
        Mask = DatabaseUrlText.Masked,
    };

    public static readonly Setting<string> Topics = new("topics", Reading, SettingTypes.Text("a comma separated list of topic names, or a regular expression that begins with ^"), "The topics to read") { Default = "", ComputedDefaultText = "what PENSTOCK_TOPICS_REGEX says" };

    public static readonly Setting<string> TopicsRegex = new("topics.regex", Reading, SettingTypes.Text("a regular expression"), "Topics to read, as a regular expression; instead of PENSTOCK_TOPICS") { Default = "", ComputedDefaultText = "none" };

    public static readonly Setting<string> Group = new("group", Reading, SettingTypes.Matching("[A-Za-z0-9._-]{1,200}", "letters, digits, dots, underscores and dashes"), "The consumer group, and the name under which the target keeps the offsets") { IsRequired = true };

    public static readonly Setting<StartAt> Start = new("start", Reading, SettingTypes.Choice<StartAt>([("earliest", StartAt.Earliest), ("latest", StartAt.Latest)]), "Where a partition begins of which nothing was applied yet") { Default = StartAt.Earliest };

    public static readonly Setting<string> NameFormat = new(
        "collection.name.format",
        Applying,
        SettingTypes.Text("a name with ${topic}, ${source.schema} and ${source.table} in it"),
        "The table of a topic; ${topic} is the topic's name with dots as underscores, as in Debezium. Debezium's default is ${topic}")
    {
        Default = "",
        ComputedDefaultText = "the last two parts of the topic's name as schema and table",
    };

    public static readonly Setting<InsertMode> Insert = new(
        "insert.mode", Applying, SettingTypes.Choice<InsertMode>([("upsert", InsertMode.Upsert), ("insert", InsertMode.Insert), ("update", InsertMode.Update)]), "What becomes of a row. Debezium's default is insert")
    { Default = InsertMode.Upsert };

    public static readonly Setting<bool> Deletes = new("delete.enabled", Applying, SettingTypes.Boolean, "Whether delete events delete rows. Debezium's default is false") { Default = true };

    public static readonly Setting<bool> Truncates = new("truncate.enabled", Applying, SettingTypes.Boolean, "Whether truncate events empty tables") { Default = false };

    public static readonly Setting<KeyMode> Key = new(
        "primary.key.mode",
        Applying,
        SettingTypes.Choice<KeyMode>([("record_key", KeyMode.Record), ("none", KeyMode.None)], ["kafka", "record_value", "record_header"]),
        "Whether rows have keys: those of the target's primary key, or of PENSTOCK_PRIMARY_KEY_FIELDS. Debezium's default is none")
    {
        Default = KeyMode.Record,
    };

    public static readonly Setting<string> KeyFields = new("primary.key.fields", Applying, SettingTypes.Text("a comma separated list of columns"), "The key's columns, where they are not the target's primary key; a unique index over them is needed") { Default = "", ComputedDefaultText = "the target's primary key" };

    public static readonly Setting<PatternList?> FieldInclude = new("field.include.list", Applying, SettingTypes.Patterns("topic:field"), "Fields that are taken") { ComputedDefaultText = "all" };

    public static readonly Setting<PatternList?> FieldExclude = new("field.exclude.list", Applying, SettingTypes.Patterns("topic:field"), "Fields that are left out") { ComputedDefaultText = "none" };

    public static readonly Setting<ApplyMode> Apply = new(
        "apply",
        Applying,
        SettingTypes.Choice<ApplyMode>([("table", ApplyMode.Table), ("transaction", ApplyMode.Transaction)]),
        "table: one transaction of the target holds what many topics brought, each key in its order. transaction: it holds whole transactions of the source, in their order, so that foreign keys hold; one process reads all topics, and that of the transactions with them")
    {
        Default = ApplyMode.Table,
    };

    public static readonly Setting<string> TransactionTopic = new(
        "topic.transaction",
        Applying,
        SettingTypes.Matching("[A-Za-z0-9._-]{1,249}", "letters, digits, dots, underscores and dashes"),
        "Of PENSTOCK_APPLY=transaction: the last part of the name of the source's transaction topic, or the whole name")
    {
        Default = "transaction",
    };

    public static readonly Setting<int> MaxTransactionBytes = new(
        "max.transaction.bytes", Flow, SettingTypes.Integer(1 << 20, 1 << 30), "Of PENSTOCK_APPLY=transaction: the largest transaction, as bytes of its records. A larger one ends the pipeline")
    { Default = 64 << 20 };

    public static readonly Setting<ForeignKeyMode> ForeignKeys = new(
        "foreign.keys",
        Applying,
        SettingTypes.Choice<ForeignKeyMode>([("check", ForeignKeyMode.Check), ("skip", ForeignKeyMode.Skip)]),
        "check: tables are written in the order of their foreign keys. skip: neither foreign keys nor ordinary triggers of the target act (session_replication_role, which the user must be allowed to set)")
    {
        Default = ForeignKeyMode.Check,
    };

    public static readonly Setting<SchemaEvolution> Evolution = new(
        "schema.evolution",
        Applying,
        SettingTypes.Choice<SchemaEvolution>([("none", SchemaEvolution.None), ("validate-only", SchemaEvolution.ValidateOnly), ("basic", SchemaEvolution.Basic)]),
        "What happens when an event's schema has a table or columns that the target does not have. none: the row is one that cannot be applied. validate-only: the pipeline ends and says what to run. basic: they are made; nothing is ever changed or dropped")
    {
        Default = SchemaEvolution.None,
    };

    public static readonly Setting<TimePrecision> Times = new(
        "time.precision.mode",
        Form,
        SettingTypes.Choice<TimePrecision>(
        [
            ("adaptive", TimePrecision.Adaptive), ("adaptive_time_microseconds", TimePrecision.AdaptiveTimeMicroseconds), ("connect", TimePrecision.Milliseconds),
            ("microseconds", TimePrecision.Microseconds), ("nanoseconds", TimePrecision.Nanoseconds), ("isostring", TimePrecision.Microseconds),
        ]),
        "What numbers of times count")
    {
        Default = TimePrecision.Adaptive,
    };

    public static readonly Setting<bool> DecimalsAreBytes = new(
        "decimal.handling.mode", Form, new SettingType<bool>("precise, double or string", ParseDecimals, static value => value ? "precise" : "string"), "How numbers with decimals are written")
    { Default = true };

    public static readonly Setting<BinaryText> Binary = new(
        "binary.handling.mode", Form, SettingTypes.Choice<BinaryText>([("bytes", BinaryText.Base64), ("base64", BinaryText.Base64), ("base64-url-safe", BinaryText.Base64), ("hex", BinaryText.Hex)]), "How bytes are written")
    { Default = BinaryText.Base64 };

    public static readonly Setting<string> Placeholder = new("unavailable.value.placeholder", Form, SettingTypes.Verbatim("any text"), "Stands in events for a value that was too large to be logged; its column is left as it is") { Default = "__debezium_unavailable_value" };

    public static readonly Setting<int> BatchSize = new("batch.size", Flow, SettingTypes.Integer(1, 1_000_000), "Most changes of one transaction. Debezium's default is 500") { Default = 20_000 };

    public static readonly Setting<int> SlabBytes = new("slab.bytes", Flow, SettingTypes.Integer(65_536, 64 << 20), "Bytes of one slab of records") { Default = 1 << 20 };

    public static readonly Setting<int> QueueBytes = new("max.queue.size.in.bytes", Flow, SettingTypes.Integer(1 << 20, 1 << 30), "Bytes that wait in librdkafka's queue") { Default = 16 << 20 };

    public static readonly Setting<OnError> Errors = new("on.error", Flow, SettingTypes.Choice<OnError>([("stop", OnError.Stop), ("dead-letter", OnError.DeadLetter)]), "A change that cannot be applied: the pipeline stops at it, or it goes to the table penstock.dead_letters") { Default = OnError.Stop };

    public static readonly Setting<OnGap> Gap = new("on.gap", Flow, SettingTypes.Choice<OnGap>([("fail", OnGap.Fail), ("earliest", OnGap.Earliest)]), "Retention has removed records that were not applied: end with an error, or go on at the first one that is there") { Default = OnGap.Fail };

    public static readonly Setting<int> MaxRetries = new("errors.max.retries", Flow, SettingTypes.Integer(-1), "How often a failure that may pass is tried again in a row; -1 for ever") { Default = -1 };

    public static readonly Setting<int> RetryWaitMs = new("retriable.restart.connector.wait.ms", Flow, SettingTypes.Integer(1, 3_600_000), "Longest pause between these tries") { Default = 10_000 };

    public static IReadOnlyList<Setting> All { get; } =
    [
        Database, PostgresAddon, .. BrokerSettings.All, Topics, TopicsRegex, Group, Start, NameFormat, Insert, Deletes, Truncates, Key, KeyFields, FieldInclude, FieldExclude, Apply, TransactionTopic, ForeignKeys, Evolution,
        Times, DecimalsAreBytes, Binary, Placeholder, BatchSize, SlabBytes, QueueBytes, MaxTransactionBytes, Errors, Gap, MaxRetries, RetryWaitMs,
    ];

    public static void CheckTogether(SettingValues values)
    {
        if (values.IsGiven(Topics) == values.IsGiven(TopicsRegex))
        {
            values.Reject(Topics, values.IsGiven(Topics) ? $"and {TopicsRegex.EnvironmentName} are both given: remove one of them" : "is missing: say which topics to read");
        }

        if (values.IsGiven(FieldInclude) && values.IsGiven(FieldExclude))
        {
            values.Reject(FieldExclude, $"and {FieldInclude.EnvironmentName} are both given: remove one of them");
        }

        CheckTransactions(values);
    }

    private static void CheckTransactions(SettingValues values)
    {
        if (values.Get(Apply) == ApplyMode.Table)
        {
            return;
        }

        if (values.Get(Start) == StartAt.Latest)
        {
            values.Reject(Start, "cannot be latest with PENSTOCK_APPLY=transaction: it would begin in the middle of transactions");
        }

        if (values.Get(Gap) == OnGap.Earliest)
        {
            values.Reject(Gap, "cannot be earliest with PENSTOCK_APPLY=transaction: a transaction with a gap never becomes whole");
        }

        string topics = values.Get(Topics);
        if (topics.Length > 0 && !topics.StartsWith('^') && TransactionTopicName.Of(topics.Split(',', StringSplitOptions.TrimEntries), values.Get(TransactionTopic)) is null)
        {
            values.Reject(
                Topics,
                $"has no topic of transactions, which PENSTOCK_APPLY=transaction needs: add the one of the source, whose name ends with .{values.Get(TransactionTopic)}, and set PENSTOCK_PROVIDE_TRANSACTION_METADATA=true there; or name it with {TransactionTopic.EnvironmentName}");
        }
    }

    private static string? ParseDecimals(string text, out bool value)
    {
        string word = text.Trim().ToUpperInvariant();
        value = word == "PRECISE";
        return word is "PRECISE" or "DOUBLE" or "STRING" ? null : "must be precise, double or string";
    }
}
