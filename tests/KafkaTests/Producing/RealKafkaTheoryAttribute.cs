using Penstock.Servers;

namespace Penstock.KafkaTests.Producing;

/// <inheritdoc cref="RealKafkaFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RealKafkaTheoryAttribute : TheoryAttribute
{
    public RealKafkaTheoryAttribute()
    {
        if (!KafkaCluster.IsAvailable)
        {
            Skip = KafkaCluster.UnavailableReason;
        }
    }
}
