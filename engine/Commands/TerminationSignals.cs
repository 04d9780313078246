using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Penstock.Engine.Commands;

/// <summary>
/// SIGTERM and SIGINT. The first asks for an orderly end (<see cref="First"/>); a second ends the process at once, and so does the end of the time that a stop may take. Platforms send SIGTERM
/// several times to every process in one go, so signals within a second of the first are the same wish.
/// </summary>
internal sealed partial class TerminationSignals : IDisposable
{
    private static readonly TimeSpan SameWish = TimeSpan.FromSeconds(1);

    /// <summary>For saying that the time is over: the log may be what the stop hangs on.</summary>
    private const int SayMs = 500;

    private readonly CancellationTokenSource _first = new();
    private readonly ManualResetEventSlim _over = new();
    private readonly int _deadlineMs;
    private readonly Action _overdue;
    private readonly int? _overdueCode;
    private readonly Action _asked;
    private readonly PosixSignalRegistration[] _registrations;
    private long _firstAt;

    /// <param name="deadlineMs">How long after the first signal the process may live.</param>
    /// <param name="overdue">Says that it lived longer, before it is ended.</param>
    /// <param name="overdueCode">Its exit code then; null for the signal's own, as of a command that has not done what it was to do.</param>
    /// <param name="asked">Told of the first signal, on a thread of its own.</param>
    public TerminationSignals(int deadlineMs, Action overdue, int? overdueCode = null, Action? asked = null)
    {
        _asked = asked ?? (() => { });
        _overdueCode = overdueCode;
        _deadlineMs = deadlineMs;
        _overdue = overdue;
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle), PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken First => _first.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        // Neither event nor source is disposed: the deadline's thread and a signal of this moment may still look at them.
        _over.Set();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        var now = Stopwatch.GetTimestamp();
        var firstAt = Interlocked.CompareExchange(ref _firstAt, now, 0);
        if (firstAt == 0)
        {
            // A thread of its own, started before anybody learns of the wish: what waits for the token may hang, and take the pool's threads with it.
            int code = _overdueCode ?? CodeOf(context.Signal);
            new Thread(() => EndInTime(code)) { Name = "shutdown-deadline", IsBackground = true }.Start();
            // Apart from each other: the log, which the first writes to, may stand still.
            ThreadPool.QueueUserWorkItem(static asked => asked(), _asked, preferLocal: false);
            // Not on the signal's thread: whoever waits for the token may run long.
            ThreadPool.QueueUserWorkItem(static source => source.Cancel(), _first, preferLocal: false);
        }
        else if (Stopwatch.GetElapsedTime(firstAt, now) > SameWish)
        {
            // Nothing is lost: what is not confirmed comes again at the next start.
            Environment.Exit(CodeOf(context.Signal));
        }
    }

    // What a shell gives a process that the signal ended: 128 and the signal's number.
    private static int CodeOf(PosixSignal signal) => signal == PosixSignal.SIGINT ? 130 : 143;

    /// <summary>Whatever still waits, for a server that is silent or a broker that stands still, holds the process no longer than it may live.</summary>
    private void EndInTime(int code)
    {
        if (_over.Wait(Math.Max(0, _deadlineMs - SayMs)))
        {
            return;
        }

        var saying = new Thread(() => _overdue()) { Name = "shutdown-overdue", IsBackground = true };
        saying.Start();
        saying.Join(SayMs);
        ExitNow(code);
    }

    // Without the handlers that the process, its runtime and its libraries have for an orderly exit: any of them may wait for what hangs.
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int status);
}
