using System.Text;
using Penstock.Engine.Buffers;
using Penstock.Kafka.Consuming;
using Penstock.KafkaToPostgres.Transactions;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgresTests.Transactions;

/// <summary>Topics are a, b and d, the one of the transactions. An event is written as <c>a1.2</c> (topic, transaction, place in it), a record of which only the offset counts as <c>a-</c>.</summary>
public class TransactionAssemblerTests
{
    private const int SlabBytes = 4096;

    private readonly SlabPool _slabs = new("test", SlabBytes, 2);
    private readonly Dictionary<string, PartitionLease> _leases = new[] { "s.public.a", "s.public.b", "s.transaction" }.ToDictionary(topic => topic[^1..] == "n" ? "d" : topic[^1..], Lease);
    private readonly Dictionary<PartitionLease, long> _offsets = [];
    private TransactionAssembler _assembler = null!;

    public TransactionAssemblerTests() => Start();

    [Fact]
    public void A_transaction_comes_whole_and_in_the_order_of_the_source_behind_its_end()
    {
        TakeEvent("b", 1, order: 2);
        TakeEvent("b", 2, order: 1);
        TakeEnd(1, ("public.a", 2), ("public.b", 1));
        Assert.Equal("", Emit());
        TakeEvent("a", 1, order: 1);
        Assert.Equal("", Emit());
        TakeEvent("a", 1, order: 3);
        Assert.Equal("a1.1 b1.2 a1.3 END1", Emit());
        TakeEnd(2, ("public.b", 1));
        Assert.Equal("b2.1 END2", Emit());
        Assert.Equal((0, 0), ((int)_assembler.Bytes, _assembler.Pending));
    }

    [Fact]
    public void A_transaction_waits_for_those_that_were_committed_before_it()
    {
        TakeEvent("a", 2, order: 1);
        TakeEnd(1, ("public.b", 1));
        TakeEnd(2, ("public.a", 1));
        Assert.Equal("", Emit());
        TakeEvent("b", 1, order: 1);
        Assert.Equal("b1.1 END1 a2.1 END2", Emit());
    }

    [Fact]
    public void Nothing_comes_before_all_partitions_are_there()
    {
        _assembler.Leases = null;
        TakeEvent("a", 1, order: 1);
        TakeEnd(1, ("public.a", 1));
        Take("b", """{"after":{"id":1},"source":{"snapshot":"true"},"op":"r"}""");
        Assert.False(_assembler.HasReady);
    }

    [Fact]
    public void What_is_of_no_transaction_comes_at_once_but_not_before_what_stands_before_it()
    {
        Take("a", """{"after":{"id":1},"source":{"snapshot":"true"},"op":"r"}""");
        Assert.Equal("a", Emit());
        TakeEvent("a", 1, order: 1);
        Take("a", null);
        Take("a", """{"after":{"id":2},"source":{"snapshot":"incremental"},"op":"r"}""");
        TakeEvent("a", 1, order: 2);
        TakeEvent("b", 1, order: 3);
        Assert.Equal("", Emit());
        TakeEnd(1, ("public.a", 2), ("public.b", 1));
        Assert.Equal("a1.1 a- a a1.2 b1.3 END1", Emit());
    }

    [Fact]
    public void What_the_source_writes_again_passes_as_an_offset_alone()
    {
        TakeEvent("a", 1, order: 1);
        TakeEvent("a", 1, order: 2);
        TakeEvent("a", 1, order: 1);
        TakeEvent("a", 1, order: 2);
        TakeEvent("a", 1, order: 3);
        TakeEnd(1, ("public.a", 3));
        Assert.Equal("a1.1 a1.2 a- a- a1.3 END1", Emit());

        // All of it once more, its end first, and with a beginning that the source does not remember.
        TakeEnd(1, ("public.a", 3));
        TakeEvent("a", 1, order: 1, former: 0, timeMs: 9000);
        Assert.Equal("d-", Emit());
        TakeEvent("a", 2, order: 1);
        TakeEnd(2, ("public.a", 1));
        Assert.StartsWith("a2.1 END2", Emit(), StringComparison.Ordinal);
        Assert.Equal(3, _assembler.Duplicates);
    }

