using System.Runtime.InteropServices;
using Confluent.Kafka;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Consuming;

/// <summary>
/// A member of a consumer group, called by one thread: fills batches with records, and moves partitions in and out by cooperative rebalances.
/// </summary>
/// <remarks>
/// Offsets are not the group's: <see cref="IPartitionOffsets"/> says from where a partition is read. What is committed to the group is for tools that show the lag.
/// </remarks>
public sealed unsafe partial class NativeConsumer : IDisposable
{
    private const int ErrorTextBytes = 512;
    private const int MessagesAtOnce = 512;
    private const int WakeIntervalMs = 20;

    /// <summary>A broker that is away is tried every ten seconds at least (<c>reconnect.backoff.max.ms</c>), while records of others come.</summary>
    private const int QuietMs = 30_000;

    private readonly IPartitionOffsets _offsets;
    private readonly ClientLog _log;
    private readonly Dictionary<(nint Topic, int Partition), PartitionLease> _byHandle = [];
    private readonly Dictionary<(string Topic, int Partition), PartitionLease> _leases = [];
    // Pointers to NativeMessage.
    private readonly nint[] _pending = new nint[MessagesAtOnce];
    private readonly FetchControl _fetching;
    private readonly nint _client;
    private GCHandle _self;
    private int _pendingFrom;
    private int _pendingCount;
    private readonly Queue<(int Code, List<(string Topic, int Partition)> Partitions)> _asked = new();
    private bool _isClosing;
    private readonly bool _needsWaking = KafkaLibrary.Version < KafkaLibrary.FirstWithQueueBackoff;
    private long _wokenAt;
    private int _woken;

    /// <param name="config">As <see cref="KafkaConnection.NewConsumerConfig"/> makes it.</param>
    /// <param name="topics">Names, or regular expressions that begin with ^.</param>
    /// <param name="offsets">Who knows from where to read.</param>
    /// <param name="log">Gets log and errors.</param>
    /// <exception cref="InvalidOperationException">librdkafka refuses the settings, in its own words.</exception>
    public NativeConsumer(ClientConfig config, IReadOnlyCollection<string> topics, IPartitionOffsets offsets, ClientLog log)
    {
        _offsets = offsets;
        _log = log;
        _self = GCHandle.Alloc(this);
        _client = Create(config);
        _fetching = new FetchControl(_client);
        ConsumerException.ThrowIf(NativeConsumerApi.RedirectToConsumer(_client), "polling");
        var list = NativeConsumerApi.ListOf(topics.Select(topic => (topic, Partition: -1)));
        int error = NativeConsumerApi.Subscribe(_client, list);
        NativeConsumerApi.ListDestroy(list);
        ConsumerException.ThrowIf(error, "the subscription");
    }

    /// <summary>The partitions that are read now.</summary>
    public IReadOnlyCollection<PartitionLease> Leases => _leases.Values;

    /// <summary>
    /// Takes records until the slab is full or none is there, after waiting for the first one. Rebalances happen inside.
    /// </summary>
    /// <param name="batch">Gets the records; its slab is exchanged for a larger one where a single record needs it.</param>
    /// <param name="waitMs">How long to wait for the first record.</param>
    /// <param name="maxRecords">No more than these.</param>
    /// <returns>False if no record came.</returns>
    /// <exception cref="ConsumerException">The consumer is of no use any more.</exception>
    /// <exception cref="OffsetLostException">Retention was faster.</exception>
    public bool Fill(ConsumedBatch batch, int waitMs, int maxRecords)
    {
        while (true)
        {
            while (_pendingFrom < _pendingCount)
            {
                if (batch.Count == maxRecords || !TryAdd(batch, (NativeMessage*)_pending[_pendingFrom]))
                {
                    return true;
                }

                NativeConsumerApi.MessageDestroy((NativeMessage*)_pending[_pendingFrom++]);
            }

            _pendingFrom = _pendingCount = 0;
            WakeFetching();
            Poll(batch.Count == 0 ? waitMs : 0);
            if (_pendingCount == 0)
            {
                return batch.Count > 0;
            }
        }
    }

    /// <summary>
    /// A librdkafka before 2.2 stops fetching for a second when its queue was full, unless its broker's thread has something else to do: a look at the partition's bounds is that.
    /// </summary>
    private void WakeFetching()
    {
        if (!_needsWaking || _leases.Count == 0 || Environment.TickCount64 - _wokenAt < WakeIntervalMs)
        {
            return;
        }

        _wokenAt = Environment.TickCount64;
        var lease = _leases.Values.ElementAt(_woken++ % _leases.Count);
        _ = Bounds(lease.Topic, lease.Partition, WakeIntervalMs);
    }

