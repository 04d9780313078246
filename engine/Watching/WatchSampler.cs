using Penstock.Engine.Operations;

namespace Penstock.Engine.Watching;

/// <summary>Fills the history once a second, for as long as somebody may look at it. A look allocates nothing.</summary>
public sealed class WatchSampler : IDisposable
{
    private const int IntervalMs = 1000;

    private readonly HealthState _health;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;

    public WatchSampler(HealthState health, TimeProvider? clock = null)
    {
        _health = health;
        _clock = clock ?? TimeProvider.System;
        Look();
        _timer = _clock.CreateTimer(static sampler => ((WatchSampler)sampler!).Look(), this, TimeSpan.FromMilliseconds(IntervalMs), TimeSpan.FromMilliseconds(IntervalMs));
    }

    public WatchHistory History { get; } = new();

    public void Dispose() => _timer.Dispose();

    /// <summary>One look.</summary>
    internal void Look()
    {
        double? lagSeconds = null;
        long? lagAmount = null;
        // The view must not go while it is asked.
        lock (_health.ViewGate)
        {
            if (_health.View is { } view)
            {
                lagSeconds = view.LagSeconds;
                lagAmount = view.LagAmount;
            }
        }

        History.Sample(_clock.GetUtcNow().ToUnixTimeMilliseconds(), _health.Events, lagSeconds, lagAmount, _health.Delivery.TakeMostMs());
    }
}
