using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Penstock.Engine.Watching;

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

    /// <summary>How often it went into back-off since the start.</summary>
    public int Interruptions { get; init; }

    /// <summary>Null until it is known, and where nothing is kept.</summary>
    public RetainedLog? Retained { get; init; }
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

/// <summary>The pipeline's health, written by its parts and read by the endpoint. Each change of state is one line of the log. Thread-safe.</summary>
public sealed class HealthState
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private PipelineState _state = PipelineState.Starting;
    private DateTimeOffset _since;
    private string? _lastError;
    private string? _received;
    private string? _confirmed;
    private long _events;
    private long _putAside = -1;
    private int _gaps;
    private int _interruptions;
    private string? _lastGap;
    private PauseReport? _pause;
    private RetainedLog? _retained;
    private IReadOnlyList<ColumnLoss> _losses = [];

    /// <param name="clock">The clock; null for the system's.</param>
    /// <param name="logger">Where changes of state are said, the first state too; null for nowhere.</param>
    /// <param name="problems">What the log has said of problems; null for nothing.</param>
    /// <param name="mostNames">Tables, or topics, that are told apart in metrics.</param>
    public HealthState(TimeProvider? clock = null, ILogger? logger = null, RecentProblems? problems = null, int mostNames = OperationsOptions.DefaultMetricNames)
    {
        Problems = problems ?? new RecentProblems(clock);
        Tables = new TableTotals(mostNames);
        MostNames = mostNames;
        _clock = clock ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        _since = _clock.GetUtcNow();
        _logger.LogInformation("state {State}", HealthEndpoint.NameOf(_state));
    }

    /// <summary>Parts of the pipeline that have metrics of their own.</summary>
    public MetricSources Metrics { get; } = new();

    /// <summary>Warnings and errors of the log.</summary>
    public RecentProblems Problems { get; }

    /// <summary>Events by table, where the source has tables.</summary>
    public TableTotals Tables { get; }

    /// <summary>Tables, or topics, that are told apart in metrics.</summary>
    public int MostNames { get; }

    /// <summary>From commit to acknowledgement.</summary>
    public DeliveryLag Delivery { get; } = new();

    /// <summary>Events delivered since the process started.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Records that were put aside because they cannot be applied; null where there is no such thing.</summary>
    public long? PutAside => Volatile.Read(ref _putAside) is >= 0 and var records ? records : null;

    /// <summary>Adds records that were put aside; 0 says that there is such a thing. For one thread.</summary>
    public void Aside(long records) => Volatile.Write(ref _putAside, Math.Max(_putAside, 0) + records);

    /// <summary>What the run at hand shows; null between runs. Under <see cref="ViewGate"/>.</summary>
    internal IRunView? View { get; private set; }

    /// <summary>Held while the view is asked: what it looks at is closed right after it is gone.</summary>
    internal Lock ViewGate { get; } = new();

    /// <summary>Shows a run until the result is disposed of.</summary>
    public IDisposable Show(IRunView view)
    {
        lock (ViewGate)
        {
            View = view;
        }

        return new Removal(this);
    }

    /// <summary>Enters a state; entering the present one again changes nothing. After <see cref="PipelineState.Stopping"/> only <see cref="PipelineState.Failed"/> comes.</summary>
    public void Enter(PipelineState state) => Enter(state, null, null);

    /// <summary>Enters a state because of an error.</summary>
    public void Enter(PipelineState state, string error) => Enter(state, error, null);

    /// <summary>Is paused.</summary>
    public void Enter(PauseReport pause) => Enter(PipelineState.Paused, null, pause);

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

    /// <summary>Notes what the source keeps for this pipeline; null for nothing.</summary>
    public void Retains(RetainedLog? retained)
    {
        lock (_gate)
        {
            _retained = retained;
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

    private void Enter(PipelineState state, string? error, PauseReport? pause)
    {
        PipelineState before;
        lock (_gate)
        {
            before = _state;
            _lastError = error ?? _lastError;
            // What was under way when the stop was asked for may still come to where it would enter its state.
            if (before == PipelineState.Stopping && state != PipelineState.Failed)
            {
                return;
            }

            _pause = pause;
            if (state == before)
            {
                return;
            }

            _interruptions += state == PipelineState.BackingOff ? 1 : 0;
            _state = state;
            _since = _clock.GetUtcNow();
        }

        // Not under the lock: whoever reads the log may stand still, and the endpoint has to answer all the same.
        _logger.LogInformation("state {State} {Before}", HealthEndpoint.NameOf(state), HealthEndpoint.NameOf(before));
    }

    public HealthReport Report()
    {
        lock (_gate)
        {
            return new HealthReport(_state, _since, _lastError, _received, _confirmed, Interlocked.Read(ref _events), _losses) { Gaps = _gaps, LastGap = _lastGap, Pause = _pause, Retained = _retained, Interruptions = _interruptions };
        }
    }

    private sealed class Removal(HealthState health) : IDisposable
    {
        public void Dispose()
        {
            lock (health.ViewGate)
            {
                health.View = null;
            }
        }
    }
}
