using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>The decoder with its log: columns whose values Debezium writes as null are named once, so that the loss is never silent.</summary>
/// <param name="decoder">The decoder.</param>
/// <param name="xmin">The slot's catalog_xmin as last read, null where it is not asked for.</param>
/// <param name="warns">False: such columns are not named (<c>event.converting.failure.handling.mode=skip</c>).</param>
/// <param name="logger">The log.</param>
internal sealed class DecoderStage(EventDecoder decoder, CatalogXmin? xmin, bool warns, ILogger logger)
{
    private const long LookIntervalMs = 1000;

    private readonly HashSet<(string, string)> _said = [];
    private long _lookedMs;

    public void Decode(WalBatch batch)
    {
        if (xmin is not null)
        {
            decoder.Xmin = xmin.Value;
        }

        decoder.Decode(batch);
        if (!warns || Environment.TickCount64 - _lookedMs < LookIntervalMs)
        {
            return;
        }

        _lookedMs = Environment.TickCount64;
        foreach (var (table, column, type, values) in decoder.Unrepresented)
        {
            if (values > 0 && _said.Add((table, column)))
            {
                logger.LogWarning(
                    "values of {Table} {Column} of type {Type} have no form in Debezium's format and are written as null, as Debezium does", table, column, type);
            }
        }
    }
}
