using Microsoft.Extensions.Configuration;
using Penstock.Debezium.CloudEvents;
using Penstock.Debezium.Columns;
using Penstock.Debezium.Events;
using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;
using Penstock.Engine.Commands;
using Penstock.Engine.Configuration;
using Penstock.Engine.Operations;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Producing;
using Penstock.Kafka.Sizes;
using Penstock.Postgres.State;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>Everything the user set, typed and checked; immutable for the life of the process.</summary>
internal sealed record PipelineOptions : IProgramOptions
{
    public required string Name { get; init; }

    public required ConnectionOptions Connections { get; init; }

    public required CaptureOptions Capture { get; init; }

    public required SnapshotOptions Snapshot { get; init; }

    public required SignalOptions Signals { get; init; }

    public required EventOptions Events { get; init; }

    public required FlowOptions Flow { get; init; }

    public string Title => Name;

    public required OperationsOptions Operations { get; init; }

    /// <summary>Lines for the log at start.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Every setting as variable, text and origin, secrets masked; for <c>check</c>.</summary>
    public required IReadOnlyList<(string EnvironmentName, string Text, SettingOrigin Origin)> Masked { get; init; }

    /// <summary><c>on.gap</c>; where the snapshot's mode takes snapshots whenever one is needed, or at each start, it need not be said.</summary>
    public GapPolicy GapPolicy => !Flow.OnGapGiven && (Snapshot.Rule.RenewsLostSlot || Snapshot.Rule.Time == SnapshotTime.EveryStart) ? GapPolicy.Resnapshot : Flow.OnGap;

    /// <summary>Reads, checks and types all settings.</summary>
    /// <exception cref="SettingsException">Anything is wrong; carries all of it.</exception>
    public static PipelineOptions Read(IConfiguration configuration)
    {
        var values = SettingValues.Read(PipelineCatalog.Catalog, configuration);
        BrokerSettings.CheckTogether(values);
        CaptureSettings.CheckTogether(values);
        WalLimitSettings.CheckTogether(values);
        SnapshotSettings.CheckTogether(values);
        SignalSettings.CheckTogether(values);
        FormatSettings.CheckTogether(values);
        CloudEventSettings.CheckTogether(values);
        TransformSettings.CheckTogether(values);
        FlowSettings.CheckTogether(values);
        var operations = OperationsOptions.From(values);
        values.ThrowIfRejected();
        return new PipelineOptions
        {
            Name = values.Get(CaptureSettings.Name),
            Connections = ConnectionOptions.From(values),
            Capture = CaptureOptions.From(values),
            Snapshot = SnapshotOptions.From(values),
            Signals = SignalOptions.From(values),
            Events = EventOptions.From(values),
            Flow = FlowOptions.From(values),
            Operations = operations,
            Warnings = [.. values.Warnings],
            Masked = [.. values.Masked()],
        };
    }
}

/// <summary>Where the database and the broker are.</summary>
internal sealed record ConnectionOptions
{
    /// <summary>postgres://... as given, its form checked only.</summary>
    public required string DatabaseUrl { get; init; }

    /// <summary>The variable it came from, for messages.</summary>
    public required string DatabaseUrlName { get; init; }

    /// <summary>The sink's database, for <c>verify</c> alone; null for none.</summary>
    public string? VerifyDatabaseUrl { get; init; }

    /// <summary>SQL statements that each connection begins with; those that replicate begin without.</summary>
    public required IReadOnlyList<string> InitialStatements { get; init; }

    /// <summary>Brokers as given, or <c>embedded:</c>.</summary>
    public required string KafkaUrl { get; init; }

    /// <summary>The variable it came from, for messages.</summary>
    public required string KafkaUrlName { get; init; }

    /// <summary>PEM with real line ends, one or more certificates; null for the system's authorities.</summary>
    public required string? KafkaTrustedCert { get; init; }

    /// <summary>PEM; given exactly when <see cref="KafkaClientCertKey"/> is.</summary>
    public required string? KafkaClientCert { get; init; }

    public required string? KafkaClientCertKey { get; init; }

    /// <summary>Put before topic names that do not begin with it; empty for none.</summary>
    public required string KafkaPrefix { get; init; }

    /// <summary>Options by librdkafka's own names.</summary>
    public required IReadOnlyDictionary<string, string> Librdkafka { get; init; }

