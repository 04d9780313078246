using Penstock.Debezium.Events;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Kafka.Producing;
using Penstock.Kafka.Sizes;
using Penstock.Kafka.Topics;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What a failure means for the process.</summary>
/// <param name="ExitCode">If the pipeline ends with it.</param>
/// <param name="IsTemporary">Another attempt may succeed without anybody doing anything.</param>
/// <param name="IsSlotActive">The slot is held by another connection: its own, patient count of attempts.</param>
/// <param name="Message">For the user: what, where, what to type next.</param>
internal sealed record Verdict(int ExitCode, bool IsTemporary, bool IsSlotActive, string Message)
{
    public const int Success = 0;
    public const int Defect = 1;
    public const int Settings = 2;
    public const int Preflight = 3;
    public const int Unavailable = 4;

    /// <summary>Judges an expected failure; null for anything else, which is a defect and must be seen with its stack.</summary>
    public static Verdict? Of(Exception failure) => failure switch
    {
        PipelineFailedException { InnerException: { } inner } => Of(inner),
        PreflightFailedException => new Verdict(Preflight, false, false, failure.Message),
        DatabaseException { Failure: FailureClass.SlotActive } => new Verdict(Unavailable, true, true, failure.Message),
        DatabaseException { Failure: FailureClass.Unavailable } => new Verdict(Unavailable, true, false, failure.Message),
        DatabaseException => new Verdict(Preflight, false, false, failure.Message),
        KafkaUnavailableException => new Verdict(Unavailable, true, false, failure.Message),
        TopicException { Problem: TopicProblem.Missing } => new Verdict(Unavailable, true, false, failure.Message),
        TopicException => new Verdict(Preflight, false, false, failure.Message),
        ProducerFailedException producer => producer.Failure.IsTemporary
            ? new Verdict(Unavailable, true, false, failure.Message)
            : new Verdict(Defect, false, false, failure.Message),
        UndecodableEventException undecodable => new Verdict(Defect, false, false, failure.Message + WayOn(undecodable)),
        // A snapshot that begins anew gives its rows other positions.
        OversizedRecordException { Record: { Operation: not 'r' } record } => new Verdict(Defect, false, false, $"{failure.Message}. {LeaveOut(new EventPosition(record.CommitLsn, record.Ordinal))}"),
        OversizedRecordException or RecordTooLargeException => new Verdict(Defect, false, false, failure.Message),
        MalformedWalException => new Verdict(Defect, false, false, $"the replication stream is malformed: {failure.Message}"),
        GraphStoppedException => new Verdict(Unavailable, true, false, "the pipeline was stopped while it waited"),
#if FAILPOINTS
        Penstock.Engine.Operations.FailpointException => new Verdict(Unavailable, true, false, failure.Message),
#endif
        _ => null,
    };

    private static string LeaveOut(EventPosition position) => $"To leave out this one event, type: postgres-to-kafka skip --position {position}";

    // Nothing is guessed, so somebody has to say what is to happen with the column; the stream then goes on at the same event.
    private static string WayOn(UndecodableEventException error)
    {
        string leaveOut = error is { IsOfOneEvent: true, Position: { } position } ? $". {LeaveOut(position)}" : "";
        if (error.Column.Length == 0)
        {
            return leaveOut;
        }

        string column = System.Text.RegularExpressions.Regex.Escape($"{error.Table}.{error.Column}");
        return $". To go on, type: PENSTOCK_COLUMN_AS_TEXT='{column}' (its values are then Postgres' own text), or PENSTOCK_COLUMN_EXCLUDE_LIST='{column}' (it is left out){leaveOut}";
    }
}

/// <summary>Preflight found what a person has to change; the findings are in the message, one a line.</summary>
internal sealed class PreflightFailedException(string message) : Exception(message);
