namespace Penstock.Engine.Commands;

/// <summary>In whose words a plan is written.</summary>
public enum PlanTarget
{
    Kafka,
    Heroku,
    Strimzi,
    Terraform,
}

/// <param name="Target">For whom.</param>
/// <param name="Partitions">Of each table's topic.</param>
/// <param name="Replication">Copies of each partition.</param>
/// <param name="IsCompacted">Tables' topics keep the last event of each key instead of a week.</param>
public sealed record PlanRequest(PlanTarget Target, int Partitions, int Replication, bool IsCompacted);
