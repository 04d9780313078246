using Penstock.Engine.Flow;
using Penstock.Kafka.Consuming;
using Penstock.Kafka.Topics;
using Penstock.KafkaToPostgres.Transactions;
using Penstock.Postgres.Apply;
using Penstock.Postgres.Connection;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>What a failure means for the process.</summary>
/// <param name="ExitCode">If the pipeline ends with it.</param>
/// <param name="IsTemporary">Another attempt may succeed without anybody doing anything.</param>
/// <param name="Message">For the user: what, where, what to type next.</param>
internal sealed record SinkVerdict(int ExitCode, bool IsTemporary, string Message)
{
    public const int Success = 0;
    public const int Poison = 1;
    public const int Settings = 2;
    public const int Preflight = 3;
    public const int Unavailable = 4;

    /// <summary>Judges an expected failure; null for anything else, which is a defect and must be seen with its stack.</summary>
    public static SinkVerdict? Of(Exception failure) => failure switch
    {
        DatabaseException { Failure: FailureClass.Preflight } => new SinkVerdict(Preflight, false, failure.Message),
        DatabaseException => new SinkVerdict(Unavailable, true, failure.Message),
        ConsumerException consumer => new SinkVerdict(consumer.IsTemporary ? Unavailable : Preflight, consumer.IsTemporary, failure.Message),
        OffsetLostException => new SinkVerdict(Preflight, false, $"{failure.Message}. Copy the tables anew, or set PENSTOCK_ON_GAP=earliest to go on with the gap"),
        KafkaUnavailableException => new SinkVerdict(Unavailable, true, failure.Message),
        TopicException => new SinkVerdict(Preflight, false, failure.Message),
        TransactionException => new SinkVerdict(Preflight, false, failure.Message),
        PoisonException => new SinkVerdict(Poison, false, failure.Message),
        TableChangedException => new SinkVerdict(Unavailable, true, failure.Message),
        GraphStoppedException => new SinkVerdict(Unavailable, true, "the pipeline was stopped while it waited"),
        _ => null,
    };
}
