using System.Text;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Kafka.Partitioning;
using Penstock.Micro.Cases;

namespace Penstock.Micro.Stages;

/// <summary>The partitioner over one batch of records with the keys that the orders table has, onto twelve partitions.</summary>
internal sealed class PartitionerCase : MicroCase, IPartitionCounts
{
    public const int Records = 1000;

    private const int Partitions = 12;

    private readonly Partitioner _partitioner;
    private readonly RecordBatch _batch = new();

    public PartitionerCase()
    {
        var topics = new TopicTable();
        int topic = topics.Add("shop.public.orders");
        _batch.Slab = new SlabPool("records", 64 * Records, 1).Rent("micro");
        int offset = 0;
        for (int i = 0; i < Records; i++)
        {
            int length = Encoding.UTF8.GetBytes($"{{\"id\":{1_000_000 + i}}}", _batch.Slab.Bytes.AsSpan(offset));
            ref var record = ref _batch.Add();
            record.Topic = topic;
            record.KeyOffset = offset;
            record.KeyLength = length;
            offset += length;
        }

        _partitioner = new Partitioner(topics, this);
    }

    public override string Name => "partitioner";

    public override int Operations => Records;

    public override string Unit => "record";

    public int Count(int topic) => Partitions;

    public override long Run()
    {
        _partitioner.Partition(_batch);
        return _batch.Order[0];
    }
}
