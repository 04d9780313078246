using Penstock.Servers;

namespace Penstock.EndToEnd.Takeover;

/// <summary>A test that needs a real Debezium and brokers: skipped, with what is missing as the reason, where one of them is not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DebeziumFactAttribute : FactAttribute
{
    public DebeziumFactAttribute()
    {
        if (!KafkaCluster.IsAvailable)
        {
            Skip = KafkaCluster.UnavailableReason;
        }
        else if (DebeziumHome.Find(out string reason) is null)
        {
            Skip = reason;
        }
    }
}
