using Penstock.Servers;

namespace Penstock.Faults.Servers;

/// <summary>A test that needs brokers and a server with failover slots: skipped, with the reason, below version 17.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FailoverSlotFactAttribute : FactAttribute
{
    private const int FirstVersion = 17;

    public FailoverSlotFactAttribute()
    {
        Skip = !KafkaCluster.IsAvailable ? KafkaCluster.UnavailableReason
            : PostgresBinaries.FindAsync().GetAwaiter().GetResult().MajorVersionAsync().GetAwaiter().GetResult() < FirstVersion
                ? $"failover slots came with Postgres {FirstVersion}: PG_BIN=$(scripts/postgres-versions 17) ./test faults --filter FailoverTests"
                : null;
    }
}
