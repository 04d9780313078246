using System.Threading.Tasks.Dataflow;
using Penstock.Engine.Flow;

namespace Penstock.EngineTests.Flow;

public class StageTests
{
    /// <summary>Without the guard Dataflow would swallow the batch and go on: invariant 2.</summary>
    [Fact]
    public async Task A_cancellation_inside_a_stage_faults_the_block_instead_of_dropping_the_batch()
    {
        var seen = new List<int>();
        var block = new ActionBlock<int>(Stage.Guard<int>("test", i =>
        {
            if (i == 2)
            {
                throw new OperationCanceledException();
            }

            seen.Add(i);
        }), Stage.Bounded(4));
        block.Post(1);
        block.Post(2);
        block.Post(3);
        block.Complete();
        var failure = await Assert.ThrowsAsync<StageFailedException>(() => block.Completion);
        Assert.Contains("test", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(3, seen);
    }

    [Fact]
    public async Task The_bare_block_does_drop_it()
    {
        var seen = new List<int>();
        var block = new ActionBlock<int>(i =>
        {
            if (i == 2)
            {
                throw new OperationCanceledException();
            }

            seen.Add(i);
        }, Stage.Bounded(4));
        for (int i = 1; i <= 3; i++)
        {
            await block.SendAsync(i);
        }

        block.Complete();
        await block.Completion;
        Assert.Equal([1, 3], seen);
    }

    [Fact]
    public async Task Send_waits_while_the_block_is_full()
    {
        using var gate = new ManualResetEventSlim();
        var block = new ActionBlock<int>(_ => gate.Wait(), Stage.Bounded(1));
        Stage.Send(block, 1);
        var second = Task.Run(() => Stage.Send(block, 2));
        Assert.NotSame(second, await Task.WhenAny(second, Task.Delay(100)));
        gate.Set();
        await second;
    }

    [Fact]
    public void Send_to_a_finished_block_throws_and_does_not_pretend()
    {
        var block = new ActionBlock<int>(_ => { }, Stage.Bounded(1));
        block.Complete();
        Assert.Throws<GraphStoppedException>(() => Stage.Send(block, 1));
    }
}
