using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Wal.Socket;

/// <summary>
/// The project's own reader of the replication stream: a blocking receive straight into the batch's slab, whole messages found in place, one copy from the kernel and none after.
/// </summary>
/// <remarks>
/// <para>CopyData frames (protocol page "Streaming Replication Protocol"): <c>'d' int32 length</c>, then <c>'w' start end clock payload</c> or <c>'k' end clock reply</c>.</para>
/// <para>The walsender flushes per row, so a reader that is quick wakes for each one or two of them. While the stream is busy a short pause after a small read lets rows
/// gather, so that one wake-up brings many; a stream that is quiet is never made to wait.</para>
/// </remarks>
public sealed partial class SocketWalReader : IWalReader
{
    /// <summary>Frame header (5), XLogData header (25).</summary>
    private const int XLogDataHeaderBytes = 30;

    /// <summary>'d', length, 'r', written, flushed, applied, clock, reply wanted.</summary>
    private const int StatusBytes = 5 + 1 + 8 + 8 + 8 + 8 + 1;

    /// <summary>A read below this is small, and so is one below half a slab: fewer and larger batches under load (docs/decisions/0011).</summary>
    private const int SmallReadBytes = 128 * 1024;

    /// <summary>
    /// Least time between two small batches, and so the most that gathering adds to a row's latency. A batch behind a pause in the stream goes on with its transaction's commit. Each batch is a
    /// request to the broker and a wake of every block behind; while the last request's answer is out (2 to 3 ms on loopback) librdkafka only polls in a circle behind a second
    /// one; docs/decisions/0012-a-batch-in-four-milliseconds.md.
    /// </summary>
    private const double GatherMs = 4.0;

    /// <summary>One pause of gathering. At 100 MB/s 100 KB arrive meanwhile, less than <see cref="SmallReadBytes"/>: a backlog is not slowed.</summary>
    private const double PauseMs = 1.0;

    /// <summary>The same where only a commit is missing: the server needs some 10 us for a row.</summary>
    private const double CommitPauseMs = 0.1;

    /// <summary>Bytes that stand unread after frames that give nothing are at most a read's worth; more is a large message that is being gathered.</summary>
    private const int LargeMessageBytes = 1 << 20;

    /// <summary>Between two answers to keepalives.</summary>
    private const int ShortestAnswerMs = 100;

    /// <summary>How long the server may take to end the session. It needs milliseconds; the shutdown as a whole has 10 s.</summary>
    private const int GoodbyeMs = 2_000;

    private readonly ReplicationSession _session;
    private readonly DatabaseUrl _url;
    private readonly WalStreamRequest _request;
    private readonly TimeProvider _clock;
    private readonly byte[] _status = new byte[StatusBytes];
    private readonly Lock _statusLock = new();
    private byte[] _carried = [];
    private int _carriedBytes;
    private ulong _received;
    private long _answersWanted;
    private long _answeredMs;
    private ulong _confirmed;
    private long _handedOnTimestamp;
    private bool _inTransaction;
    private volatile bool _stopped;

    /// <summary>Connects and starts streaming.</summary>
    /// <param name="database">Where.</param>
    /// <param name="request">Slot, publication, position.</param>
    /// <param name="serverVersion">Major version, for the plugin's options.</param>
    /// <param name="clock">Gives <see cref="WalBatch.ReceivedAtUnixNs"/>.</param>
    /// <exception cref="DatabaseException">What a person, or time, must change.</exception>
    public SocketWalReader(SourceDatabase database, WalStreamRequest request, int serverVersion, TimeProvider clock)
    {
        _url = database.Url;
        _request = request;
        _clock = clock;
        _received = _confirmed = request.StartLsn;
        _session = database.Translated(() =>
        {
            ReplicationSession? session = null;
            try
            {
                session = ReplicationSession.Open(database.Url, database.ReplicationOptions(serverVersion));
                session.StartReplication(request.Command(serverVersion));
                return session;
            }
            catch (MalformedWalException malformed)
            {
                session?.Dispose();
                throw DatabaseErrors.NoPostgres(database.Url, malformed);
            }
            catch
            {
                session?.Dispose();
                throw;
            }
        });
    }

    /// <inheritdoc/>
    public ulong ReceivedLsn => Volatile.Read(ref _received);

    /// <inheritdoc/>
    public long AnswersWanted => Volatile.Read(ref _answersWanted);

