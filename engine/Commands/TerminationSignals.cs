using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Penstock.Engine.Commands;

/// <summary>
/// SIGTERM and SIGINT. The first asks for an orderly end (<see cref="First"/>); a second ends the process at once. Platforms send SIGTERM several times to every process in
/// one go, so signals within a second of the first are the same wish.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    private static readonly TimeSpan SameWish = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _first = new();
    private readonly PosixSignalRegistration[] _registrations;
    private long _firstAt;

    public TerminationSignals()
    {
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

        _first.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        var now = Stopwatch.GetTimestamp();
        var firstAt = Interlocked.CompareExchange(ref _firstAt, now, 0);
        if (firstAt == 0)
        {
            // Not on the signal's thread: whoever waits for the token may run long.
            ThreadPool.QueueUserWorkItem(static source => source.Cancel(), _first, preferLocal: false);
        }
        else if (Stopwatch.GetElapsedTime(firstAt, now) > SameWish)
        {
            // As a shell reports a process that the signal ended: 128 and its number. Nothing is lost: what is not confirmed comes again at the next start.
            Environment.Exit(context.Signal == PosixSignal.SIGINT ? 130 : 143);
        }
    }
}
