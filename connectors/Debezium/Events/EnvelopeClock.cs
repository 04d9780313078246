namespace Penstock.Debezium.Events;

/// <summary>The envelope's own times: when the input was received. The same for all events of one input batch, so written once per batch.</summary>
internal sealed class EnvelopeClock(bool valueSchemas)
{
    private readonly JsonBuffer _tail = new();

    /// <summary><c>,"ts_ms":..,"ts_us":..,"ts_ns":..}</c> and the end of the value.</summary>
    public ReadOnlySpan<byte> Tail => _tail.Span;

    public long Ms { get; private set; }

    public void Set(long unixNs)
    {
        Ms = unixNs / 1_000_000;
        _tail.Clear().Add(",\"ts_ms\":"u8).Add(Ms).Add(",\"ts_us\":"u8).Add(unixNs / 1000).Add(",\"ts_ns\":"u8).Add(unixNs).Add("}"u8);
        if (valueSchemas)
        {
            _tail.Add("}"u8);
        }
    }
}
