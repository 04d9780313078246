using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// Looks every few seconds, for as long as the process lives and whatever the pipeline does meanwhile, how much write-ahead log the slot makes the server keep: warns, and at the limit gives the slot up
/// where <c>PENSTOCK_ON_WAL_LIMIT=drop-slot</c> says so (R26, R31).
/// </summary>
internal sealed class SlotGuard : IAsyncDisposable
{
    /// <summary>Between two looks.</summary>
    public const int PollMs = 5000;

    /// <summary>How long an end waits for a look that is under way.</summary>
    private const int EndMs = 1000;

    /// <summary>What the pace is told by: an idle pipeline confirms once a minute.</summary>
    private const int WindowLooks = 120_000 / PollMs;

    /// <summary>Of looks, before anything is said of the pace.</summary>
    private const int LeastLooks = 4;

    private readonly SourceDatabase _database;
    private readonly string _slotName;
    private readonly WalMarks _marks;
    private readonly SlotRelease _release;
    private readonly ILogger _logger;
    private readonly HealthState _health;
    private readonly RecurringFailure _failure;
    private readonly RecurringFailure _undropped;
    private readonly WalAlarms _alarms = new();
    private readonly Queue<SlotProgress> _looks = new();
    private readonly LogHead _head;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _looking;
    private CancellationTokenSource? _run;
    private volatile bool _isOver;
    private volatile bool _hasState = true;

    public SlotGuard(SourceDatabase database, PipelineOptions options, SlotRelease release, LogHead head, ILogger logger, HealthState health)
    {
        _head = head;
        _database = database;
        _slotName = options.Capture.SlotName;
        _marks = options.Capture.WalMarks;
        _release = release;
        _logger = logger;
        _health = health;
        _failure = new RecurringFailure(logger, "how much write-ahead log the slot holds cannot be read");
        _undropped = new RecurringFailure(logger, "the slot is over PENSTOCK_RETAINED_WAL_CRITICAL, and is not dropped");
        _looking = LookOnAsync();
    }

    /// <summary>The limit was passed where the slot is to be dropped then, and it has not been yet.</summary>
    public bool IsOver => _isOver;

    /// <summary>False where there is no place to note the gap: then nothing is dropped.</summary>
    public bool HasState
    {
        get => _hasState;
        set => _hasState = value;
    }

    /// <summary>The run that reads the slot, which has to let go of it before it can be dropped; null for none.</summary>
    public void Watch(CancellationTokenSource? run) => Volatile.Write(ref _run, run);

    /// <summary>Drops the slot if the limit is still passed. To be called while no run reads it.</summary>
    /// <exception cref="DatabaseException"><see cref="FailureClass.SlotActive"/>: somebody reads it.</exception>
    public void DropIfOver()
    {
        if (!_isOver)
        {
            return;
        }

        if (Look() is { Slot: { IsLost: false } slot } && slot.HeldBytes >= _marks.DropBytes)
        {
            _release.Drop(slot, $"the write-ahead log that the slot holds passed PENSTOCK_RETAINED_WAL_CRITICAL ({StatusReport.Size(slot.HeldBytes)} are held)", onlyWhilePaused: false);
        }

        _isOver = false;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        // A silent database holds a look for longer than an end may wait.
        await Task.WhenAny(_looking, Task.Delay(EndMs)).ConfigureAwait(false);
    }

    private async Task LookOnAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(PollMs));
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false))
            {
                TryLook();
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }

    private void TryLook()
    {
        try
        {
            var now = Look();
            _head.Note(now, Environment.TickCount64);
            Judge(now);
            _failure.Recovered();
        }
        catch (DatabaseException unread) when (unread.Failure == FailureClass.Unavailable)
        {
            // The pipeline notices a database that is away by itself; nothing is to be said twice.
        }
        catch (DatabaseException unread)
        {
            _failure.Failed(unread.Message);
        }
        catch (ObjectDisposedException)
        {
            // The process ends during this look.
        }
    }

    private SlotProgress Look()
    {
        using var connection = _database.Open();
        return _database.Translated(() => SlotProgress.Read(connection, _slotName));
    }

    private void Judge(SlotProgress now)
    {
        if (now.Slot is null)
        {
            // One that is made later has no pace from before.
            _looks.Clear();
        }
        else
        {
            _looks.Enqueue(now);
        }

        while (_looks.Count > WindowLooks)
        {
            _looks.Dequeue();
        }

        var pace = _looks.Count >= LeastLooks ? _marks.Pace(_looks.Peek(), now) : null;
        var alarm = _marks.Judge(now, pace);
        long held = now.Slot?.HeldBytes ?? 0;
        _health.Retains(now.Slot is null ? null : new RetainedLog(held, now.UnconfirmedBytes, _marks.LimitBytes(now), (long?)pace?.ToFull?.TotalSeconds, alarm.Level, alarm.Level == AlarmLevel.None ? null : alarm.Reason));
        if (_alarms.IsDue(alarm.Level, held, now.At))
        {
            Say(alarm, held);
        }

        if (now.Slot is { IsLost: false } && held >= _marks.DropBytes)
        {
            GiveUp();
        }
    }

    private void Say(WalAlarm alarm, long held)
    {
        switch (alarm.Level)
        {
            case AlarmLevel.Critical:
                _logger.LogError("{WalAlarm}; to look closer, type: postgres-to-kafka status {RetainedWalBytes}", alarm.Reason, held);
                break;
            case AlarmLevel.Warning:
                _logger.LogWarning("{WalAlarm}; to look closer, type: postgres-to-kafka status {RetainedWalBytes}", alarm.Reason, held);
                break;
            default:
                _logger.LogInformation("over: the slot holds as much write-ahead log as it may {RetainedWalBytes}", held);
                break;
        }
    }

    /// <summary>Ends the run that reads the slot; the supervisor drops it then. A pause drops it by its own limits, which are this one too.</summary>
    private void GiveUp()
    {
        if (!HasState)
        {
            _undropped.Failed("no state is kept (PENSTOCK_STATE), so the gap could not be noted");
            return;
        }

        _isOver = true;
        try
        {
            Volatile.Read(ref _run)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended at this moment.
        }
    }
}
