using Penstock.Engine.Configuration;
using Penstock.Postgres.Snapshot;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>Signals, ad-hoc snapshots and notifications.</summary>
internal sealed record SignalOptions
{
    /// <summary>Null for no signals.</summary>
    public required SignalTableName? Table { get; init; }

    public required int ChunkRows { get; init; }

    public required bool ClosesWindowByDelete { get; init; }

    /// <summary>Null where notifications become no records.</summary>
    public required string? NotificationTopic { get; init; }

    public required bool NotificationsInLog { get; init; }

    internal static SignalOptions From(SettingValues values)
    {
        string[] channels = SignalSettings.Words(values.Get(SignalSettings.NotificationChannels));
        return new SignalOptions
        {
            Table = values.Get(SignalSettings.SignalDataCollection),
            ChunkRows = values.Get(SignalSettings.ChunkSize),
            ClosesWindowByDelete = values.Get(SignalSettings.ClosesWindowByDelete),
            NotificationTopic = channels.Contains("sink") ? values.Get(SignalSettings.NotificationTopic) : null,
            NotificationsInLog = channels.Contains("log"),
        };
    }
}