    /// <summary>
    /// Serves rebalances while nothing can be taken. Fetching is paused, because records would come in between.
    /// </summary>
    public void Idle(int waitMs)
    {
        _fetching.SetPaused(true, _leases.Keys);
        // What was taken and not yet given on stays in front.
        _pending.AsSpan(_pendingFrom, _pendingCount - _pendingFrom).CopyTo(_pending);
        _pendingCount -= _pendingFrom;
        _pendingFrom = 0;
        if (_pendingCount == _pending.Length)
        {
            Thread.Sleep(waitMs);
            return;
        }

        Poll(waitMs);
    }

    /// <summary>Ends <see cref="Idle"/>.</summary>
    public void Resume() => _fetching.SetPaused(false, _leases.Keys);

    /// <summary>From now on nothing is fetched of these partitions, and of all others again.</summary>
    public void Hold(IReadOnlyCollection<PartitionLease> leases) =>
        _fetching.Hold([.. leases.Where(lease => !lease.IsRevoked).Select(lease => (lease.Topic, lease.Partition))], _leases.Keys);

    /// <summary>Tells the group how far partitions are, for tools that show the lag. Nothing waits for it, nothing depends on it.</summary>
    public void Advise(IEnumerable<(PartitionLease Lease, long NextOffset)> offsets)
    {
        var list = NativeConsumerApi.ListNew(16);
        foreach (var (lease, next) in offsets)
        {
            if (!lease.IsRevoked)
            {
                NativeConsumerApi.ListAdd(list, lease.Topic, lease.Partition)->Offset = next;
            }
        }

        if (list->Count > 0)
        {
            _ = NativeConsumerApi.Commit(_client, list, isAsync: 1);
        }

        NativeConsumerApi.ListDestroy(list);
    }

    /// <summary>The first and the next offset of a partition at the broker; null if it does not say in the time.</summary>
    public (long Low, long High)? Bounds(string topic, int partition, int timeoutMs) =>
        NativeConsumerApi.QueryWatermarks(_client, topic, partition, out long low, out long high, timeoutMs) == 0 ? (low, high) : null;

    /// <summary>The next offset of a partition as the last fetch told it; null before the first. Asks nobody; any thread, while this is not disposed of.</summary>
    public long? CachedEnd(string topic, int partition) =>
        NativeConsumerApi.CachedWatermarks(_client, topic, partition, out _, out long high) == 0 && high >= 0 ? high : null;

    /// <summary>Leaves the group.</summary>
    public void Dispose()
    {
        if (!_self.IsAllocated)
        {
            return;
        }

        for (; _pendingFrom < _pendingCount; _pendingFrom++)
        {
            NativeConsumerApi.MessageDestroy((NativeMessage*)_pending[_pendingFrom]);
        }

        _isClosing = true;
        _ = NativeConsumerApi.Close(_client);
        NativeKafka.Destroy(_client);
        _self.Free();
    }

    private nint Create(ClientConfig config)
    {
        nint conf = NativeConfiguration.Of(config);

        NativeConsumerApi.ConfSetRebalance(conf, &OnRebalance);
        NativeConsumerApi.ConfSetOpaque(conf, GCHandle.ToIntPtr(_self));
        NativeKafka.ConfSetLogCallback(conf, &OnLog);
        NativeConsumerApi.ConfSetErrorCallback(conf, &OnError);
        return NativeConsumerApi.NewClient(conf);
    }

    /// <summary>False if the slab has no room for the record, which is then the first of the next batch.</summary>
    private bool TryAdd(ConsumedBatch batch, NativeMessage* message)
    {
        if (message->Error != 0)
        {
            Judge(message);
            return true;
        }

        var lease = LeaseOf(message);
        if (lease is null || message->Offset < lease.NextOffset)
        {
            // Of a partition that has just gone, which librdkafka mostly filters itself, or fetched again.
            return true;
        }

        _log.Recovered(QuietMs);
        return ConsumedMessage.TryCopy(batch, message, lease);
    }

    // The topic's handle is the same for all messages of an assignment, so its name is read once.
    private PartitionLease? LeaseOf(NativeMessage* message)
    {
        if (_byHandle.TryGetValue((message->Topic, message->Partition), out var lease))
        {
            return lease;
        }

        string topic = Marshal.PtrToStringUTF8(NativeKafka.TopicName(message->Topic)) ?? "";
        if (_leases.TryGetValue((topic, message->Partition), out lease))
        {
            _byHandle[(message->Topic, message->Partition)] = lease;
        }

        return lease;
    }

