using System.Globalization;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary>Every capacity of the graph in one place, and the memory bound that follows from them (invariant 1).</summary>
/// <param name="SlabBytes">Bytes of one slab.</param>
/// <param name="QueueBytes">librdkafka's <c>queued.max.messages.kbytes</c>, in bytes.</param>
/// <param name="MaxTransactionBytes">The largest transaction; 0 where none is put together.</param>
internal sealed record SinkLimits(int SlabBytes, int QueueBytes, int MaxTransactionBytes = 0)
{
    public const int ConsumedBatches = 2;
    public const int DecoderBatches = 1;
    public const int DecodedBatches = 4;

    /// <summary>Batches that one transaction may take.</summary>
    public const int AppliedBatches = 4;

    /// <summary>Row slabs: one is being written, the others wait or are being applied.</summary>
    public const int RowSlabs = 1 + DecodedBatches + AppliedBatches;

    /// <summary>Record slabs: each row slab keeps the one it was made from, for what must be put aside as it came.</summary>
    public const int RecordSlabs = 1 + ConsumedBatches + DecoderBatches + DecodedBatches + AppliedBatches;

    /// <summary>What .NET, compiled code, the libraries' pages and the connections take.</summary>
    public const long RuntimeBytes = 110L << 20;

    /// <summary>The queue, as much again in fetches that are on their way, and a header for each message.</summary>
    public long KafkaBytes => (2L * QueueBytes) + (8L << 20);

    public long SlabsBytes => (long)SlabBytes * (RowSlabs + RecordSlabs);

    /// <summary>Records that wait for the end of their transaction: partitions are held above half of it, and what the first one lacks comes all the same.</summary>
    public long TransactionsBytes => MaxTransactionBytes + (MaxTransactionBytes / 2);

    public long BoundBytes => RuntimeBytes + SlabsBytes + KafkaBytes + TransactionsBytes;

    /// <summary>For the log at start.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{BoundBytes >> 20} MB = runtime {RuntimeBytes >> 20} + {RecordSlabs} record and {RowSlabs} row slabs of {SlabBytes >> 10} KB {SlabsBytes >> 20} + librdkafka {KafkaBytes >> 20}{(MaxTransactionBytes == 0 ? "" : $" + transactions {TransactionsBytes >> 20}")}; a record{(MaxTransactionBytes == 0 ? "" : ", or a transaction,")} above a slab adds its own size and that of its row{(MaxTransactionBytes == 0 ? "" : "s")}");
}
