namespace Penstock.Engine.Operations;

/// <summary>What a pipeline is doing.</summary>
public enum PipelineState
{
    Starting,
    Snapshot,
    Streaming,
    BackingOff,

    /// <summary>Another process of the same pipeline works; this one waits for its end.</summary>
    Standby,

    /// <summary>Someone asked for a rest, which outlasts the process.</summary>
    Paused,
    Stopping,
    Failed,
}

/// <summary>One consistent look at the pipeline's health.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Since">Since when.</param>
/// <param name="LastError">The last error in words, or null; without values of rows.</param>
/// <param name="ReceivedPosition">How far the source has been read, e.g. an LSN; null before anything was.</param>
/// <param name="ConfirmedPosition">How far everything is delivered and the source told so; null before anything was.</param>
/// <param name="Events">Events delivered since the start.</param>
/// <param name="Losses">Columns whose values the target's format could not hold.</param>
public sealed record HealthReport(
    PipelineState State, DateTimeOffset Since, string? LastError, string? ReceivedPosition, string? ConfirmedPosition, long Events, IReadOnlyList<ColumnLoss> Losses)
{
    /// <summary>How often changes were found missing since the start.</summary>
    public int Gaps { get; init; }

    /// <summary>The last of them, in words.</summary>
    public string? LastGap { get; init; }

    /// <summary>Null unless paused.</summary>
    public PauseReport? Pause { get; init; }
}

/// <param name="By">Who asked for the pause.</param>
/// <param name="Since">When.</param>
/// <param name="RetainedBytes">What the source keeps for this pipeline meanwhile.</param>
/// <param name="Slot">What has become of the slot: <c>kept</c>, <c>lost</c> or <c>missing</c>.</param>
public sealed record PauseReport(string By, DateTimeOffset Since, long RetainedBytes, string Slot);

/// <param name="Table">schema.table.</param>
/// <param name="Column">Column name.</param>
/// <param name="Type">The column's type as the source names it.</param>
/// <param name="Values">How many values are not in the target as the row holds them.</param>
public sealed record ColumnLoss(string Table, string Column, string Type, long Values);

/// <summary>The pipeline's health, written by its parts and read by the endpoint. Thread-safe.</summary>
public sealed class HealthState
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private PipelineState _state = PipelineState.Starting;
    private DateTimeOffset _since;
    private string? _lastError;
    private string? _received;
    private string? _confirmed;
    private long _events;
    private int _gaps;
    private string? _lastGap;
    private PauseReport? _pause;
    private IReadOnlyList<ColumnLoss> _losses = [];

    public HealthState(TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        _since = _clock.GetUtcNow();
    }

    /// <summary>Enters a state; entering the present one again changes nothing.</summary>
    public void Enter(PipelineState state)
    {
        lock (_gate)
        {
            if (state != _state)
            {
                _pause = null;
                _state = state;
                _since = _clock.GetUtcNow();
            }
        }
    }

    /// <summary>Enters a state because of an error.</summary>
    public void Enter(PipelineState state, string error)
    {
        lock (_gate)
        {
            Enter(state);
            _lastError = error;
        }
    }

    /// <summary>Is paused.</summary>
    public void Enter(PauseReport pause)
    {
        lock (_gate)
        {
            Enter(PipelineState.Paused);
            _pause = pause;
        }
    }

    /// <summary>Notes positions; null leaves one as it is.</summary>
    public void At(string? received, string? confirmed)
    {
        lock (_gate)
        {
            _received = received ?? _received;
            _confirmed = confirmed ?? _confirmed;
        }
    }

    /// <summary>Notes that changes are missing.</summary>
    public void Gap(string description)
    {
        lock (_gate)
        {
            _gaps++;
            _lastGap = description;
        }
    }

    /// <summary>Adds delivered events.</summary>
    public void Delivered(long events) => Interlocked.Add(ref _events, events);

    /// <summary>Notes all losses so far.</summary>
    public void Lost(IReadOnlyList<ColumnLoss> losses)
    {
        lock (_gate)
        {
            _losses = losses;
        }
    }

    public HealthReport Report()
    {
        lock (_gate)
        {
            return new HealthReport(_state, _since, _lastError, _received, _confirmed, Interlocked.Read(ref _events), _losses) { Gaps = _gaps, LastGap = _lastGap, Pause = _pause };
        }
    }
}
