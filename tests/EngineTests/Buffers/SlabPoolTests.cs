using Penstock.Engine.Buffers;

namespace Penstock.EngineTests.Buffers;

public class SlabPoolTests
{
    [Fact]
    public void Counts_what_is_out_and_names_who_holds_it()
    {
        var pool = new SlabPool("wal", 128, 3);
        var first = pool.Rent("reader");
        pool.Rent("decoder");
        pool.Rent("decoder");
        Assert.Equal(3, pool.Outstanding);
        Assert.Equal("decoder x2, reader x1", pool.Holders);
        first.Return();
        Assert.Equal(2, pool.Outstanding);
        Assert.Equal(3 * 128, pool.BoundBytes);
    }

    [Fact]
    public async Task Waits_until_a_slab_comes_back()
    {
        var pool = new SlabPool("wal", 128, 1);
        var only = pool.Rent("a");
        var waiting = Task.Run(() => pool.Rent("b"));
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(100)));
        only.Return();
        Assert.Same(only, await waiting.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Close_ends_every_wait_without_a_cancellation_exception()
    {
        var pool = new SlabPool("wal", 128, 1);
        pool.Rent("a");
        var waiting = Task.Run(() => Assert.Throws<PoolClosedException>(() => pool.Rent("b")));
        pool.Close();
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Throws<PoolClosedException>(() => pool.Rent("c"));
    }

    [Fact]
    public void A_slab_returned_twice_throws_and_names_the_last_holder()
    {
        var pool = new SlabPool("wal", 128, 2);
        var slab = pool.Rent("decoder");
        slab.Return();
        var error = Assert.Throws<InvalidOperationException>(slab.Return);
        Assert.Contains("decoder", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task Only_one_oversized_slab_is_out_at_a_time_and_it_takes_no_pooled_one()
    {
        var pool = new SlabPool("wal", 128, 1);
        var large = pool.Rent("a", 1000);
        Assert.True(large.Oversized);
        Assert.Equal(1000, large.CapacityBytes);
        var pooled = pool.Rent("b");
        var second = Task.Run(() => pool.Rent("c", 2000));
        Assert.NotSame(second, await Task.WhenAny(second, Task.Delay(100)));
        large.Return();
        (await second.WaitAsync(TimeSpan.FromSeconds(10))).Return();
        pooled.Return();
        Assert.Equal(0, pool.Outstanding);
        Assert.Equal(2000, pool.LargestOversizedBytes);
    }

    [Fact]
    public async Task An_oversized_slab_is_exchanged_for_a_larger_one_without_waiting_for_itself()
    {
        var pool = new SlabPool("wal", 128, 1);
        var large = pool.Rent("a").Enlarge(200, 0);
        large.Bytes[0] = 7;
        var larger = await Task.Run(() => large.Enlarge(1000, 1)).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal((7, 1000, 1), (larger.Bytes[0], larger.CapacityBytes, pool.Outstanding));
        larger.Return();
        Assert.Equal(0, pool.Outstanding);
        pool.Rent("b", 300).Return();
    }
}
