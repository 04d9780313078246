using Microsoft.Extensions.Configuration;
using Penstock.Debezium.Reading;
using Penstock.Engine.Commands;
using Penstock.Engine.Configuration;
using Penstock.Engine.Operations;
using Penstock.Kafka.Connection;
using Penstock.KafkaToPostgres.Pipeline;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Settings;

/// <summary>Everything the user set, typed and checked; immutable for the life of the process.</summary>
internal sealed record SinkOptions : IProgramOptions
{
    public required string DatabaseUrl { get; init; }

    /// <summary>The variable it came from, for messages.</summary>
    public required string DatabaseUrlName { get; init; }

    public required KafkaSettings Kafka { get; init; }

    /// <summary>Names, or one regular expression that begins with ^.</summary>
    public required IReadOnlyList<string> Topics { get; init; }

    public required string Group { get; init; }

    public required StartAt Start { get; init; }

    /// <summary>"" for the last two parts of the topic's name.</summary>
    public required string NameFormat { get; init; }

    public required InsertMode Insert { get; init; }

    public required bool Deletes { get; init; }

    public required bool Truncates { get; init; }

    public required bool WithKey { get; init; }

    public required IReadOnlyList<string> KeyFields { get; init; }

    public required PatternList? FieldInclude { get; init; }

    public required PatternList? FieldExclude { get; init; }

    public required ReadingFormat Format { get; init; }

    public required bool SkipsForeignKeys { get; init; }

    public required ApplyMode Apply { get; init; }

    /// <summary>The last part of the name of the transaction topic, or the whole.</summary>
    public required string TransactionTopic { get; init; }

    public required int MaxTransactionBytes { get; init; }

    /// <summary>What the decoder needs of these.</summary>
    public DecoderOptions Decoding => new()
    {
        Format = Format,
        WithDeletes = Deletes,
        WithTruncates = Truncates,
        NamesComeFromSource = NameFormat.Contains("${source.", StringComparison.Ordinal),
        TableOf = TableOf,
        IsTaken = IsTaken,
        WithKey = WithKey,
        KeyFields = KeyFields,
        IsAssembled = Apply == ApplyMode.Transaction,
    };

    /// <summary>The pipeline's capacities.</summary>
    public SinkLimits Limits => new(SlabBytes, QueueBytes, Apply == ApplyMode.Transaction ? MaxTransactionBytes : 0);

    public required SchemaEvolution Evolution { get; init; }

    public required int BatchChanges { get; init; }

    public required int SlabBytes { get; init; }

    public required int QueueBytes { get; init; }

    public required OnError OnError { get; init; }

    public required OnGap OnGap { get; init; }

    public required int MaxRetries { get; init; }

    public required int RetryWaitMs { get; init; }

    public string Title => Group;

    public required OperationsOptions Operations { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<(string EnvironmentName, string Text, SettingOrigin Origin)> Masked { get; init; }

    /// <summary>Reads, checks and types all settings.</summary>
    /// <exception cref="SettingsException">Anything is wrong; carries all of it.</exception>
    public static SinkOptions Read(IConfiguration configuration)
    {
        var values = SettingValues.Read(SinkCatalog.Catalog, configuration);
        BrokerSettings.CheckTogether(values);
        SinkSettings.CheckTogether(values);
        var operations = OperationsOptions.From(values);
        values.ThrowIfRejected();
        string url = values.EnvironmentNameOf(BrokerSettings.Url);
        string group = values.Get(SinkSettings.Group);
        return new SinkOptions
        {
            DatabaseUrl = values.Get(SinkSettings.Database),
            DatabaseUrlName = values.EnvironmentNameOf(SinkSettings.Database),
            Kafka = new KafkaSettings
            {
                Attachment = url.EndsWith("_URL", StringComparison.Ordinal) ? url[..^4] : "KAFKA",
                Url = values.Get(BrokerSettings.Url),
                TrustedCert = values.Get(BrokerSettings.TrustedCert),
                ClientCert = values.Get(BrokerSettings.ClientCert),
                ClientCertKey = values.Get(BrokerSettings.ClientCertKey),
                Prefix = values.Get(BrokerSettings.Prefix),
                Options = values.PassThrough,
                ClientId = $"penstock-{group}",
            },
            Topics = TopicsOf(values),
            Group = group,
            Start = values.Get(SinkSettings.Start),
            NameFormat = values.Get(SinkSettings.NameFormat),
            Insert = values.Get(SinkSettings.Insert),
            Deletes = values.Get(SinkSettings.Deletes),
            Truncates = values.Get(SinkSettings.Truncates),
            WithKey = values.Get(SinkSettings.Key) == KeyMode.Record,
            KeyFields = Words(values.Get(SinkSettings.KeyFields)),
            FieldInclude = values.Get(SinkSettings.FieldInclude),
            FieldExclude = values.Get(SinkSettings.FieldExclude),
            Format = new ReadingFormat
            {
                Times = values.Get(SinkSettings.Times),
                DecimalsAreBytes = values.Get(SinkSettings.DecimalsAreBytes),
                Binary = values.Get(SinkSettings.Binary),
                Placeholder = values.Get(SinkSettings.Placeholder),
            },
            Evolution = values.Get(SinkSettings.Evolution),
            SkipsForeignKeys = values.Get(SinkSettings.ForeignKeys) == ForeignKeyMode.Skip,
            Apply = values.Get(SinkSettings.Apply),
            TransactionTopic = values.Get(SinkSettings.TransactionTopic),
            MaxTransactionBytes = values.Get(SinkSettings.MaxTransactionBytes),
            BatchChanges = values.Get(SinkSettings.BatchSize),
            SlabBytes = values.Get(SinkSettings.SlabBytes),
            QueueBytes = values.Get(SinkSettings.QueueBytes),
            OnError = values.Get(SinkSettings.Errors),
            OnGap = values.Get(SinkSettings.Gap),
            MaxRetries = values.Get(SinkSettings.MaxRetries),
            RetryWaitMs = values.Get(SinkSettings.RetryWaitMs),
            Operations = operations,
            Warnings = [.. values.Warnings],
            Masked = [.. values.Masked()],
        };
    }

    /// <summary>The table of a topic: schema ("" for the search path) and name.</summary>
    public (string Schema, string Name) TableOf(string topic, string sourceSchema, string sourceTable)
    {
        string name = NameFormat.Length > 0
            ? NameFormat.Replace("${topic}", topic.Replace('.', '_'), StringComparison.Ordinal)
                .Replace("${source.schema}", sourceSchema, StringComparison.Ordinal).Replace("${source.table}", sourceTable, StringComparison.Ordinal)
            : string.Join('.', topic.Split('.').TakeLast(2));
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? ("", name) : (name[..dot], name[(dot + 1)..]);
    }

    /// <summary>Whether a field is taken.</summary>
    public bool IsTaken(string topic, string field)
    {
        string name = $"{topic}:{field}";
        return FieldInclude?.Matches(name) ?? !(FieldExclude?.Matches(name) ?? false);
    }

    private static string[] TopicsOf(SettingValues values)
    {
        string regex = values.Get(SinkSettings.TopicsRegex);
        string topics = values.Get(SinkSettings.Topics);
        return regex.Length > 0 ? [regex.StartsWith('^') ? regex : "^" + regex] : topics.StartsWith('^') ? [topics] : Words(topics);
    }

    private static string[] Words(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
