using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Flow;
using Penstock.Engine.Operations;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Keeps health up to date each second, and says once a minute how far the run has come.</summary>
internal sealed class ProgressLog : IDisposable
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(60);

    private readonly ILogger _logger;
    private readonly HealthState _health;
    private readonly Watermark _watermark;
    private readonly Func<string>? _detail;
    private readonly Func<(Lsn? Received, Lsn? Confirmed)> _positions;
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private long _delivered;
    private long _deliveredAtLine;
    private int _quietLooks;
    private bool _working;

    /// <param name="logger">For the line.</param>
    /// <param name="health">Gets positions and events.</param>
    /// <param name="watermark">What is delivered.</param>
    /// <param name="detail">More for the line, or null.</param>
    /// <param name="positions">Received and confirmed LSN.</param>
    public ProgressLog(ILogger logger, HealthState health, Watermark watermark, Func<string>? detail, Func<(Lsn? Received, Lsn? Confirmed)> positions)
    {
        _logger = logger;
        _health = health;
        _watermark = watermark;
        _detail = detail;
        _positions = positions;
        _timer = new Timer(_ => Look(), null, 1000, 1000);
    }

    /// <summary>Called once, when records are delivered, or when nothing has been wrong for some seconds of silence.</summary>
    public Action? Working { get; init; }

    /// <summary>Looked at as often as the health is.</summary>
    public LossLog? Losses { get; init; }

    /// <summary>What transforms have left out; null where there are none.</summary>
    public LeftOutByTransformsLog? LeftOut { get; init; }

    public void Dispose()
    {
        _timer.Dispose();
        Look();
    }

    private void Look()
    {
        lock (_lock)
        {
            long delivered = _watermark.Delivered;
            SayWorking(delivered);
            Losses?.Look();
            LeftOut?.Look(Environment.TickCount64);
            _health.Delivered(delivered - _delivered);
            _delivered = delivered;
            var (received, confirmed) = _positions();
            _health.At(received?.ToString(), confirmed?.ToString());
            if (_sinceLine.Elapsed < LineInterval)
            {
                return;
            }

            double seconds = _sinceLine.Elapsed.TotalSeconds;
            _sinceLine.Restart();
            _logger.LogInformation(
                "progress {Events} {EventsPerSecond} {Received} {Confirmed} {Detail}", delivered, (long)((delivered - _deliveredAtLine) / seconds), received, confirmed, _detail?.Invoke());
            _deliveredAtLine = delivered;
        }
    }

    // A run that reaches the stream and fails again at once (a topic that is missing for its next record) has not recovered: only deliveries, or silence that
    // outlasts such a failure, prove it.
    private void SayWorking(long delivered)
    {
        const int quietLooksNeeded = 15;
        if (_working || (delivered == 0 && (_watermark.InFlight > 0 || ++_quietLooks < quietLooksNeeded)))
        {
            return;
        }

        _working = true;
        Working?.Invoke();
    }
}
