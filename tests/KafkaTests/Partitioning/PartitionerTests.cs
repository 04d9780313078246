using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Penstock.Engine.Flow;
using Penstock.Kafka.Partitioning;
using Penstock.Kafka.Topics;

namespace Penstock.KafkaTests.Partitioning;

public sealed class PartitionerTests
{
    private static readonly string[] TopicNames = ["shop.public.orders", "shop.public.customers", "shop.public.log"];

    [Property(MaxTest = 200)]
    public void Groups_are_contiguous_and_keep_the_order_of_the_stream(byte[] choices)
    {
        var source = new BatchSource();
        var counts = new Counts(3, 7, 1);
        var partitioner = new Partitioner(source.Topics, counts);
        var batch = BatchOf(source, choices);
        partitioner.Partition(batch);

        int[] order = batch.Order[..batch.OrderCount];
        var expected = Enumerable.Range(0, batch.Count)
            .Where(i => !batch.Records[i].Removed)
            .OrderBy(i => batch.Records[i].Topic).ThenBy(i => batch.Records[i].Partition).ThenBy(i => i);
        Assert.Equal(expected, order);
        foreach (int i in order)
        {
            Assert.InRange(batch.Records[i].Partition, 0, counts.Count(batch.Records[i].Topic) - 1);
        }

        batch.ReturnSlab();
    }

    [Property(MaxTest = 100)]
    public void A_key_has_one_partition_in_every_batch(NonEmptyString key, PositiveInt partitions)
    {
        var source = new BatchSource();
        var partitioner = new Partitioner(source.Topics, new Counts(partitions.Get));
        var first = source.Next(new TestRecord("t", "other", "1"), new TestRecord("t", key.Get, "2"));
        var second = source.Next(new TestRecord("t", key.Get, "3"));
        partitioner.Partition(first);
        partitioner.Partition(second);
        Assert.Equal(first.Records[1].Partition, second.Records[0].Partition);
        Assert.Equal(Murmur2.Partition(Encoding.UTF8.GetBytes(key.Get), partitions.Get), second.Records[0].Partition);
    }

    [Fact]
    public void Records_without_a_key_go_to_one_partition_by_topic_and_heartbeats_to_the_first()
    {
        var source = new BatchSource();
        var partitioner = new Partitioner(source.Topics, new Counts(5, 5));
        var batch = source.Next(
            new TestRecord("a.b.c", null, "1"),
            new TestRecord("a.b.c", null, "2"),
            new TestRecord("heartbeat", "{}", "3", 'h'),
            new TestRecord("a.b.c", "", "4"));
        partitioner.Partition(batch);
        int keyless = Murmur2.Partition("a.b.c"u8, 5);
        Assert.Equal([keyless, keyless, 0, Murmur2.Partition([], 5)], batch.Records.ToArray().Select(r => r.Partition));
    }

    [Fact]
    public void A_partition_that_was_chosen_before_stays_and_must_exist()
    {
        var source = new BatchSource();
        var batch = source.Next(new TestRecord("a.b.c", "k", "1"));
        batch.Records[0].Partition = 4;
        new Partitioner(source.Topics, new Counts(5)).Partition(batch);

        Assert.Equal(4, batch.Records[0].Partition);
        Assert.Contains("which has 4", Assert.Throws<TopicException>(() => new Partitioner(source.Topics, new Counts(4)).Partition(batch)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Partitioning_a_batch_allocates_nothing_once_topics_and_sizes_are_known()
    {
        var source = new BatchSource();
        var partitioner = new Partitioner(source.Topics, new Counts(16));
        var batch = source.Next([.. Enumerable.Range(0, 1000).Select(i => new TestRecord("t", $"key{i}", "v"))]);
        for (int i = 0; i < 100; i++)
        {
            partitioner.Partition(batch);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        partitioner.Partition(batch);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static RecordBatch BatchOf(BatchSource source, byte[] choices)
    {
        foreach (string name in TopicNames)
        {
            source.Topics.Add(name);
        }

        var batch = source.Next([.. choices.Select(c => new TestRecord(TopicNames[c % 3], c % 5 == 0 ? null : $"key{c % 11}", "v"))]);
        for (int i = 0; i < choices.Length; i++)
        {
            batch.Records[i].Removed = choices[i] % 7 == 0;
        }

        return batch;
    }

    private sealed class Counts(params int[] counts) : IPartitionCounts
    {
        public int Count(int topic) => counts[topic];
    }
}
