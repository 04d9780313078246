using System.Diagnostics;
using Penstock.Debezium.CloudEvents;
using Penstock.Debezium.Events;
using Penstock.Debezium.Transforms;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Xunit.Abstractions;

namespace Penstock.DebeziumTests.Events;

/// <summary>The hot path allocates nothing per event.</summary>
public sealed class EventDecoderAllocationTests(ITestOutputHelper log)
{
    private const int Rows = 10_000;

    // Enough for the compiler's last tier and for one round that nobody else disturbs.
    private const int Rounds = 20;

    public static TheoryData<string, EventFormat> Formats => new()
    {
        { "plain", DecoderBench.Format },
        { "schemas", DecoderBench.Format with { KeySchemas = true, ValueSchemas = true } },
        { "flat", DecoderBench.Format with { Transforms = Flat(), TransactionMetadata = true } },
        { "flat with schemas", DecoderBench.Format with { Transforms = Flat(), ValueSchemas = true } },
        { "filtered", DecoderBench.Format with { Transforms = Filtered() } },
        { "cloud events", DecoderBench.Format with { CloudEvents = new CloudEventOptions(), Transforms = Filtered(), TransactionMetadata = true } },
        { "headers", DecoderBench.Format with { ExtendedHeaders = true, RunId = "r", PositionHeader = true } },
    };

    private static TransformSet Flat() => TransformSet.Parse(new Dictionary<string, string>
    {
        ["transforms"] = "router,partition,unwrap",
        ["transforms.router.topic.regex"] = "(.*)orders",
        ["transforms.router.topic.replacement"] = "$1all",
        ["transforms.partition.partition.payload.fields"] = "change.id,source.table",
        ["transforms.partition.partition.topic.num"] = "5",
        ["transforms.unwrap.delete.tombstone.handling.mode"] = "rewrite-with-tombstone",
        ["transforms.unwrap.add.fields"] = "op,source.lsn,transaction.id",
        ["transforms.unwrap.add.headers"] = "op,source.db",
        ["transforms.unwrap.route.by.field"] = "state",
    });

    private static TransformSet Filtered() => TransformSet.Parse(new Dictionary<string, string>
    {
        ["transforms"] = "changes,filter",
        ["transforms.changes.header.changed.name"] = "Changed",
        ["transforms.filter.predicate"] = "orders",
        ["transforms.filter.condition"] =
            "value.op in ['c', 'u'] && value.after.id >= 0 && (value.after.state ==~ /n.*/ || value.after.note?.contains('\"quotes') || value.before?.id < 5 || key.id == 7)"
            + " || value.op == 'd' && value.source.table + '!' == 'orders!' && value.source.lsn > 1 && topic.endsWith('orders') && header.Changed != null",
        ["predicates"] = "orders",
        ["predicates.orders.type"] = "TopicNameMatches",
        ["predicates.orders.pattern"] = ".*orders",
    });

    [Theory]
    [MemberData(nameof(Formats))]
    public void Ten_thousand_rows_allocate_nothing(string name, EventFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        var input = new SlabPool("wal", 4 << 20, 1);
        var relation = new SlabPool("relation", 1 << 10, 1);
        var output = new SlabPool("records", 64 << 20, 1);
        var reused = new Queue<RecordBatch>([new RecordBatch(), new RecordBatch()]);
        long records = 0;
        var bench = new DecoderBench();
        var decoder = new EventDecoder(format with { MaxBatchRecords = int.MaxValue }, bench, bench, new TopicTable(), output, Take, reused.Dequeue);
        decoder.Decode(new WalScript().Begin(1000).Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns).Commit(1000, 1080).Batch(relation));
        var batch = Script().Batch(input);
        for (int warm = 0; warm < 5; warm++)
        {
            decoder.Decode(batch);
        }

        records = 0;
        double best = double.MaxValue;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < Rounds; round++)
        {
            records = 0;
            long start = Stopwatch.GetTimestamp();
            decoder.Decode(batch);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / records);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        log.WriteLine($"{name}: {records} records, {allocated} bytes allocated, {best:F0} ns per record in the best of {Rounds} rounds");
        Assert.Equal(0, allocated);

        void Take(RecordBatch taken)
        {
            records += taken.Count;
            taken.ReturnSlab();
            taken.Reset();
            reused.Enqueue(taken);
        }
    }

    // Inserts, updates, deletes, key changes and a new transaction every ten rows.
    private static WalScript Script()
    {
        var script = new WalScript();
        ulong lsn = 1000;
        for (int row = 0; row < Rows; row += 10)
        {
            lsn += 1000;
            script.Begin(lsn);
            for (uint i = 0; i < 7; i++)
            {
                script.Insert(lsn - 500 + i, DecoderBench.Orders, $"{row + i}", "new", "a note with \"quotes\" in it");
            }

            script.Update(lsn - 400, DecoderBench.Orders, null, ' ', $"{row}", "paid", null);
            script.Update(lsn - 399, DecoderBench.Orders, [$"{row}", null, null], 'K', $"{row + 1_000_000}", "paid", null);
            script.Delete(lsn - 398, DecoderBench.Orders, 'K', $"{row + 1_000_000}", null, null);
            script.Commit(lsn, lsn + 80);
        }

        return script;
    }
}
