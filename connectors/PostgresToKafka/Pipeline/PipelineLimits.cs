using System.Globalization;
using Penstock.Postgres.Snapshot;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// Every capacity of the graph in one place, and the memory bound that follows from them (invariant 1).
/// </summary>
/// <param name="SlabBytes">Bytes of one slab.</param>
/// <param name="KafkaQueueBytes">librdkafka's <c>queue.buffering.max.kbytes</c>, in bytes.</param>
/// <param name="KafkaQueueRecords">librdkafka's <c>queue.buffering.max.messages</c>.</param>
/// <param name="WithSignals">There is a signal table: snapshots may be asked for while the stream runs.</param>
internal sealed record PipelineLimits(int SlabBytes, long KafkaQueueBytes, int KafkaQueueRecords, bool WithSignals = false)
{
    /// <summary>Batches that each block may hold, the one it works on included.</summary>
    public const int ReaderBatches = 4;
    public const int DecoderBatches = 1;
    public const int DecodedBatches = 4;
    public const int SizeFilterBatches = 2;
    public const int PartitionerBatches = 2;
    public const int ProducerBatches = 2;

    /// <summary>One slab is being filled by the reader's thread, one is being decoded, the others wait.</summary>
    public const int WalSlabs = 1 + ReaderBatches + DecoderBatches;

    /// <summary>One slab is being written by the decoder, the others are in the blocks behind it.</summary>
    public const int RecordSlabs = 1 + DecodedBatches + SizeFilterBatches + PartitionerBatches + ProducerBatches;

    /// <summary>
    /// What .NET, compiled code, the libraries' pages and the connections take: 88 to 95 MB of resident memory measured while streaming (more than a third of it file pages that the
    /// kernel can drop), up to 108 MB at full speed after a stall, and 105 MB at the peak of an hour with a fault every half minute,
    /// each kind of which runs code that was not compiled before: 25 MB of it at the end against 19 MB at the start. An eighth more for what was not met there.
    /// </summary>
    public const long RuntimeBytes = 120L << 20;

    /// <summary>
    /// librdkafka counts payload bytes only. Each record also costs a message header of 200 to 300 bytes, and up to five requests of 1 MB are in flight as a second copy.
    /// </summary>
    public long KafkaBytes => KafkaQueueBytes + (KafkaQueueRecords * 300L) + (8L << 20);

    public static PipelineLimits Of(FlowOptions flow, SignalOptions signals) => new(flow.SlabBytes, flow.MaxQueueBytes, flow.MaxQueueRecords, signals.Table is not null);

    /// <summary>The chunk of an incremental snapshot, twice while its array grows, and the slab of a blocking one.</summary>
    public long SnapshotBytes => WithSignals ? (2L * ChunkReader.MaxChunkBytes) + SlabBytes : 0;

    public long SlabsBytes => (long)SlabBytes * (WalSlabs + RecordSlabs);

    /// <summary>What the process may take while no single row is larger than a slab.</summary>
    public long BoundBytes => RuntimeBytes + SlabsBytes + SnapshotBytes + KafkaBytes;

    /// <summary>For the log at start.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Mb(BoundBytes)} MB = runtime {Mb(RuntimeBytes)} + {WalSlabs} WAL and {RecordSlabs} record slabs of {SlabBytes >> 10} KB {Mb(SlabsBytes)}{(WithSignals ? $" + a chunk of a snapshot {Mb(SnapshotBytes)}" : "")} + librdkafka {Mb(KafkaBytes)}; a row above a slab adds its own size and that of its event");

    private static string Mb(long bytes) => (bytes / 1048576.0).ToString("0.#", CultureInfo.InvariantCulture);
}
