using Microsoft.Extensions.Logging;
using Penstock.Debezium.Events;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>The decoder with its log: columns whose values Debezium writes as null are named once, so that the loss is never silent.</summary>
internal sealed class DecoderStage(EventDecoder decoder, ILogger logger)
{
    private const long LookIntervalMs = 1000;

    private readonly HashSet<(string, string)> _said = [];
    private readonly LeftOutLog _leftOut = new(decoder, logger);
    private long _lookedMs;

    public void Decode(WalBatch batch)
    {
        decoder.Decode(batch);
        if (Environment.TickCount64 - _lookedMs < LookIntervalMs)
        {
            return;
        }

        _lookedMs = Environment.TickCount64;
        _leftOut.Look(_lookedMs);
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