    private void Judge(NativeMessage* message)
    {
        if (message->Error == NativeConsumerApi.AutoOffsetReset && LeaseOf(message) is { } lease)
        {
            throw new OffsetLostException(lease);
        }

        var code = (ErrorCode)message->Error;
        string text = message->Value is null ? KafkaLibrary.ErrorText(message->Error) : NativeKafka.Text(message->Value);
        switch (code)
        {
            case ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed:
                throw ConsumerException.OfARight(code, text);
            case ErrorCode.Local_Fatal:
                byte* reason = stackalloc byte[ErrorTextBytes];
                _ = NativeKafka.FatalError(_client, reason, ErrorTextBytes);
                throw new ConsumerException($"librdkafka's consumer has failed: {NativeKafka.Text(reason)}", isTemporary: true);
            default:
                // Brokers that are down, topics that are not there yet: librdkafka goes on by itself.
                _log.Error(new Error(code, text));
                break;
        }
    }

    /// <summary>Takes what is there, after waiting for the first message, and does what the group asked for meanwhile.</summary>
    /// <remarks>
    /// One message a call. <c>rd_kafka_consume_batch_queue</c> would take many, and loses some: a rebalance makes librdkafka pause the partitions from its own thread, which
    /// throws away what the call has gathered and goes on fetching behind it.
    /// </remarks>
    private void Poll(int waitMs)
    {
        while (_pendingCount < _pending.Length && _asked.Count == 0)
        {
            var message = NativeConsumerApi.Poll(_client, waitMs);
            if (message is null)
            {
                break;
            }

            _pending[_pendingCount++] = (nint)message;
            waitMs = 0;
        }

        Rebalance();
    }

    /// <summary>
    /// Does what the group asked for during the last poll. Not inside of it: the records of that poll are of the assignment before, and a partition that comes back would take them
    /// for the beginning of its new one.
    /// </summary>
    private void Rebalance()
    {
        while (_asked.TryDequeue(out var asked))
        {
            // Handles may be reused for other topics after a rebalance.
            _byHandle.Clear();
            if (asked.Code == NativeConsumerApi.AssignPartitions)
            {
                Assign(asked.Partitions);
            }
            else
            {
                Unassign(asked.Partitions);
            }
        }
    }

    /// <summary>Records that were taken and not given on are of no use once their partition is gone.</summary>
    private void DropPending(HashSet<(string Topic, int Partition)> gone)
    {
        int kept = 0;
        for (int i = _pendingFrom; i < _pendingCount; i++)
        {
            var message = (NativeMessage*)_pending[i];
            if (message->Topic != 0 && gone.Contains((Marshal.PtrToStringUTF8(NativeKafka.TopicName(message->Topic)) ?? "", message->Partition)))
            {
                NativeConsumerApi.MessageDestroy(message);
            }
            else
            {
                _pending[kept++] = (nint)message;
            }
        }

        (_pendingFrom, _pendingCount) = (0, kept);
    }

    private void Assign(List<(string Topic, int Partition)> named)
    {
        var leases = _offsets.Take(named);
        var at = NativeConsumerApi.ListNew(leases.Count);
        foreach (var lease in leases)
        {
            NativeConsumerApi.ListAdd(at, lease.Topic, lease.Partition)->Offset = lease.FirstOffset;
            _leases[(lease.Topic, lease.Partition)] = lease;
        }

        nint error = NativeConsumerApi.IncrementalAssign(_client, at);
        if (error == 0)
        {
            _fetching.Taken(at);
        }

        NativeConsumerApi.ListDestroy(at);
        ConsumerException.ThrowIf(error, "the assignment");
    }

    private void Unassign(List<(string Topic, int Partition)> named)
    {
        DropPending([.. named]);
        var released = new List<PartitionLease>();
        var list = NativeConsumerApi.ListOf(named);
        foreach (var partition in named)
        {
            _fetching.Forget(partition);
            if (_leases.Remove(partition, out var lease))
            {
                lease.Revoke();
                released.Add(lease);
            }
        }

        nint error = NativeConsumerApi.IncrementalUnassign(_client, list);
        NativeConsumerApi.ListDestroy(list);
        _offsets.Released(released);
        ConsumerException.ThrowIf(error, "the end of an assignment");
    }
}
