using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Debezium.Snapshots;
using Penstock.Debezium.Values;
using Penstock.Kafka.Connection;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Preflight;
using Penstock.Postgres.Publication;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>The user's options in the words of the rooms, which do not know each other.</summary>
internal static class OptionMapping
{
    /// <summary>What events look like; <paramref name="database"/> is <c>source.db</c>.</summary>
    public static EventFormat Format(PipelineOptions options, string database) => new()
    {
        TopicPrefix = options.Events.TopicPrefix,
        Database = database,
        SourceVersion = options.Events.SourceVersion,
        SourceConnector = options.Events.SourceConnector,
        Values = options.Events.Values,
        Names = options.Events.Names,
        Columns = options.Events.Columns,
        Transforms = options.Events.Transforms,
        CloudEvents = options.Events.CloudEvents,
        MessagePrefixes = options.Events.MessagePrefixes,
        TransactionMetadata = options.Events.TransactionMetadata,
        FailOnUnrepresented = options.Events.OnConversionFailure == ConversionFailure.Fail,
        SkipUnchanged = options.Events.SkipUnchanged,
        ReplaceNullWithDefault = options.Events.ReplaceNullWithDefault,
        TombstonesOnDelete = options.Events.TombstonesOnDelete,
        SkippedOperations = (EventOperations)options.Capture.SkippedOperations,
        KeySchemas = options.Events.KeySchemas,
        ValueSchemas = options.Events.ValueSchemas,
        ExtendedHeaders = options.Events.ExtendedHeaders,
        PositionHeader = options.Events.PositionHeader,
        TraceParentColumn = options.Events.TraceParentColumn,
        TraceParentPrefix = options.Events.TraceParentPrefix,
        TypesHeader = options.Events.TypesHeader,
        RunId = Guid.CreateVersion7().ToString(),
        MessageKeys = options.Capture.MessageKeyColumns is { } rules ? MessageKeyColumns.Parse(rules.Text) : MessageKeyColumns.None,
        GapTopic = options.Flow.GapTopic,
        SignalTable = options.Signals.Table,
        ClosesWindowByDelete = options.Signals.ClosesWindowByDelete,
        NotificationTopic = options.Signals.NotificationTopic,
        MaxBatchRecords = options.Flow.MaxBatchRecords,
    };

    /// <summary>Where snapshots tell of themselves, or null for nowhere. Keys are values of rows, which no log gets.</summary>
    public static NotificationQueue? Notifications(PipelineOptions options, ILogger logger)
    {
        bool toTopic = options.Signals.NotificationTopic is not null;
        Action<Notification>? log = options.Signals.NotificationsInLog
            ? told => logger.LogInformation("notification {Aggregate} {Type} {Id} {Data}", told.Aggregate, told.Type, told.Id, string.Join(' ', told.Data.Where(entry => entry.Name is not ("maximum_key" or "last_processed_key")).Select(entry => $"{entry.Name}={entry.Value}")))
            : null;
        return toTopic || log is not null ? new NotificationQueue(options.Events.TopicPrefix, toTopic, log, TimeProvider.System) : null;
    }

    /// <summary>Where the database is; the problem names the variable.</summary>
    public static DatabaseUrl? Database(PipelineOptions options, Func<string, string?> environment, List<string> problems)
    {
        if (DatabaseUrl.TryParse(options.Connections.DatabaseUrl, environment, out var url, out string? error))
        {
            return url! with { ApplicationName = url!.ApplicationName == "penstock" ? $"penstock/{options.Name}" : url.ApplicationName };
        }

        problems.Add($"{options.Connections.DatabaseUrlName}: {error}");
        return null;
    }