    internal static ConnectionOptions From(SettingValues values) => new()
    {
        DatabaseUrl = values.Get(ConnectionSettings.DatabaseUrl),
        DatabaseUrlName = values.EnvironmentNameOf(ConnectionSettings.DatabaseUrl),
        VerifyDatabaseUrl = values.Get(ConnectionSettings.VerifyDatabaseUrl),
        InitialStatements = ConnectionSettings.Statements(values.Get(ConnectionSettings.DatabaseInitialStatements) ?? ""),
        KafkaUrl = values.Get(BrokerSettings.Url),
        KafkaUrlName = values.EnvironmentNameOf(BrokerSettings.Url),
        KafkaTrustedCert = values.Get(BrokerSettings.TrustedCert),
        KafkaClientCert = values.Get(BrokerSettings.ClientCert),
        KafkaClientCertKey = values.Get(BrokerSettings.ClientCertKey),
        KafkaPrefix = values.Get(BrokerSettings.Prefix),
        Librdkafka = values.PassThrough,
    };
}

/// <summary>What is captured.</summary>
internal sealed record CaptureOptions
{
    public required string SlotName { get; init; }

    public required bool SlotDropOnStop { get; init; }

    public required bool SlotFailover { get; init; }

    /// <summary>Plugin options by name; empty for none.</summary>
    public required IReadOnlyDictionary<string, string> SlotStreamParameters { get; init; }

    /// <summary>0 for never.</summary>
    public required int XminFetchIntervalMs { get; init; }

    public required string PublicationName { get; init; }

    public required PublicationAutocreate PublicationAutocreate { get; init; }

    public required bool PublishViaPartitionRoot { get; init; }

    /// <summary>Null: none is set.</summary>
    public required ReplicaIdentityRules? ReplicaIdentities { get; init; }

    /// <summary>A table without replica identity may be published.</summary>
    public required bool MayPublishWithoutIdentity { get; init; }

    public required StateWish State { get; init; }

    public required PauseLimits PauseLimits { get; init; }

    public required WalMarks WalMarks { get; init; }

    public required PatternList? SchemaIncludeList { get; init; }

    public required PatternList? SchemaExcludeList { get; init; }

    public required PatternList? TableIncludeList { get; init; }

    public required PatternList? TableExcludeList { get; init; }

    public required PatternList? ColumnIncludeList { get; init; }

    public required PatternList? ColumnExcludeList { get; init; }

    public required KeyColumnRules? MessageKeyColumns { get; init; }

    public required Operations SkippedOperations { get; init; }

    /// <summary>True when the user set it: only then does it become the publication's <c>publish</c> option (Debezium 1.2).</summary>
    public required bool SkippedOperationsGiven { get; init; }

    internal static CaptureOptions From(SettingValues values) => new()
    {
        SlotName = values.Get(CaptureSettings.SlotName),
        SlotDropOnStop = values.Get(CaptureSettings.SlotDropOnStop),
        SlotFailover = values.Get(CaptureSettings.SlotFailover),
        SlotStreamParameters = values.Get(CaptureSettings.SlotStreamParams)?.Options ?? new Dictionary<string, string>(),
        XminFetchIntervalMs = values.Get(CaptureSettings.XminFetchIntervalMs),
        PublicationName = values.Get(CaptureSettings.PublicationName),
        PublicationAutocreate = values.Get(CaptureSettings.PublicationAutocreateMode),
        PublishViaPartitionRoot = values.Get(CaptureSettings.PublishViaPartitionRoot),
        ReplicaIdentities = values.Get(CaptureSettings.ReplicaIdentityAutoset),
        MayPublishWithoutIdentity = values.Get(CaptureSettings.OnMissingReplicaIdentity),
        State = values.Get(CaptureSettings.State),
        PauseLimits = new(values.Get(CaptureSettings.MaxPause), values.Get(CaptureSettings.MaxRetainedWal), WalMarks.From(values).DropBytes),
        WalMarks = WalMarks.From(values),
        SchemaIncludeList = values.Get(CaptureSettings.SchemaIncludeList),
        SchemaExcludeList = values.Get(CaptureSettings.SchemaExcludeList),
        TableIncludeList = values.Get(CaptureSettings.TableIncludeList),
        TableExcludeList = values.Get(CaptureSettings.TableExcludeList),
        ColumnIncludeList = values.Get(CaptureSettings.ColumnIncludeList),
        ColumnExcludeList = values.Get(CaptureSettings.ColumnExcludeList),
        MessageKeyColumns = values.Get(CaptureSettings.MessageKeyColumns),
        SkippedOperations = values.Get(CaptureSettings.SkippedOperations),
        SkippedOperationsGiven = values.IsGiven(CaptureSettings.SkippedOperations),
    };
}

