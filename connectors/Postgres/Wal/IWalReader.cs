namespace Penstock.Postgres.Wal;

/// <summary>
/// One replication stream, read by one dedicated thread. Two implementations stand behind this seam: Npgsql's, and the project's own socket reader.
/// </summary>
public interface IWalReader : IDisposable
{
    /// <summary>
    /// Waits for the stream and fills <paramref name="batch"/> (whose slab the caller has rented) with at least one message or a keepalive, and with whatever else is already there and fits.
    /// A message larger than the slab replaces the batch's slab by an oversized one. Answers keepalives that ask for a reply itself, with the position last given to <see cref="SendStatus"/>.
    /// </summary>
    /// <returns>False when nothing came within <paramref name="timeoutMs"/> or after <see cref="Stop"/>.</returns>
    /// <exception cref="MalformedWalException">The server sent what the protocol does not allow.</exception>
    /// <exception cref="Connection.DatabaseException">The connection is gone.</exception>
    bool TryRead(WalBatch batch, int timeoutMs);

    /// <summary>The end of the last message or keepalive received.</summary>
    ulong ReceivedLsn { get; }

    /// <summary>How often the server has asked for an answer: it does when half of its timeout has passed without one, and without end when it shuts down. 0 where that cannot be seen. Any thread.</summary>
    long AnswersWanted { get; }

    /// <summary>
    /// Sends a Standby Status Update: written = received, flushed = applied = <paramref name="confirmedLsn"/>. Called by the status timer's thread at any time, also while <see cref="TryRead"/> waits.
    /// </summary>
    /// <exception cref="Connection.DatabaseException">The connection is gone, which shows here first while the reader is held up.</exception>
    void SendStatus(ulong confirmedLsn);

    /// <summary>Makes a waiting <see cref="TryRead"/> return false. Any thread.</summary>
    void Stop();
}
