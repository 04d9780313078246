using Penstock.Servers;

namespace Penstock.KafkaTests.Producing;

/// <summary>Needs Java and the script that runs real brokers.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RealKafkaFactAttribute : FactAttribute
{
    public RealKafkaFactAttribute()
    {
        if (!KafkaCluster.IsAvailable)
        {
            Skip = KafkaCluster.UnavailableReason;
        }
    }
}