/// <summary>What events look like.</summary>
internal sealed record EventOptions
{
    public required string TopicPrefix { get; init; }

    public required bool TombstonesOnDelete { get; init; }

    public required bool KeySchemas { get; init; }

    public required bool ValueSchemas { get; init; }

    public required bool ExtendedHeaders { get; init; }

    public required bool PositionHeader { get; init; }

    /// <summary>Column of the header traceparent; null for none.</summary>
    public string? TraceParentColumn { get; init; }

    /// <summary>Prefix of messages that hold it; null for none.</summary>
    public string? TraceParentPrefix { get; init; }

    public required bool TypesHeader { get; init; }

    public required string SourceVersion { get; init; }

    public required string SourceConnector { get; init; }

    public required ValueModes Values { get; init; }

    /// <summary>What happens to a value that has no form in Debezium's format.</summary>
    public required ConversionFailure OnConversionFailure { get; init; }

    /// <summary>How names of topics, schemas and fields are made.</summary>
    public required NameRules Names { get; init; }

    /// <summary>Masks, hashes, truncation, propagated source types.</summary>
    public required ColumnRules Columns { get; init; }

    public required TransformSet Transforms { get; init; }

    /// <summary>Null for values of JsonConverter.</summary>
    public required CloudEventOptions? CloudEvents { get; init; }

    public required MessagePrefixes MessagePrefixes { get; init; }

    public required bool TransactionMetadata { get; init; }

    public required bool SkipUnchanged { get; init; }

    public required bool ReplaceNullWithDefault { get; init; }

    internal static EventOptions From(SettingValues values) => new()
    {
        TopicPrefix = values.Get(CaptureSettings.TopicPrefix),
        TombstonesOnDelete = values.Get(EventSettings.TombstonesOnDelete),
        KeySchemas = values.Get(EventSettings.KeySchemasEnable),
        ValueSchemas = values.Get(EventSettings.ValueSchemasEnable),
        ExtendedHeaders = values.Get(EventSettings.ExtendedHeadersEnabled),
        PositionHeader = values.Get(EventSettings.PositionHeaderEnabled),
        TraceParentColumn = values.Get(EventSettings.TraceParentColumn),
        TraceParentPrefix = values.Get(EventSettings.TraceParentPrefix),
        TypesHeader = values.Get(EventSettings.TypesHeaderEnabled),
        SourceVersion = values.Get(EventSettings.SourceVersion),
        SourceConnector = values.Get(EventSettings.SourceConnector),
        Values = new ValueModes
        {
            Decimal = values.Get(EventSettings.DecimalHandlingMode),
            Time = values.Get(EventSettings.TimePrecisionMode),
            Binary = values.Get(EventSettings.BinaryHandlingMode),
            IntervalAsText = values.Get(EventSettings.IntervalAsText),
            HstoreAsMap = values.Get(EventSettings.HstoreAsMap),
            MoneyFractionDigits = values.Get(EventSettings.MoneyFractionDigits),
            IncludeUnknown = values.Get(EventSettings.IncludeUnknownDatatypes),
            UnavailableValuePlaceholder = values.Get(EventSettings.UnavailableValuePlaceholder),
            Compat = values.Get(EventSettings.Compat),
            DecimalFormatNumeric = values.Get(FormatSettings.DecimalOf(values)),
        },
        OnConversionFailure = values.Get(EventSettings.EventConvertingFailureHandlingMode),
        Names = new NameRules
        {
            TopicDelimiter = values.Get(EventSettings.TopicDelimiter),
            TransactionTopic = values.Get(FormatSettings.TopicTransaction),
            HeartbeatPrefix = values.Get(FlowSettings.TopicHeartbeatPrefix),
            HeartbeatTopic = values.Get(FormatSettings.TopicHeartbeatName),
            SchemaNames = values.Get(FormatSettings.SchemaNameAdjustmentMode),
            FieldNames = values.Get(FormatSettings.FieldNameAdjustmentMode),
            Strategy = values.Get(FormatSettings.TopicNamingStrategy),
            TopicRegex = values.Get(FormatSettings.TopicRegex)?.ToString() ?? "",
            TopicReplacement = values.Get(FormatSettings.TopicReplacement) ?? "",
            TopicKeyField = values.Get(FormatSettings.TopicKeyEnforceUniqueness) ? values.Get(FormatSettings.TopicKeyFieldName) : null,
            TopicKeyRegex = values.Get(FormatSettings.TopicKeyFieldRegex)?.ToString(),
            TopicKeyReplacement = values.Get(FormatSettings.TopicKeyFieldReplacement) ?? "",
        },
        Columns = ColumnSettings.Rules(values),
        Transforms = TransformSettings.Read(values),
        CloudEvents = CloudEventSettings.Read(values),
        MessagePrefixes = values.Get(FormatSettings.MessagePrefixIncludeList) is { } included ? MessagePrefixes.Of(included.Sources, include: true)
            : values.Get(FormatSettings.MessagePrefixExcludeList) is { } excluded ? MessagePrefixes.Of(excluded.Sources, include: false)
            : MessagePrefixes.All,
        TransactionMetadata = values.Get(FormatSettings.ProvideTransactionMetadata),
        SkipUnchanged = values.Get(FormatSettings.SkipMessagesWithoutChange),
        ReplaceNullWithDefault = values.Get(FormatSettings.ReplaceNullOf(values)),
    };
}

