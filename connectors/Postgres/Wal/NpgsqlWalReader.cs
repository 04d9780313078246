using Npgsql.Replication;
using Npgsql.Replication.Internal;
using NpgsqlTypes;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Wal;

/// <summary>
/// The replication stream by Npgsql's raw messages, copied into the slab. Slower than the socket reader; stays as its oracle in the tests.
/// </summary>
/// <remarks>
/// Npgsql hides keepalives: <see cref="WalBatch.KeepaliveLsn"/> stays 0, so positions advance by commits only. Its own status timer repeats the position given to
/// <see cref="SendStatus"/> and nothing else. It hides notices too: that the publication is missing, which PG 18 says in a warning only, goes unnoticed.
/// </remarks>
public sealed class NpgsqlWalReader : IWalReader
{
    private const int CloseMs = 5_000;

    private readonly TimeProvider _clock;
    private readonly LogicalReplicationConnection _connection;
    private readonly CancellationTokenSource _stop = new();
    private readonly IAsyncEnumerator<XLogDataMessage> _messages;
    private readonly DatabaseUrl _url;
    private readonly int _closeMs;
    private Task<bool>? _next;
    private XLogDataMessage? _pending;
    private ulong _received;
    private volatile bool _stopped;

    /// <param name="database">Where.</param>
    /// <param name="request">Slot, publication, position.</param>
    /// <param name="clock">Gives <see cref="WalBatch.ReceivedAtUnixNs"/>.</param>
    /// <param name="closeMs">How long the driver's end is waited for, in milliseconds; then it is left alone.</param>
    public NpgsqlWalReader(SourceDatabase database, WalStreamRequest request, TimeProvider clock, int closeMs = CloseMs)
    {
        _closeMs = closeMs;
        _clock = clock;
        _url = database.Url;
        _connection = database.OpenReplication();
        // Statuses are sent by SendStatus; Npgsql's own timer repeats the last one.
        _connection.WalReceiverStatusInterval = TimeSpan.FromSeconds(10);
        _connection.SetReplicationStatus(new NpgsqlLogSequenceNumber(request.StartLsn));
        var options = request.PluginOptions(_connection.PostgreSqlVersion.Major).ToDictionary(o => o.Key, string? (o) => o.Value);
        _messages = _connection
            .StartLogicalReplication(new StreamedSlot(request.SlotName), _stop.Token, new NpgsqlLogSequenceNumber(request.StartLsn), options)
            .GetAsyncEnumerator(_stop.Token);
        _received = request.StartLsn;
    }

    /// <inheritdoc/>
    public ulong ReceivedLsn => Math.Max(Volatile.Read(ref _received), (ulong)_connection.LastReceivedLsn);

    /// <inheritdoc/>
    public long AnswersWanted => 0;

    /// <inheritdoc/>
    public bool TryRead(WalBatch batch, int timeoutMs)
    {
        try
        {
            return Fill(batch, timeoutMs);
        }
        catch (OperationCanceledException)
        {
            // Only Stop cancels: the end of the stream, not a failure (and never an OperationCanceledException near a block).
            return false;
        }
        catch (Exception exception) when (exception is not (DatabaseException or MalformedWalException or PoolClosedException))
        {
            throw DatabaseErrors.Translate(exception, _url) ?? exception;
        }
    }

    /// <inheritdoc/>
    public void SendStatus(ulong confirmedLsn)
    {
        try
        {
            _connection.SetReplicationStatus(new NpgsqlLogSequenceNumber(confirmedLsn));
            _connection.SendStatusUpdate(CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (DatabaseErrors.Translate(exception, _url) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public void Stop() => _stopped = true;

    public void Dispose()
    {
        _stop.Cancel();
        // The driver waits for the server's answer to its goodbye, which a connection that is dead without a word never gives.
        var closing = CloseAsync();
        if (Task.WhenAny(closing, Task.Delay(_closeMs)).GetAwaiter().GetResult() == closing)
        {
            closing.GetAwaiter().GetResult();
            _stop.Dispose();
        }
    }

    private async Task CloseAsync()
    {
        try
        {
            if (_next is not null)
            {
                await _next.ConfigureAwait(false);
            }

            await _messages.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or Npgsql.NpgsqlException or IOException)
        {
            // The connection is closed next: how its last read ended no longer matters to anybody.
            _next = null;
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private bool Fill(WalBatch batch, int timeoutMs)
    {
        int position = 0;
        while (true)
        {
            if (_pending is null && !Advance(batch.Count == 0 && !_stopped ? timeoutMs : 0))
            {
                return batch.Count > 0;
            }

            var message = _pending!;
            int length = checked((int)message.Data.Length);
            if (position + length > batch.Slab!.CapacityBytes)
            {
                if (batch.Count > 0)
                {
                    return true;
                }

                batch.Slab = batch.Slab.Enlarge(length, 0);
            }

            if (batch.Count == 0)
            {
                batch.ReceivedAtUnixNs = UnixClock.Nanoseconds(_clock);
            }

            message.Data.ReadExactly(batch.Slab.Bytes, position, length);
            batch.Add(new WalMessage(position, length, (ulong)message.WalStart));
            Volatile.Write(ref _received, Math.Max(_received, (ulong)message.WalEnd));
            position += length;
            _pending = null;
        }
    }

    private bool Advance(int timeoutMs)
    {
        _next ??= _messages.MoveNextAsync().AsTask();
        if (!_next.IsCompleted && (timeoutMs == 0 || !Task.WhenAny(_next, Task.Delay(timeoutMs)).GetAwaiter().GetResult().Equals(_next)))
        {
            return false;
        }

        var finished = _next;
        _next = null;
        if (!finished.GetAwaiter().GetResult())
        {
            throw new DatabaseException(FailureClass.Unavailable, $"Postgres at {_url.Host}:{_url.Port} ended the replication stream.");
        }

        _pending = _messages.Current;
        return true;
    }

    private sealed class StreamedSlot(string name) : LogicalReplicationSlot("pgoutput", new ReplicationSlotOptions(name));
}
