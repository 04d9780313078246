using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Penstock.Engine.Flow;

namespace Penstock.EngineTests.Flow;

public class WatermarkTests
{
    /// <summary>
    /// Over random batches and a random interleaving of opening and delivering, the position is at every moment the position of the longest prefix of
    /// batches that are fully delivered, worked out the slow way.
    /// </summary>
    [Property(MaxTest = 500)]
    public Property The_position_is_that_of_the_longest_delivered_prefix()
    {
        var cases =
            from records in Gen.ListOf(Gen.Choose(0, 4))
            from seed in Gen.Choose(0, int.MaxValue)
            select (records.ToArray(), seed);
        return Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (records, seed) = c;
            var random = new Random(seed);
            var watermark = new Watermark();
            int[] pending = (int[])records.Clone();
            // Every third batch carries no position, as a batch in the middle of a transaction does.
            ulong[] positions = records.Select((_, i) => i % 3 == 2 ? 0UL : (ulong)(i + 1) * 10).ToArray();
            int opened = 0;
            while (opened < records.Length || pending.Any(p => p > 0))
            {
                var open = Enumerable.Range(0, opened).Where(i => pending[i] > 0).ToArray();
                if (opened < records.Length && (open.Length == 0 || random.Next(2) == 0))
                {
                    watermark.Open(opened + 1, records[opened], positions[opened]);
                    opened++;
                }
                else
                {
                    int batch = open[random.Next(open.Length)];
                    int count = random.Next(1, pending[batch] + 1);
                    watermark.Deliver(batch + 1, count);
                    pending[batch] -= count;
                }

                int prefix = Enumerable.Range(0, opened).TakeWhile(i => pending[i] == 0).Count();
                ulong expected = positions.Take(prefix).DefaultIfEmpty(0UL).Max();
                Assert.Equal(expected, watermark.Position);
            }

            Assert.Equal(0, watermark.InFlight);
            Assert.Equal(records.Sum(), watermark.Delivered);
        });
    }

    [Fact]
    public void More_deliveries_than_records_are_a_defect()
    {
        var watermark = new Watermark();
        watermark.Open(1, 2, 10);
        watermark.Open(2, 1, 20);
        Assert.Throws<InvalidOperationException>(() => watermark.Deliver(1, 3));
        watermark.Deliver(1, 2);
        Assert.Throws<InvalidOperationException>(() => watermark.Deliver(1, 1));
        Assert.Equal(10UL, watermark.Position);
    }

    [Fact]
    public void Batches_must_be_opened_in_order()
    {
        var watermark = new Watermark();
        watermark.Open(1, 0, 10);
        Assert.Throws<InvalidOperationException>(() => watermark.Open(3, 1, 30));
        Assert.Equal(10UL, watermark.Position);
    }

    [Fact]
    public void A_batch_without_records_waits_for_those_before_it()
    {
        var watermark = new Watermark();
        watermark.Open(1, 1, 10);
        watermark.Open(2, 0, 20);
        Assert.Equal(0UL, watermark.Position);
        watermark.Deliver(1, 1);
        Assert.Equal(20UL, watermark.Position);
    }
}