    /// <inheritdoc/>
    public bool TryRead(WalBatch batch, int timeoutMs)
    {
        try
        {
            return Fill(batch, timeoutMs);
        }
        catch (Exception error) when (DatabaseErrors.Translate(error, _url) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public void SendStatus(ulong confirmedLsn)
    {
        try
        {
            Send(confirmedLsn);
        }
        catch (Exception error) when (DatabaseErrors.Translate(error, _url) is { } translated)
        {
            throw translated;
        }
    }

    private void Send(ulong confirmedLsn)
    {
        lock (_statusLock)
        {
            _confirmed = Math.Max(_confirmed, confirmedLsn);
            ulong written = Math.Max(ReceivedLsn, _confirmed);
            var status = _status.AsSpan();
            status[0] = (byte)'d';
            BinaryPrimitives.WriteInt32BigEndian(status[1..], StatusBytes - 1);
            status[5] = (byte)'r';
            BinaryPrimitives.WriteUInt64BigEndian(status[6..], written);
            BinaryPrimitives.WriteUInt64BigEndian(status[14..], _confirmed);
            BinaryPrimitives.WriteUInt64BigEndian(status[22..], _confirmed);
            BinaryPrimitives.WriteInt64BigEndian(status[30..], MicrosecondsSince2000());
            status[38] = 0;
            _session.Socket.Write(status);
            Volatile.Write(ref _answeredMs, Environment.TickCount64);
        }
    }

    /// <inheritdoc/>
    public void Stop()
    {
        _stopped = true;
        _session.Socket.Interrupt();
    }

    /// <summary>Says goodbye, so that the server frees the slot at once, and closes.</summary>
    public void Dispose()
    {
        try
        {
            // Terminate: the walsender handles what was sent before it, the last status included, and exits. It may be blocked on sending to us, so what it still
            // sends is read away until it closes; closing with unread bytes would reset the connection under the status.
            _session.Socket.Write([(byte)'X', 0, 0, 0, 4]);
            _session.Socket.Drain(GoodbyeMs);
        }
        catch (Exception gone) when (gone is IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The connection is closed next: a peer that is gone needs no goodbye.
            _stopped = true;
        }

        _session.Dispose();
    }

    private bool Fill(WalBatch batch, int timeoutMs)
    {
        // What the last batch could not hold stands at the front of this one. The slab takes the whole frame at once: exchanging an oversized slab for a larger one would
        // wait for itself, because a pool hands out one of them at a time.
        int carriedFrame = _carriedBytes >= 5 ? FrameBytes(_carried) : 0;
        if (Math.Max(carriedFrame, _carriedBytes) > batch.Slab!.CapacityBytes)
        {
            batch.Slab = batch.Slab.Enlarge(carriedFrame, 0);
        }

        _carried.AsSpan(0, _carriedBytes).CopyTo(batch.Slab.Bytes);
        int end = _carriedBytes;
        _carriedBytes = 0;
        int parsed = 0;
        bool large = false;
        long firstTimestamp = 0;
        var waited = Stopwatch.StartNew();
        while (true)
        {
            int needed = ParseFrames(batch, ref parsed, end);
            bool any = batch.Count > 0 || batch.KeepaliveLsn != 0;
            int room = batch.Slab.CapacityBytes - end;
            int smallBytes = Math.Min(SmallReadBytes, batch.Slab.CapacityBytes / 2);
            double dueMs = GatherMs - Stopwatch.GetElapsedTime(_handedOnTimestamp).TotalMilliseconds;
            // The server sends a transaction row by row: one that comes in behind a pause is waited for up to its commit, or its last rows would be the small batch that has to keep the distance.
            double commitDueMs = _inTransaction && firstTimestamp != 0 ? GatherMs - Stopwatch.GetElapsedTime(firstTimestamp).TotalMilliseconds : 0;
            if (any && (large || (dueMs <= 0 && commitDueMs <= 0) || room < smallBytes || needed > batch.Slab.CapacityBytes - parsed))
            {
                HandOn(batch, parsed, end);
                return true;
            }

            if (needed > batch.Slab.CapacityBytes - parsed || room == 0)
            {
                // Nothing to hand on was parsed before it, so it may have the whole slab; a message larger than that gets a slab of its own.
                MoveToFront(batch, ref parsed, ref end);
                batch.Slab = needed > batch.Slab.CapacityBytes ? batch.Slab.Enlarge(needed, end) : batch.Slab;
            }

            int waitMs = any ? 0 : (int)Math.Clamp(timeoutMs - waited.ElapsedMilliseconds, 0, timeoutMs);
            if (any)
            {
                // Interrupted by a signal it merely gathers less.
                _ = Gather((uint)(1000 * (dueMs > 0 ? Math.Min(dueMs, PauseMs) : CommitPauseMs)));
            }

            int read = _session.Socket.ReadUnlessInterrupted(batch.Slab.Bytes.AsSpan(end), waitMs);
            if (read > 0)
            {
                firstTimestamp = firstTimestamp == 0 ? Stopwatch.GetTimestamp() : firstTimestamp;
                end += read;
                // A large read needs no company.
                large = read >= smallBytes;
                // Frames that give nothing to hand on, such as notices without end, come out of here as silence does; a large message goes on being gathered.
                if (any || end - parsed > LargeMessageBytes || !(_stopped || waited.ElapsedMilliseconds >= timeoutMs))
                {
                    continue;
                }
            }
            else if (any && !_stopped)
            {
                continue;
            }

            if (any || _stopped || waited.ElapsedMilliseconds >= timeoutMs)
            {
                HandOn(batch, parsed, end);
                return any;
            }
        }
    }

    /// <summary>Finds whole frames from <paramref name="parsed"/> on. Returns the bytes that the next, incomplete one has in all, 0 if even its length is not there yet.</summary>
    private int ParseFrames(WalBatch batch, ref int parsed, int end)
    {
        byte[] bytes = batch.Slab!.Bytes;
        while (end - parsed >= 5)
        {
            int frameBytes = FrameBytes(bytes.AsSpan(parsed));
            if (end - parsed < frameBytes)
            {
                return frameBytes;
            }

            Accept(batch, parsed, bytes.AsSpan(parsed, frameBytes));
            parsed += frameBytes;
        }

        return 0;
    }

    private static int FrameBytes(ReadOnlySpan<byte> header)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(header[1..]);
        // A field of Postgres is at most 1 GB, and so is a message. Errors and notices are no rows: a text without end must not be gathered.
        return length >= 4 && length < (header[0] == (byte)'d' ? 0x4000_0400 : ReplicationSession.MostMessageBytes) ? length + 1 : throw new MalformedWalException($"a frame that says it has {length} bytes");
    }

    private void Accept(WalBatch batch, int offset, ReadOnlySpan<byte> frame)
    {
        switch (frame[0])
        {
            case (byte)'d' when frame.Length >= XLogDataHeaderBytes && frame[5] == 'w':
                ulong start = BinaryPrimitives.ReadUInt64BigEndian(frame[6..]);
                Received(Math.Max(start, BinaryPrimitives.ReadUInt64BigEndian(frame[14..])));
                if (frame.Length > XLogDataHeaderBytes)
                {
                    byte type = frame[XLogDataHeaderBytes];
                    _inTransaction = type == 'B' || (_inTransaction && type != 'C');
                }

                batch.Add(new WalMessage(offset + XLogDataHeaderBytes, frame.Length - XLogDataHeaderBytes, start));
                batch.KeepaliveLsn = 0;
                break;
            case (byte)'d' when frame.Length >= 23 && frame[5] == 'k':
                ulong sent = BinaryPrimitives.ReadUInt64BigEndian(frame[6..]);
                Received(sent);
                batch.KeepaliveLsn = sent;
                if (frame[22] == 1)
                {
                    Volatile.Write(ref _answersWanted, _answersWanted + 1);
                    Answer();
                }

                break;
            case (byte)'E':
                var error = ReplicationSession.Error(frame[5..]);
                throw _request.IsPublicationMissing(error) ? _request.PublicationMissing(error, _url) : error;
            case (byte)'N':
                var notice = ReplicationSession.Error(frame[5..]);
                if (_request.IsPublicationMissing(notice))
                {
                    throw _request.PublicationMissing(notice, _url);
                }

                break;
            case (byte)'S':
                break;
            case (byte)'c' or (byte)'C':
                throw new IOException("the server ended the replication stream");
            default:
                throw new MalformedWalException($"a frame of type {frame[0]} and {frame.Length} bytes in the replication stream");
        }
    }

    // A server that shuts down asks again after each answer that does not confirm everything: without a pause the two would keep each other busy.
    private void Answer()
    {
        if (Environment.TickCount64 - Volatile.Read(ref _answeredMs) >= ShortestAnswerMs)
        {
            SendStatus(0);
        }
    }

    private void Received(ulong lsn)
    {
        if (lsn > _received)
        {
            Volatile.Write(ref _received, lsn);
        }
    }

    private void HandOn(WalBatch batch, int parsed, int end)
    {
        Carry(batch, parsed, end);
        batch.ReceivedAtUnixNs = UnixClock.Nanoseconds(_clock);
        _handedOnTimestamp = batch.Count > 0 ? Stopwatch.GetTimestamp() : _handedOnTimestamp;
    }

    /// <summary>Keeps the bytes of an incomplete frame for the next batch: at most a slab, and a slab only when a large message begins.</summary>
    private void Carry(WalBatch batch, int parsed, int end)
    {
        _carriedBytes = end - parsed;
        if (_carried.Length < _carriedBytes)
        {
            _carried = new byte[Math.Max(_carriedBytes, 4096)];
        }

        batch.Slab!.Bytes.AsSpan(parsed, _carriedBytes).CopyTo(_carried);
    }

    private static void MoveToFront(WalBatch batch, ref int parsed, ref int end)
    {
        batch.Slab!.Bytes.AsSpan(parsed, end - parsed).CopyTo(batch.Slab.Bytes);
        end -= parsed;
        parsed = 0;
    }

    private long MicrosecondsSince2000() => (_clock.GetUtcNow().UtcTicks - new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks) / 10;

    // Thread.Sleep knows whole milliseconds only.
    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Gather(uint microseconds);
}
