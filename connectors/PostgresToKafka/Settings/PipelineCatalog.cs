using Penstock.Engine.Configuration;
using Penstock.Engine.Operations;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>Every setting of <c>postgres-to-kafka</c>, in the order of help and documentation.</summary>
internal static class PipelineCatalog
{
    public static SettingCatalog Catalog { get; } = new(
        [.. ConnectionSettings.All, .. CaptureSettings.All, .. WalLimitSettings.All, .. SnapshotSettings.All, .. SignalSettings.All, .. EventSettings.All, .. CloudEventSettings.All, .. FormatSettings.All, .. ColumnSettings.All, .. TransformSettings.All, .. FlowSettings.All, .. OperationsSettings.All, .. AcceptedSettings.All],
        DebeziumOptions.NotHere,
        LibrdkafkaOptions.PassThrough);
}
