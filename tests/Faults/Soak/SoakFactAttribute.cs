using Penstock.Servers;

namespace Penstock.Faults.Soak;

/// <summary>A test that runs for as long as it is told: skipped where nobody tells.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SoakFactAttribute : FactAttribute
{
    public SoakFactAttribute()
    {
        Skip = !KafkaCluster.IsAvailable ? KafkaCluster.UnavailableReason
            : FaultOptions.SoakMinutes == 0 ? "takes as many minutes as it is told: PENSTOCK_FAULT_SOAK_MIN=60 ./test faults --filter SoakTests"
            : null;
    }
}
