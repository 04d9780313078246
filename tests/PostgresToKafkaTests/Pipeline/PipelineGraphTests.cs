using System.Runtime.CompilerServices;
using Confluent.Kafka;
using Penstock.Engine.Flow;
using Penstock.Kafka.Producing;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Pipeline;

namespace Penstock.PostgresToKafkaTests.Pipeline;

public class PipelineGraphTests
{
    private static readonly PipelineLimits Limits = new(SlabBytes: 64 << 10, KafkaQueueBytes: 1 << 20, KafkaQueueRecords: 1000);

    /// <summary>What the graph that failed leaves behind: a thread of it that still waited would keep all of it in memory for ever.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_producer_that_fails_leaves_no_thread_behind_that_waits_for_room(bool inTheStage)
    {
        var decoder = new EndlessDecoder();
        var graph = await FailAsync(decoder, inTheStage);

        Assert.True(decoder.Ended.Wait(TimeSpan.FromSeconds(30)), "the decoder still waits for room in the block behind it");
        await CollectAsync(graph);
        Assert.False(graph.IsAlive, "something still holds the graph that has failed");
    }

    // Apart, so that no local of the test holds the graph.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> FailAsync(EndlessDecoder decoder, bool inTheStage)
    {
        var producer = new FailingProducer(inTheStage);
        var graph = new PipelineGraph(Limits, (_, emit, batches) => _ => decoder.Decode(emit, batches), _ => { }, _ => { }, producer, new Watermark());
        producer.Failed = failure => graph.Fail(new ProducerFailedException(failure));
        var failed = await Assert.ThrowsAsync<PipelineFailedException>(() => graph.RunAsync(new OneBatch(), 0, 10_000, CancellationToken.None));
        Assert.IsType<ProducerFailedException>(failed.InnerException);
        return new WeakReference(graph);
    }

    private static async Task CollectAsync(WeakReference reference)
    {
        for (int i = 0; i < 50 && reference.IsAlive; i++)
        {
            await Task.Delay(100);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    /// <summary>Makes batches without end out of one, as it may of a large one.</summary>
    private sealed class EndlessDecoder
    {
        public ManualResetEventSlim Ended { get; } = new();

        public void Decode(Action<RecordBatch> emit, Func<RecordBatch> batches)
        {
            try
            {
                for (long sequence = 1; ; sequence++)
                {
                    var batch = batches();
                    batch.Sequence = sequence;
                    emit(batch);
                }
            }
            finally
            {
                Ended.Set();
            }
        }
    }

    private sealed class OneBatch : IWalSource
    {
        public bool Ended { get; private set; }

        public bool TryRead(WalBatch batch, int timeoutMs) => Ended = true;

        public void Stop() => Ended = true;
    }

    /// <summary>Takes batches until every block before it is full, then fails: by an exception in its stage, or by its own word while the stage waits, as librdkafka's errors come.</summary>
    private sealed class FailingProducer(bool inTheStage) : IRecordProducer
    {
        private static readonly ProducerFailure Error = new(ErrorCode.Local_AllBrokersDown, "t", 0, "no broker", IsTemporary: true);

        public Action<long, int>? Delivered { get; set; }

        public Action<ProducerFailure>? Failed { get; set; }

        public ProducerFailure? Failure => null;

        public ProducerStatistics Statistics => new(0, 0, 0, 0, 0);

        public void Produce(RecordBatch batch)
        {
            Thread.Sleep(500);
            if (!inTheStage)
            {
                Failed!(Error);
            }

            throw new ProducerFailedException(Error);
        }

        public Task DrainAsync() => Task.CompletedTask;

        public bool Flush(TimeSpan timeout) => true;

        public void Dispose()
        {
        }
    }
}