    /// <summary>Where the brokers are.</summary>
    public static KafkaConnection? Kafka(PipelineOptions options, List<string> problems)
    {
        var connections = options.Connections;
        string attachment = connections.KafkaUrlName.EndsWith("_URL", StringComparison.Ordinal) ? connections.KafkaUrlName[..^4] : "KAFKA";
        var librdkafka = new Dictionary<string, string>(connections.Librdkafka)
        {
            ["queue.buffering.max.kbytes"] = ((options.Flow.MaxQueueBytes + 1023) / 1024).ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["queue.buffering.max.messages"] = options.Flow.MaxQueueRecords.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        if (options.Flow.PollIntervalMs > 0)
        {
            librdkafka.TryAdd("linger.ms", options.Flow.PollIntervalMs.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        var connection = KafkaConnection.TryParse(
            new KafkaSettings
            {
                Attachment = attachment,
                Url = connections.KafkaUrl,
                TrustedCert = connections.KafkaTrustedCert,
                ClientCert = connections.KafkaClientCert,
                ClientCertKey = connections.KafkaClientCertKey,
                Prefix = connections.KafkaPrefix,
                Options = librdkafka,
                MaxRecordBytes = options.Flow.MaxRecordBytes,
                ClientId = $"penstock-{options.Name}",
            },
            out var found);
        problems.AddRange(found.Select(problem => problem.ToString()));
        return connection;
    }

    /// <summary>Tables and columns that are captured.</summary>
    public static TableSelection Selection(PipelineOptions options)
    {
        var capture = options.Capture;
        return new TableSelection(
            capture.SchemaIncludeList, capture.SchemaExcludeList, capture.TableIncludeList, capture.TableExcludeList, capture.ColumnIncludeList, capture.ColumnExcludeList)
        {
            SignalTable = options.Signals.Table is { } signals ? (signals.Schema, signals.Name) : null,
        };
    }

    /// <summary>The publication whose columns the rows of snapshots have; null for all columns.</summary>
    public static string? RowsOf(PipelineOptions options) => options.Events.Values.Compat == CompatMode.Correct ? options.Capture.PublicationName : null;

    /// <summary>The tables whose rows the snapshot reads, in its order.</summary>
    /// <param name="options">All settings.</param>
    /// <param name="all">Every table, for the chain of parents.</param>
    /// <param name="captured">The selected ones.</param>
    /// <param name="publication">As it is; null if there is none yet.</param>
    public static IReadOnlyList<CapturedTable> SnapshotTables(PipelineOptions options, IReadOnlyList<CapturedTable> all, IReadOnlyList<CapturedTable> captured, PublicationState? publication)
    {
        var tables = CapturedTables.ToSnapshot(
            all, captured, publication?.ViaRoot ?? options.Capture.PublishViaPartitionRoot, publication?.NamedOrAll ?? captured.Select(t => t.Oid).ToHashSet());
        // Signals of the past are none: the rows of their table are no data (capture 21f).
        bool IsRead(CapturedTable table) =>
            (options.Snapshot.IncludeCollectionList?.Matches(table.FullName) ?? true)
            && (options.Signals.Table is not { } signals || (table.Schema, table.Name) != (signals.Schema, signals.Name));
        return CapturedTables.InSnapshotOrder(tables.Where(IsRead), Selection(options));
    }

    public static PublicationRequest Publication(PipelineOptions options) => new(
        options.Capture.PublicationName,
        options.Capture.PublicationAutocreate switch
        {
            PublicationAutocreate.AllTables => PublicationMode.AllTables,
            PublicationAutocreate.Disabled => PublicationMode.Disabled,
            PublicationAutocreate.NoTables => PublicationMode.NoTables,
            _ => PublicationMode.Filtered,
        },
        options.Capture.PublishViaPartitionRoot,
        options.Capture.SkippedOperationsGiven ? SkippedText(options.Capture.SkippedOperations) : null);

    /// <summary>What the checks before a run look for.</summary>
    public static PreflightRequest Preflight(PipelineOptions options) => new()
    {
        Selection = Selection(options),
        Publication = Publication(options),
        SlotName = options.Capture.SlotName,
        WithSnapshot = options.Snapshot.Rule.Time != SnapshotTime.Never,
        WithStream = options.Snapshot.Rule.WithStream,
        SnapshotTables = options.Snapshot.IncludeCollectionList,
        Statements = options.Snapshot.Statements,
        Identities = (schema, table) => options.Capture.ReplicaIdentities?.Of(schema, table) ?? [],
        MayPublishWithoutIdentity = options.Capture.MayPublishWithoutIdentity,
        RenewsLostSlot = options.GapPolicy != GapPolicy.Fail,
        Failover = options.Capture.SlotFailover,
        State = options.Capture.State,
        SignalTable = options.Signals.Table,
        ClosesWindowByDelete = options.Signals.ClosesWindowByDelete,
    };

    /// <summary>The topics of the tables' changes. Partitioned roots have no rows of their own unless the publication sends them under the root's name.</summary>
    public static IEnumerable<string> TableTopics(PipelineOptions options, EventFormat format, IReadOnlyList<CapturedTable> captured) =>
        captured.Where(table => table.Kind == 'r' || options.Capture.PublishViaPartitionRoot).Select(table => EventTopics.Destination(format, table.Schema, table.Name)).OfType<string>();

    /// <summary>The topics that must be there before anything is read: a topic that is missing in mid-stream holds everything up.</summary>
    public static IReadOnlyList<string> Topics(PipelineOptions options, EventFormat format, IReadOnlyList<CapturedTable> captured)
    {
        var names = TableTopics(options, format, captured).ToList();
        if (options.Flow.OnOversize == Penstock.Kafka.Sizes.OversizePolicy.DeadLetter)
        {
            names.Add(options.Flow.DeadLetterTopic);
        }

        if (options.Flow.HeartbeatIntervalMs > 0)
        {
            Add(EventTopics.Heartbeat(format));
        }

        if (options.GapPolicy == GapPolicy.Continue)
        {
            Add(options.Flow.GapTopic ?? EventTopics.UnroutedHeartbeat(format));
        }

        if (format.TransactionMetadata)
        {
            Add(EventTopics.Transaction(format));
        }

        if (format.NotificationTopic is { } notifications)
        {
            names.Add(notifications);
        }

        return [.. names.Distinct(StringComparer.Ordinal)];

        void Add(string? topic)
        {
            if (topic is not null)
            {
                names.Add(topic);
            }
        }
    }

    private static string SkippedText(Operations operations) => operations == Operations.None
        ? "none"
        : string.Join(',', new[] { (Operations.Create, "c"), (Operations.Update, "u"), (Operations.Delete, "d"), (Operations.Truncate, "t") }
            .Where(pair => operations.HasFlag(pair.Item1)).Select(pair => pair.Item2));
}