    [Fact]
    public void An_end_that_was_applied_gives_up_what_came_again_and_keeps_what_followed_it()
    {
        TakeEvent("a", 1, order: 1);
        TakeEnd(1, ("public.a", 1));
        Assert.Equal("a1.1 END1", Emit());
        TakeEvent("a", 1, order: 1, former: 5, timeMs: 9000);
        Take("a", """{"after":{"id":2},"source":{"snapshot":"incremental"},"op":"r"}""");
        Assert.Equal("", Emit());
        TakeEnd(1, ("public.a", 1));
        Assert.Equal("a d-", Emit());
        Assert.Equal(0, _assembler.Bytes);
    }

    [Fact]
    public void A_new_run_goes_on_behind_what_the_last_one_has_applied()
    {
        TakeEvent("a", 1, order: 1);
        TakeEnd(1, ("public.a", 1));
        Start(appliedEnd: new SourcePosition(0, 1090, 1001, 0), appliedOffset: 1);
        TakeEvent("a", 1, order: 1, former: 5);
        TakeEnd(1, ("public.a", 1));
        Assert.Equal("a- d-", Emit());
        TakeEvent("a", 2, order: 1);
        TakeEnd(2, ("public.a", 1));
        Assert.Equal("a2.1 END2", Emit());
    }

    [Fact]
    public void A_source_that_was_set_up_anew_begins_with_low_positions()
    {
        Start(appliedEnd: new SourcePosition(0, 1_000_000, 1001, 0));
        TakeEvent("a", 1, order: 1, timeMs: 60_000);
        TakeEnd(1, 60_000, ("public.a", 1));
        Assert.Equal("a1.1 END1", Emit());
    }

    [Fact]
    public void Partitions_that_are_beyond_the_first_transaction_wait_while_much_is_held()
    {
        TakeEvent("a", 1, order: 1);
        TakeEvent("b", 2, order: 1, padding: 600_000);
        Assert.Equal(["a", "b"], Held());
        TakeEnd(1, ("public.a", 2));
        Assert.Equal(["b", "d"], Held());
        TakeEvent("a", 1, order: 2);
        Assert.Equal("a1.1 a1.2 END1", Emit());
        Assert.Equal(["b"], Held());
        TakeEnd(2, ("public.b", 1));
        Assert.Equal("b2.1 END2", Emit());
        Assert.Empty(Held());
    }

