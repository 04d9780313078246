using Penstock.Servers;

namespace Penstock.EndToEnd.Platform;

/// <summary>A test in a container's surroundings, with real brokers: skipped, with what is missing as the reason, where one of them cannot be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DynoFactAttribute : FactAttribute
{
    public DynoFactAttribute() => Skip = !KafkaCluster.IsAvailable ? KafkaCluster.UnavailableReason : Dyno.Missing;
}
