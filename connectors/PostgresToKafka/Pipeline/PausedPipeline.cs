using System.Globalization;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.State;
using Penstock.PostgresToKafka.Settings;
using PipelineState = Penstock.Engine.Operations.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Rests while a pause is asked for, whatever process asked and however often this one is started anew, and warns ever again of the write-ahead log that the slot holds meanwhile.</summary>
internal sealed class PausedPipeline(SourceDatabase database, PauseFlag flag, PauseLimits limits, SlotRelease release, ILogger logger, HealthState health)
{
    private readonly RecurringFailure _failure = new(logger, "whether the pause is over cannot be read, so it goes on");
    private readonly RecurringFailure _undropped = new(logger, "the pause is over its limit, and the slot cannot be dropped");

    /// <summary>Returns at once if no pause is asked for; else when it is over, or at <paramref name="stop"/>.</summary>
    /// <exception cref="DatabaseException">The first look failed. Later ones are tried again: a pause is not ended by a server that is away.</exception>
    public async Task WaitAsync(CancellationToken stop)
    {
        if (flag.Read() is not { } pause)
        {
            return;
        }

        var warnings = new PauseWarnings();
        logger.LogInformation(
            "paused: nothing is read until someone types postgres-to-kafka resume {By} {Since} {Slot} {RetainedWalBytes}", pause.By, pause.SinceText, pause.SlotName, pause.RetainedBytes);
        for (var now = pause; now is not null; now = await LookAsync(now, stop).ConfigureAwait(false))
        {
            pause = now;
            EndHolding(pause);
            health.Enter(new PauseReport(pause.By, pause.Since, pause.RetainedBytes, SlotText(pause.Slot)));
            if (warnings.IsDue(pause.For, pause.RetainedBytes))
            {
                logger.LogWarning("{Pause}", Explain(pause));
            }

            if (stop.IsCancellationRequested)
            {
                return;
            }
        }

        logger.LogInformation("resumed {PausedSeconds}", (long)pause.For.TotalSeconds);
        health.Enter(PipelineState.Starting);
    }

    /// <summary>After the poll's time: the pause as it is now, null when it is over. A failed look changes nothing.</summary>
    private async Task<Pause?> LookAsync(Pause before, CancellationToken stop)
    {
        await Task.WhenAny(Task.Delay(PauseWatch.PollMs, stop)).ConfigureAwait(false);
        try
        {
            var now = stop.IsCancellationRequested ? before : flag.Read();
            _failure.Recovered();
            return now;
        }
        catch (DatabaseException unread)
        {
            database.ForgetIdle();
            _failure.Failed(unread.Message);
            return before;
        }
    }

    /// <summary>Where a limit is passed the slot is dropped on purpose: a pause that endangers the server is worse than one that has to be followed by a snapshot.</summary>
    private void EndHolding(Pause pause)
    {
        if (pause.Slot is not { IsLost: false } slot || limits.PassedBy(pause) is not { } limit)
        {
            return;
        }

        try
        {
            release.Drop(slot, $"the pause since {pause.SinceText} passed {limit}", onlyWhilePaused: true);
            _undropped.Recovered();
        }
        catch (DatabaseException failed)
        {
            // Tried again at the next look: the one who still reads the slot is about to let go of it, or the server is away.
            database.ForgetIdle();
            _undropped.Failed(failed.Message);
        }
    }

    private static string SlotText(SlotState? slot) => slot switch
    {
        null => "missing",
        { IsLost: true } => "lost",
        _ => "kept",
    };

    private static string Explain(Pause pause)
    {
        string since = $"paused for {Span(pause.For)}, since {pause.SinceText} by {pause.By}";
        return pause.Slot switch
        {
            null => $"{since}; there is no slot \"{pause.SlotName}\": changes of this time are not kept. To go on as PENSTOCK_ON_GAP says, type: postgres-to-kafka resume",
            { IsLost: true } => $"{since}; slot \"{pause.SlotName}\" is lost: the server has removed write-ahead log that it needed. To go on as PENSTOCK_ON_GAP says, type: postgres-to-kafka resume",
            { } slot => $"{since}; slot \"{slot.Name}\" makes the server keep {pause.RetainedText} of write-ahead log, and ever more. To go on, type: postgres-to-kafka resume",
        };
    }

    /// <summary>For people: the two largest of hours, minutes and seconds that matter.</summary>
    internal static string Span(TimeSpan span) => string.Create(
        CultureInfo.InvariantCulture, $"{(span.TotalHours >= 1 ? $"{(long)span.TotalHours} h {span.Minutes} min" : span.TotalMinutes >= 1 ? $"{span.Minutes} min" : $"{span.Seconds} s")}");
}
