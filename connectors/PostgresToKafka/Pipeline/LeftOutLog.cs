using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Says how many records transforms have left out: at the first of them, and then once a minute while there are more. Not thread-safe.</summary>
internal sealed class LeftOutLog(EventDecoder decoder, ILogger logger)
{
    private const long IntervalMs = 60_000;

    private readonly Dictionary<string, (long Records, long AtMs)> _said = new(StringComparer.Ordinal);

    public void Look(long nowMs)
    {
        foreach (var (transform, what, records) in decoder.LeftOut)
        {
            bool known = _said.TryGetValue(transform, out var last);
            if (records > last.Records && (!known || nowMs - last.AtMs >= IntervalMs))
            {
                _said[transform] = (records, nowMs);
                logger.LogInformation("transform {Transform} has left out {Records} {What} so far; their positions are confirmed as if they had been delivered", transform, records, what);
            }
        }
    }
}
