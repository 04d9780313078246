using Penstock.Engine.Commands;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.State;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>pause</c>, <c>resume</c> and <c>restart</c>: one-off processes that leave word in the source database for the running pipeline, or for its next start. The first two may be typed twice.</summary>
internal sealed class PauseControl(PipelineOptions options, TextWriter output, TextWriter error)
{
    /// <summary>How long a pause waits to see the slot let go: a stop within the usual time for one is what the running pipeline needs, and a look of its own.</summary>
    private readonly int _releaseMs = options.Operations.ShutdownTimeoutMs + (3 * PauseWatch.PollMs);

    private readonly SourceVisit _source = SourceVisit.Saying(options, error);

    /// <summary>Returns the exit code.</summary>
    /// <param name="word">What is asked for.</param>
    /// <param name="stop">Ends the wait for the running pipeline.</param>
    public async Task<int> RunAsync(PauseWord word, CancellationToken stop)
    {
        if (options.Capture.State == StateWish.None)
        {
            return _source.Refuse(Verdict.Settings, "PENSTOCK_STATE=none: there is no place where a pause could be noted. Stop the process instead, or keep state.");
        }

        return await _source.RunAsync(async database => word switch
        {
            PauseWord.Pause => await PauseAsync(database, stop).ConfigureAwait(false),
            PauseWord.Resume => Resume(database),
            _ => await RestartAsync(database, stop).ConfigureAwait(false),
        }).ConfigureAwait(false);
    }

    private async Task<int> PauseAsync(SourceDatabase database, CancellationToken stop)
    {
        if (StateLook.Find(database, options.Name, out var record, out string problem) is { } refused)
        {
            return _source.Refuse(refused, problem);
        }

        var flag = new PauseFlag(database, options.Name);
        var pause = flag.Read();
        if (pause is null && record!.ConfirmedLsn != 0 && Slot(database, record.SlotName) is null)
        {
            return _source.Refuse(Verdict.Preflight, $"there is no slot \"{record.SlotName}\": nothing would be kept for the time of a pause. Start the pipeline, which says what is missing.");
        }

        bool wasPaused = pause is not null;
        if (!wasPaused)
        {
            flag.Set(Who);
            await ReleaseAsync(database, record!.SlotName, stop).ConfigureAwait(false);
        }

        pause = flag.Read();
        if (pause is null)
        {
            return _source.Refuse(Verdict.Preflight, $"pipeline \"{options.Name}\" was resumed by somebody else at this moment.");
        }

        string slot = pause.Slot switch
        {
            null => $"There is no slot \"{pause.SlotName}\" yet: a first snapshot that was under way begins anew when it is resumed.",
            { IsActive: true } held => $"Slot \"{held.Name}\" is still read, by process {held.ActivePid} of the server: the pipeline that does lets go of it when it has delivered what it read.",
            { } held => $"Nobody reads slot \"{held.Name}\"; it makes the server keep {pause.RetainedText} of write-ahead log, and ever more.",
        };
        await output.WriteLineAsync(
            $"pipeline \"{options.Name}\" {(wasPaused ? "was paused already" : "is paused")}, since {pause.SinceText} by {pause.By}. {slot} To go on, type: postgres-to-kafka resume").ConfigureAwait(false);
        return Verdict.Success;
    }

    /// <summary>A pause that ends when the process has let go: it lasts two looks of it. Ended at any moment but by a kill it leaves no pause behind.</summary>
    private async Task<int> RestartAsync(SourceDatabase database, CancellationToken stop)
    {
        if (StateLook.Find(database, options.Name, out var record, out string problem) is { } refused)
        {
            return _source.Refuse(refused, problem);
        }

        var flag = new PauseFlag(database, options.Name);
        if (flag.Read() is { } pause)
        {
            return _source.Refuse(Verdict.Preflight, $"pipeline \"{options.Name}\" is paused, since {pause.SinceText} by {pause.By}: to go on, type: postgres-to-kafka resume");
        }

        string name = record!.SlotName;
        if (Slot(database, name) is not { IsActive: true })
        {
            return _source.Refuse(Verdict.Preflight, $"nobody reads slot \"{name}\": there is nothing to restart. A process that waits before its next attempt goes on by itself; one that has ended is started by whoever runs it.");
        }

        flag.Set($"restart by {Who}");
        bool isReleased;
        try
        {
            isReleased = await ReleaseAsync(database, name, stop).ConfigureAwait(false);
        }
        finally
        {
            flag.Clear();
        }

        if (!isReleased)
        {
            return _source.Refuse(Verdict.Unavailable, $"slot \"{name}\" was still read after {_releaseMs / 1000} s: the process has not noticed, or still delivers what it read. The wish is taken back.");
        }

        await output.WriteLineAsync($"pipeline \"{options.Name}\": the running process has delivered what it had read, and begins anew within seconds: checks, publication, stream. Its settings are those of its own start.").ConfigureAwait(false);
        return Verdict.Success;
    }

    private static string Who => $"{Environment.UserName}@{Environment.MachineName}";

    /// <summary>Waits until nobody reads the slot; false if somebody still does.</summary>
    private async Task<bool> ReleaseAsync(SourceDatabase database, string slotName, CancellationToken stop)
    {
        for (long until = Environment.TickCount64 + _releaseMs; Environment.TickCount64 < until && !stop.IsCancellationRequested; await Task.WhenAny(Task.Delay(200, stop)).ConfigureAwait(false))
        {
            if (Slot(database, slotName) is not { IsActive: true })
            {
                return true;
            }
        }

        return Slot(database, slotName) is not { IsActive: true };
    }

    private int Resume(SourceDatabase database)
    {
        if (StateLook.Find(database, options.Name, out var record, out string problem) is { } refused)
        {
            return _source.Refuse(refused, problem);
        }

        var flag = new PauseFlag(database, options.Name);
        if (flag.Read() is not { } pause)
        {
            output.WriteLine($"pipeline \"{options.Name}\" is not paused.");
            return Verdict.Success;
        }

        flag.Clear();
        output.WriteLine($"pipeline \"{options.Name}\" is resumed; it was paused since {pause.SinceText} by {pause.By}. " + pause.Slot switch
        {
            null when record!.ConfirmedLsn == 0 => "A running process begins the first snapshot anew within seconds.",
            { IsLost: false } => $"A running process goes on within seconds, with {pause.RetainedText} of write-ahead log to read at most.",
            _ => $"Its slot \"{pause.SlotName}\" is {(pause.Slot is null ? "not there" : "lost")}: a running process looks within seconds what is missing, and does what its PENSTOCK_ON_GAP says.",
        });
        return Verdict.Success;
    }

    private static SlotState? Slot(SourceDatabase database, string name)
    {
        using var connection = database.Open();
        return database.Translated(() => ReplicationSlots.Find(connection, name));
    }
}
