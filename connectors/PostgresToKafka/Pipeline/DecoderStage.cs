using Penstock.Debezium.Events;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>The decoder with what it cannot see in the stream.</summary>
/// <param name="decoder">The decoder.</param>
/// <param name="xmin">The slot's catalog_xmin as last read, null where it is not asked for.</param>
internal sealed class DecoderStage(EventDecoder decoder, CatalogXmin? xmin)
{
    public void Decode(WalBatch batch)
    {
        if (xmin is not null)
        {
            decoder.Xmin = xmin.Value;
        }

        decoder.Decode(batch);
    }
}
