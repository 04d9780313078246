using Penstock.Servers;

namespace Penstock.EndToEnd;

/// <inheritdoc cref="KafkaFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaTheoryAttribute : TheoryAttribute
{
    public KafkaTheoryAttribute()
    {
        if (!KafkaCluster.IsAvailable)
        {
            Skip = KafkaCluster.UnavailableReason;
        }
    }
}
