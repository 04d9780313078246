using Penstock.Engine.Flow;

namespace Penstock.Engine.Telemetry;

/// <summary>A span for one batch a second at most, from its reception to its acknowledgement: where the time of a stream goes, without a cost by batch. Any thread.</summary>
public sealed class BatchSpans
{
    private const long IntervalMs = 1000;

    private readonly Lock _gate = new();
    private long _sequence = -1;
    private long _beganAtMs;
    private long _nextAtMs;
    private int _records;
    private int _left;
    private long _committedAtMs;
    private DateTimeOffset _producedAt;

    /// <summary>A batch goes to the producer.</summary>
    public void Produced(RecordBatch batch)
    {
        if (!Spans.AreWanted || Volatile.Read(ref _sequence) >= 0 || batch.Count == 0 || Environment.TickCount64 < _nextAtMs)
        {
            return;
        }

        lock (_gate)
        {
            _nextAtMs = Environment.TickCount64 + IntervalMs;
            _beganAtMs = batch.ReceivedAtUnixNs / 1_000_000;
            _committedAtMs = batch.CommittedAtUs / 1000;
            _records = _left = batch.Count;
            _producedAt = DateTimeOffset.UtcNow;
            Volatile.Write(ref _sequence, batch.Sequence);
        }
    }

    /// <summary>Records were acknowledged.</summary>
    public void Delivered(long sequence, int records)
    {
        if (Volatile.Read(ref _sequence) != sequence)
        {
            return;
        }

        lock (_gate)
        {
            _left -= records;
            if (_sequence != sequence || _left > 0)
            {
                return;
            }

            var received = DateTimeOffset.FromUnixTimeMilliseconds(_beganAtMs);
            Spans.Note(
                "deliver batch",
                received,
                new("penstock.batch", sequence),
                new("penstock.records", _records),
                new("penstock.commit_to_receive_ms", _committedAtMs > 0 ? Math.Max(0, _beganAtMs - _committedAtMs) : null),
                new("penstock.receive_to_produce_ms", Math.Max(0, (_producedAt - received).TotalMilliseconds)),
                new("penstock.produce_to_acknowledge_ms", Math.Max(0, (DateTimeOffset.UtcNow - _producedAt).TotalMilliseconds)));
            Volatile.Write(ref _sequence, -1);
        }
    }
}