    [Fact]
    public void A_transaction_above_a_slab_stays_in_one_batch_and_one_above_the_limit_is_refused()
    {
        TakeEvent("a", 1, order: 1, padding: SlabBytes);
        TakeEvent("b", 1, order: 2, padding: SlabBytes);
        TakeEnd(1, ("public.a", 1), ("public.b", 1));
        Assert.Equal("a1.1 b1.2 END1", Emit());
        TakeEnd(2, ("public.a", 2));
        var error = Assert.Throws<TransactionException>(() => TakeEvent("a", 2, order: 1, padding: 1_200_000));
        Assert.Contains("PENSTOCK_MAX_TRANSACTION_BYTES", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_transactions_fill_a_batch_up_to_its_number_of_records()
    {
        for (int id = 1; id <= 3; id++)
        {
            TakeEvent("a", id, order: 1);
            TakeEnd(id, ("public.a", 1));
        }

        Assert.Equal("a1.1 END1 a2.1 END2", Emit(most: 5));
        Assert.Equal("a3.1 END3", Emit(most: 5));
    }

    [Theory]
    [InlineData("a", """{"after":{"id":1},"source":{"ts_ms":1},"op":"c","transaction":null}""", "PENSTOCK_PROVIDE_TRANSACTION_METADATA=true")]
    [InlineData("d", """{"id":1}""", "PENSTOCK_TOPIC_TRANSACTION")]
    public void A_record_that_is_not_what_it_has_to_be_says_what_to_set(string topic, string value, string expected) =>
        Assert.Contains(expected, Assert.Throws<TransactionException>(() => Take(topic, value)).Message, StringComparison.Ordinal);

    private void Start(SourcePosition appliedEnd = default, long appliedOffset = 0)
    {
        foreach (var (letter, lease) in _leases.ToList())
        {
            _leases[letter] = new PartitionLease(lease.Topic, 0, 0) { State = Position(lease.Topic, letter == "d" ? appliedEnd : default, appliedOffset) };
        }

        _offsets.Clear();
        _assembler = new TransactionAssembler("s.transaction", 1_000_000) { Leases = _leases.Values };
    }

    private static PartitionLease Lease(string topic) => new(topic, 0, 0) { State = Position(topic, default, 0) };

    private static PartitionPosition Position(string topic, SourcePosition applied, long appliedOffset) =>
        new() { Topic = topic, Partition = 0, Epoch = 1, NextOffset = 0, AppliedOffset = appliedOffset, Applied = applied };

    private void TakeEvent(string topic, int id, int order, long? former = null, long? timeMs = null, int padding = 0)
    {
        int lsn = (id * 100) + 900 + order;
        string after = $$"""{"id":1,"mark":"{{id}}.{{order}}","padding":"{{new string('x', padding)}}"}""";
        string source = $$"""{"ts_ms":{{timeMs ?? 1000 + id}},"sequence":"[\"{{former ?? (id * 100) + 890}}\",\"1\"]","lsn":{{lsn}},"schema":"public","table":"{{topic}}"}""";
        Take(topic, $$"""{"after":{{after}},"source":{{source}},"op":"c","transaction":{"id":"{{id}}:{{lsn}}","total_order":{{order}},"data_collection_order":1} }""");
    }

    private void TakeEnd(int id, params (string Name, int Events)[] collections) => TakeEnd(id, 1000 + id, collections);

    private void TakeEnd(int id, long timeMs, params (string Name, int Events)[] collections)
    {
        string list = string.Join(',', collections.Select(collection => $$"""{"data_collection":"{{collection.Name}}","event_count":{{collection.Events}} }"""));
        Take("d", $$"""{"status":"END","id":"{{id}}:{{(id * 100) + 990}}","event_count":9,"data_collections":[{{list}}],"ts_ms":{{timeMs}} }""");
    }

    private void Take(string topic, string? value)
    {
        var batch = new ConsumedBatch { Slab = _slabs.Rent("test") };
        try
        {
            var lease = _leases[topic];
            long offset = _offsets.GetValueOrDefault(lease);
            _offsets[lease] = offset + 1;
            byte[] bytes = Encoding.UTF8.GetBytes($"k{value}");
            batch.TryAdd(new ConsumedRecord { Lease = lease, Offset = offset, KeyLength = 1, ValueLength = value is null ? -1 : bytes.Length - 1 }, bytes);
            _assembler.Take(batch);
        }
        finally
        {
            batch.ReturnSlab();
        }
    }

    private string Emit(int most = 1000)
    {
        if (!_assembler.HasReady)
        {
            return "";
        }

        var batch = new ConsumedBatch { Slab = _slabs.Rent("test") };
        _assembler.Emit(batch, most);
        var names = _leases.ToDictionary(lease => lease.Value, lease => lease.Key);
        var last = new Dictionary<PartitionLease, long>();
        var output = new List<string>();
        foreach (ref readonly var record in batch.Records)
        {
            Assert.True(record.Offset > last.GetValueOrDefault(record.Lease, -1));
            last[record.Lease] = record.Offset;
            string value = Encoding.UTF8.GetString(batch.Value(record));
            output.Add(value.Contains("END", StringComparison.Ordinal) ? $"END{Between(value, "\"id\":\"", ":")}"
                : names[record.Lease] + (record.ValueLength < 0 ? "-" : value.Contains("mark", StringComparison.Ordinal) ? Between(value, "\"mark\":\"", "\"") : ""));
        }

        batch.ReturnSlab();
        return string.Join(' ', output);
    }

    private string[] Held()
    {
        var held = _assembler.Held();
        return [.. _leases.Where(lease => held.Contains(lease.Value)).Select(lease => lease.Key).Order()];
    }

    private static string Between(string text, string before, string after)
    {
        int from = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[from..text.IndexOf(after, from, StringComparison.Ordinal)];
    }
}
