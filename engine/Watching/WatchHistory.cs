using System.Text.Json;

namespace Penstock.Engine.Watching;

/// <summary>
/// Throughput and lag of the last hour, for plots: a ring of points of five seconds each, 29 KB, filled once a second without allocating. Written by one sampler, read by any thread.
/// </summary>
public sealed class WatchHistory
{
    /// <summary>Time of one point.</summary>
    public const int StepMs = 5_000;

    /// <summary>An hour of points.</summary>
    public const int MostPoints = 3_600_000 / StepMs;

    private readonly Lock _gate = new();
    private readonly Point[] _points = new Point[MostPoints];
    private long _made;
    private long _beganMs = -1;
    private long _eventsBefore;
    private double _lagSeconds = double.NaN;
    private double _lagAmount = double.NaN;
    private long _deliveryMs = -1;

    /// <summary>Points that were finished so far, those that the ring no longer holds too.</summary>
    public long Made => Interlocked.Read(ref _made);

    /// <summary>One look. What is highest within a point is the point's lag.</summary>
    /// <param name="nowMs">Milliseconds since 1970.</param>
    /// <param name="events">Delivered since the process started.</param>
    /// <param name="lagSeconds">How late the pipeline is; null where that is not known.</param>
    /// <param name="lagAmount">Bytes or records that wait; null where that is not known.</param>
    /// <param name="deliveryMs">The longest way of a delivery since the last look; negative for none.</param>
    public void Sample(long nowMs, long events, double? lagSeconds, long? lagAmount, long deliveryMs)
    {
        lock (_gate)
        {
            if (_beganMs < 0 || nowMs < _beganMs)
            {
                // The first look, or the clock was set back.
                Begin(nowMs, events);
            }

            _lagSeconds = Larger(_lagSeconds, lagSeconds);
            _lagAmount = Larger(_lagAmount, lagAmount);
            _deliveryMs = Math.Max(_deliveryMs, deliveryMs);
            if (nowMs - _beganMs >= StepMs)
            {
                _points[_made % MostPoints] = new Point(nowMs, (events - _eventsBefore) * 1000.0 / (nowMs - _beganMs), _lagSeconds, _lagAmount, _deliveryMs < 0 ? double.NaN : _deliveryMs);
                Interlocked.Increment(ref _made);
                Begin(nowMs, events);
            }
        }
    }

    /// <summary>Writes points as five arrays of the same length: <c>at</c> (milliseconds since 1970), <c>rate</c> (events a second), <c>lag</c> (seconds), <c>amount</c>, <c>delivery</c> (milliseconds).</summary>
    /// <param name="json">Within an object.</param>
    /// <param name="after">Only the points behind so many; 0 for all that are there.</param>
    /// <returns>Points that were made so far.</returns>
    public long Write(Utf8JsonWriter json, long after)
    {
        Point[] points;
        long made;
        lock (_gate)
        {
            made = _made;
            long first = Math.Max(after, made - MostPoints);
            points = new Point[Math.Max(0, made - first)];
            for (int i = 0; i < points.Length; i++)
            {
                points[i] = _points[(first + i) % MostPoints];
            }
        }

        Write(json, "at", points, static point => point.AtMs);
        Write(json, "rate", points, static point => Math.Round(point.Rate, 1));
        Write(json, "lag", points, static point => Math.Round(point.LagSeconds, 2));
        Write(json, "amount", points, static point => point.LagAmount);
        Write(json, "delivery", points, static point => point.DeliveryMs);
        return made;
    }

    private void Begin(long nowMs, long events)
    {
        _beganMs = nowMs;
        _eventsBefore = events;
        _lagSeconds = _lagAmount = double.NaN;
        _deliveryMs = -1;
    }

    private static double Larger(double before, double? now) => now is not { } value ? before : double.IsNaN(before) ? value : Math.Max(before, value);

    private static void Write(Utf8JsonWriter json, string name, Point[] points, Func<Point, double> figure)
    {
        json.WriteStartArray(name);
        foreach (var point in points)
        {
            double value = figure(point);
            if (double.IsNaN(value))
            {
                json.WriteNullValue();
            }
            else
            {
                json.WriteNumberValue(value);
            }
        }

        json.WriteEndArray();
    }

    private readonly record struct Point(long AtMs, double Rate, double LagSeconds, double LagAmount, double DeliveryMs);
}
