using Penstock.Engine.Flow;
using Penstock.Engine.Watching;

namespace Penstock.EngineTests.Watching;

public class TableTotalsTests
{
    private sealed class Names(params string[] names) : ITableNames
    {
        public string TableName(int table) => names[table];

        public string KeyColumns(int table) => "";
    }

    private static RecordBatch Batch(ITableNames names, params ReadOnlySpan<(int Table, char Operation)> records)
    {
        var batch = new RecordBatch { Source = names, ReceivedAtUnixNs = 7_000_000 };
        foreach (var (table, operation) in records)
        {
            ref var record = ref batch.Add();
            (record.Table, record.Operation, record.KeyLength, record.ValueLength) = (table, (byte)operation, 10, operation == 'x' ? -1 : 100);
        }

        return batch;
    }

    [Fact]
    public void Events_are_counted_by_table_and_operation()
    {
        var totals = new TableTotals(10);
        var counter = new TableCounter(totals);
        totals.Expect(["b", "a"]);
        counter.Count(Batch(new Names("a", "b", "c"), (0, 'c'), (0, 'u'), (0, 'u'), (1, 'd'), (1, 'x'), (0, 'c'), (2, 'r'), (-1, 'h')));
        var removed = Batch(new Names("a", "b", "c"), (0, 'c'));
        removed.Records[0].Removed = true;
        counter.Count(removed);

        Assert.Equal(["b", "a", "c", TableTotals.NoneName], totals.All.Select(total => total.Name));
        Assert.Equal([2, 4, 1, 1], totals.All.Select(total => total.Events));
        Assert.Equal([120, 440, 110, 110], totals.All.Select(total => total.Bytes));
        var a = totals.Of("a");
        Assert.Equal((2, 2, 0, 7), (a.Of(0), a.Of(1), a.Of(2), a.LastAtMs));
        Assert.Equal((1, 1), (totals.Of("b").Of(2), totals.Of("b").Of(6)));
    }

    [Fact]
    public void Tables_beyond_the_bound_share_a_count()
    {
        var totals = new TableTotals(2);
        totals.Expect(["a"]);
        string[] names = [.. Enumerable.Range(0, 50).Select(i => $"t{i}")];
        var counter = new TableCounter(totals);
        foreach (int table in Enumerable.Range(0, 50))
        {
            counter.Count(Batch(new Names(names), (table, 'c')));
        }

        Assert.Equal(["a", "t0", TableTotals.OthersName], totals.All.Select(total => total.Name));
        Assert.Equal([0, 1, 49], totals.All.Select(total => total.Events));
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        var counter = new TableCounter(new TableTotals(10));
        var batch = Batch(new Names("a", "b"), (0, 'c'), (1, 'u'), (0, 'd'));
        counter.Count(batch);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            counter.Count(batch);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
