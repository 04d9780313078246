using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <summary>A test that needs real brokers: skipped, with what is missing as the reason, where none can be started.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaFactAttribute : FactAttribute
{
    public KafkaFactAttribute()
    {
        if (!KafkaCluster.IsAvailable)
        {
            Skip = KafkaCluster.UnavailableReason;
        }
    }
}
