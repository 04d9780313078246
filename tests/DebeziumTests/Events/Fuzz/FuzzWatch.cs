using System.Diagnostics;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>Looks from another thread whether a call of the decoder comes back. Nothing can stop a thread in a loop without end, so the process ends, and says why.</summary>
internal sealed class FuzzWatch : IDisposable
{
    // Only a loop without end takes so long, whatever else the machine does.
    private static readonly TimeSpan Hanging = TimeSpan.FromSeconds(120);

    private readonly Timer _timer;
    private FuzzPending? _pending;
    private long _since;

    public FuzzWatch() => _timer = new Timer(_ => Look(), null, 1000, 1000);

    /// <summary>How to run the round at hand again.</summary>
    public string Place { get; set; } = "";

    public void Begin(FuzzPending pending)
    {
        _pending = pending;
        Volatile.Write(ref _since, Stopwatch.GetTimestamp());
    }

    public void End() => Volatile.Write(ref _since, 0);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (Volatile.Read(ref _since) is not 0 and var since && Stopwatch.GetElapsedTime(since) > Hanging)
        {
            Environment.FailFast(new FuzzException($"{Place}: a call of the decoder hangs", "", _pending!).Message);
        }
    }
}