/// <summary>How the changes travel.</summary>
internal sealed record FlowOptions
{
    /// <summary>0 for never.</summary>
    public required int HeartbeatIntervalMs { get; init; }

    public required string? HeartbeatActionQuery { get; init; }

    public required int MaxBatchRecords { get; init; }

    public required int PollIntervalMs { get; init; }

    public required int SlabBytes { get; init; }

    /// <summary>Records in librdkafka's queue.</summary>
    public required int MaxQueueRecords { get; init; }

    /// <summary>Bytes in librdkafka's queue.</summary>
    public required long MaxQueueBytes { get; init; }

    public required int StatusUpdateIntervalMs { get; init; }

    public required ReaderKind Reader { get; init; }

    public required ProducerKind Producer { get; init; }

    public required int MaxRecordBytes { get; init; }

    public required OversizePolicy OnOversize { get; init; }

    public required string DeadLetterTopic { get; init; }

    public required GapPolicy OnGap { get; init; }

    public required bool OnGapGiven { get; init; }

    /// <summary>Null for the heartbeat topic.</summary>
    public required string? GapTopic { get; init; }

    /// <summary>-1 for ever.</summary>
    public required int SlotMaxRetries { get; init; }

    public required int SlotRetryDelayMs { get; init; }

    /// <summary>-1 for ever.</summary>
    public required int ErrorsMaxRetries { get; init; }

    public required int RetryWaitMs { get; init; }

    internal static FlowOptions From(SettingValues values) => new()
    {
        HeartbeatIntervalMs = values.Get(FlowSettings.HeartbeatIntervalMs),
        HeartbeatActionQuery = values.Get(FlowSettings.HeartbeatActionQuery),
        MaxBatchRecords = values.Get(FlowSettings.MaxBatchSize),
        PollIntervalMs = values.Get(FlowSettings.PollIntervalMs),
        SlabBytes = values.Get(FlowSettings.SlabBytes),
        MaxQueueRecords = values.Get(FlowSettings.MaxQueueSize),
        MaxQueueBytes = values.Get(FlowSettings.MaxQueueSizeInBytes),
        StatusUpdateIntervalMs = values.Get(FlowSettings.StatusUpdateIntervalMs),
        Reader = values.Get(FlowSettings.Reader),
        Producer = values.Get(FlowSettings.Producer),
        MaxRecordBytes = values.Get(FlowSettings.MaxRecordBytes),
        OnOversize = values.Get(FlowSettings.OnOversize),
        DeadLetterTopic = values.Get(FlowSettings.DeadLetterTopic),
        OnGap = values.Get(FlowSettings.OnGap),
        OnGapGiven = values.IsGiven(FlowSettings.OnGap),
        GapTopic = values.Get(FlowSettings.GapTopic),
        SlotMaxRetries = values.Get(FlowSettings.SlotMaxRetries),
        SlotRetryDelayMs = values.Get(FlowSettings.SlotRetryDelayMs),
        ErrorsMaxRetries = values.Get(FlowSettings.ErrorsMaxRetries),
        RetryWaitMs = values.Get(FlowSettings.RetriableRestartWaitMs),
    };
}
