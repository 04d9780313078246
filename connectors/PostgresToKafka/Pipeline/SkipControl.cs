using Penstock.Engine.Flow;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>skip</c>: leaves word in the source that one event is to be left out. May be typed twice.</summary>
internal sealed class SkipControl(PipelineOptions options, TextWriter output, TextWriter error)
{
    private readonly SourceVisit _source = SourceVisit.Saying(options, error);

    /// <summary>Returns the exit code.</summary>
    /// <param name="typed">The position as it was typed.</param>
    public int Run(string typed)
    {
        if (!EventPosition.TryParse(typed.Trim(), out var position))
        {
            return _source.Refuse(Verdict.Settings, $"--position {typed} is none: it is the LSN of a commit, a colon and the place in the transaction, as the error names it (0/16B3748:17).");
        }

        return options.Capture.State == StateWish.None
            ? _source.Refuse(Verdict.Settings, "PENSTOCK_STATE=none: there is no place where it could be noted. Leave the column or the record out by a setting instead, or keep state.")
            : _source.RunAsync(database => Task.FromResult(Ask(database, position))).GetAwaiter().GetResult();
    }

    private int Ask(SourceDatabase database, EventPosition position)
    {
        if (StateLook.Find(database, options.Name, out var record, out string problem) is { } refused)
        {
            return _source.Refuse(refused, problem);
        }

        var memory = new SkipMemory(database, options.Name);
        var known = memory.Read().FirstOrDefault(skip => skip.Position == position);
        ulong confirmed = record!.ConfirmedLsn;
        if (known is null && confirmed > position.CommitLsn)
        {
            return _source.Refuse(Verdict.Preflight, $"pipeline \"{options.Name}\" has confirmed {new Lsn(confirmed)}: {position} lies behind it, and no event of it comes again. Nothing was noted.");
        }

        using var connection = database.Open();
        bool isRead = database.Translated(() => ReplicationSlots.Find(connection, options.Capture.SlotName)) is { IsActive: true };
        bool isNew = known is null && memory.Ask(position, $"{Environment.UserName}@{Environment.MachineName}");
        output.WriteLine(known switch
        {
            { DoneAt: { } at } => $"event {position} was left out already, at {StatusReport.Time(at)}: {known.Reason}",
            _ => $"event {position} {(isNew ? "is noted" : "was noted already")}: pipeline \"{options.Name}\" leaves it out where it meets it, and sends a note of it to topic {options.Flow.DeadLetterTopic}, which must be there. "
                + (isRead ? "A process reads the slot and looks at its next start; to have that now, type: postgres-to-kafka restart" : "Start the pipeline; status says what became of it."),
        });
        return Verdict.Success;
    }
}
