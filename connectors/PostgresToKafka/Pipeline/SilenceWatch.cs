using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// Notices a connection that is dead without a word (a firewall that forgot it, a proxy that holds it open): the reader waits, nothing comes, and no error ever will. Silence alone proves nothing, the
/// server may be decoding a large transaction or scanning dead rows; so after a while of it the server is asked over a new connection (one of the pool may be as dead) whether it still works for this one.
/// </summary>
internal sealed class SilenceWatch : IDisposable
{
    /// <summary>For the stream of a server whose <c>wal_sender_timeout</c> is 0: it sends nothing while it has nothing.</summary>
    private const int WithoutTimeoutMs = 60_000;

    private const int SnapshotMs = 20_000;

    private readonly Func<long> _silentMs;
    private readonly int _limitMs;
    private readonly Func<string?> _findDeath;
    private readonly Action<Exception> _fail;
    private readonly Timer _timer;
    private long _askedAtMs;
    private int _asking;

    private SilenceWatch(Func<long> silentMs, int limitMs, Func<string?> findDeath, Action<Exception> fail)
    {
        _silentMs = silentMs;
        _limitMs = limitMs;
        _findDeath = findDeath;
        _fail = fail;
        _timer = new Timer(_ => Look(), null, limitMs / 4, limitMs / 4);
    }

    /// <summary>Over a stream. A server with a timeout is never silent for longer than half of it.</summary>
    public static SilenceWatch OfStream(SourceDatabase database, string slotName, StreamSource source, IWalReader reader, int walSenderTimeoutMs, Action<Exception> fail)
    {
        int? walsender = Find(database, slotName)?.ActivePid;
        bool suspected = false;
        return new SilenceWatch(
            () => source.SilentMs,
            walSenderTimeoutMs > 0 ? Math.Max(2000, walSenderTimeoutMs) : WithoutTimeoutMs,
            () =>
            {
                var slot = Find(database, slotName);
                if (slot?.ActivePid is not { } active || active != walsender)
                {
                    return "the server has ended the replication stream and this end was not told";
                }

                // Sent and not received, twice: between the two it would have come.
                bool lost = Ask(database, control => ServerSessions.SentLsn(control, active)) > reader.ReceivedLsn;
                (bool twice, suspected) = (lost && suspected, lost);
                return twice ? "the server sends changes that do not arrive" : null;
            },
            fail);
    }

    /// <summary>Over the COPY of a snapshot.</summary>
    public static SilenceWatch OfSnapshot(SourceDatabase database, SnapshotSource source, SnapshotReader reader, SnapshotLock alone, Action<Exception> fail) => new(
        () => source.SilentMs,
        SnapshotMs,
        () =>
        {
            if (Ask(database, control => ServerSessions.IsActive(control, reader.Backend)))
            {
                return null;
            }

            reader.Abandon(alone.Backend);
            return "the server has sent all rows of the snapshot's table, and they have not arrived";
        },
        fail);

    /// <summary>Over the side connection of snapshots on request: the decoder waits for its answers, so the stream is not read meanwhile, and is not silent either.</summary>
    public static SilenceWatch OfChunks(SourceDatabase database, ChunkReader chunks, Action<Exception> fail, int limitMs = SnapshotMs) => new(
        () => chunks.WaitingMs,
        limitMs,
        () =>
        {
            if (Ask(database, control => ServerSessions.IsActive(control, chunks.Backend)))
            {
                return null;
            }

            // It has the lock that the next run needs, and does not know that nobody is there any more.
            ServerSessions.End(database, chunks.Backend);
            return "the server has answered a question of the snapshot on request, and the answer has not arrived";
        },
        fail);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long silentMs = _silentMs();
        if (silentMs < _limitMs || Environment.TickCount64 - _askedAtMs < _limitMs || Interlocked.Exchange(ref _asking, 1) == 1)
        {
            return;
        }

        try
        {
            _askedAtMs = Environment.TickCount64;
            // What has come while the server was asked proves it alive.
            if (_findDeath() is { } death && _silentMs() >= silentMs)
            {
                _fail(new DatabaseException(FailureClass.Unavailable, $"nothing has come from Postgres for {silentMs / 1000} s: {death}."));
            }
        }
        catch (DatabaseException unreachable)
        {
            // Silent, and not there when asked.
            _fail(unreachable);
        }
        finally
        {
            Volatile.Write(ref _asking, 0);
        }
    }

    private static SlotState? Find(SourceDatabase database, string slotName) => Ask(database, control => ReplicationSlots.Find(control, slotName));

    private static T Ask<T>(SourceDatabase database, Func<NpgsqlConnection, T> question)
    {
        using var control = database.OpenOwn();
        return database.Translated(() => question(control));
    }
}
