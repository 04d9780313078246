using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Says how many records transforms have left out: at the first of them, and then once a minute while there are more. Any thread.</summary>
internal sealed class LeftOutByTransformsLog(ILogger logger)
{
    private const long IntervalMs = 60_000;

    private readonly Lock _gate = new();
    private readonly List<EventDecoder> _decoders = [];
    private readonly Dictionary<string, (long Records, long AtMs)> _said = new(StringComparer.Ordinal);

    /// <summary>Looks at this decoder too from now on.</summary>
    public void Watch(EventDecoder decoder)
    {
        lock (_gate)
        {
            _decoders.Add(decoder);
        }
    }

    /// <summary>Says what is new.</summary>
    public void Look(long nowMs)
    {
        lock (_gate)
        {
            foreach (var same in _decoders.SelectMany(d => d.LeftOutByTransforms).GroupBy(l => (l.Transform, l.What)))
            {
                long records = same.Sum(l => l.Records);
                bool known = _said.TryGetValue(same.Key.Transform, out var last);
                if (records > last.Records && (!known || nowMs - last.AtMs >= IntervalMs))
                {
                    _said[same.Key.Transform] = (records, nowMs);
                    logger.LogInformation(
                        "transform {Transform} has left out {Records} {What} so far; their positions are confirmed as if they had been delivered", same.Key.Transform, records, same.Key.What);
                }
            }
        }
    }
}
