using System.Text;
using Penstock.Engine.Flow;
using Penstock.Kafka.Topics;

namespace Penstock.Kafka.Partitioning;

/// <summary>
/// Chooses the partition of every record and groups the batch by partition: pipeline block 4.
/// </summary>
/// <remarks>
/// A record with a key goes where Kafka's Java client puts that key. Records without one keep their order too: all of a topic (a table) go to one partition, chosen by the
/// topic's name; heartbeats go to partition 0; a record for which a transform has chosen a partition keeps it. Fills <see cref="Record.Partition"/>, <see cref="RecordBatch.Order"/> and <see cref="RecordBatch.OrderCount"/>;
/// records that the size filter removed are left out. Allocates only when it meets a new topic or a larger batch. Not thread-safe.
/// </remarks>
public sealed class Partitioner(TopicTable topics, IPartitionCounts counts)
{
    private const byte Heartbeat = (byte)'h';

    // Per topic: partitions (0: not asked yet), the partition of records without a key, and where its partitions begin in _slot.
    private int[] _partitions = [];
    private int[] _keyless = [];
    private int[] _base = [];
    private int _partitionsOfAll;

    // Per partition of all topics: records in this batch, then the next free place in the order. Zero between batches.
    private int[] _slot = [];
    private long[] _groups = new long[64];
    private int _groupCount;

    public void Partition(RecordBatch batch)
    {
        var records = batch.Records;
        _groupCount = 0;
        int kept = 0;
        for (int i = 0; i < records.Length; i++)
        {
            ref var record = ref records[i];
            if (record.Removed)
            {
                continue;
            }

            record.Partition = Choose(batch, record);
            kept++;
            ref int slot = ref _slot[_base[record.Topic] + record.Partition];
            if (slot++ == 0)
            {
                AddGroup(record.Topic, record.Partition);
            }
        }

        if (batch.Order.Length < kept)
        {
            batch.Order = new int[Math.Max(kept, records.Length)];
        }

        batch.OrderCount = kept;
        PlaceGroups();
        int[] order = batch.Order;
        for (int i = 0; i < records.Length; i++)
        {
            ref var record = ref records[i];
            if (!record.Removed)
            {
                order[_slot[_base[record.Topic] + record.Partition]++] = i;
            }
        }

        ClearSlots();
    }

    private int Choose(RecordBatch batch, in Record record)
    {
        if (record.Topic >= _partitions.Length || _partitions[record.Topic] == 0)
        {
            Learn(record.Topic);
        }

        if (record.Operation == Heartbeat)
        {
            return 0;
        }

        if (record.Partition >= 0)
        {
            return record.Partition < _partitions[record.Topic] ? record.Partition : throw new TopicException(
                TopicProblem.Refused,
                topics.Name(record.Topic),
                $"a record for partition {record.Partition} of {topics.Name(record.Topic)}, which has {_partitions[record.Topic]}: partition.topic.num, or the outbox's partition column, says more than the topic has. Give it more partitions, or correct the number");
        }

        return record.KeyLength >= 0 ? Murmur2.Partition(batch.Key(record), _partitions[record.Topic]) : _keyless[record.Topic];
    }

    private void Learn(int topic)
    {
        if (topic >= _partitions.Length)
        {
            int length = Math.Max(topics.Count, topic + 1);
            Array.Resize(ref _partitions, length);
            Array.Resize(ref _keyless, length);
            Array.Resize(ref _base, length);
        }

        int count = counts.Count(topic);
        _base[topic] = _partitionsOfAll;
        _partitionsOfAll += count;
        Array.Resize(ref _slot, _partitionsOfAll);
        _keyless[topic] = Murmur2.Partition(Encoding.UTF8.GetBytes(topics.Name(topic)), count);
        _partitions[topic] = count;
    }

    private void AddGroup(int topic, int partition)
    {
        if (_groupCount == _groups.Length)
        {
            Array.Resize(ref _groups, _groups.Length * 2);
        }

        _groups[_groupCount++] = ((long)topic << 32) | (uint)partition;
    }

    /// <summary>Turns the counts into the places where each group begins, in the order of (topic, partition).</summary>
    private void PlaceGroups()
    {
        var groups = _groups.AsSpan(0, _groupCount);
        groups.Sort();
        int next = 0;
        foreach (long group in groups)
        {
            ref int slot = ref SlotOf(group);
            int count = slot;
            slot = next;
            next += count;
        }
    }

    private void ClearSlots()
    {
        foreach (long group in _groups.AsSpan(0, _groupCount))
        {
            SlotOf(group) = 0;
        }
    }

    private ref int SlotOf(long group) => ref _slot[_base[(int)(group >> 32)] + (int)(uint)group];
}
