using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What the graph's head reads from: a snapshot, which ends, or the stream, which does not.</summary>
internal interface IWalSource
{
    /// <summary>True after the last batch.</summary>
    bool Ended { get; }

    /// <summary>Fills the batch, or returns false when nothing came within the time or the source has ended.</summary>
    bool TryRead(WalBatch batch, int timeoutMs);

    /// <summary>Makes a waiting <see cref="TryRead"/> return. Any thread.</summary>
    void Stop();
}
