using Penstock.Debezium.Events;
using Penstock.Engine.Flow;

namespace Penstock.DebeziumTests.Events;

/// <summary>An event that is left out gives way to a note with its place: the identities of all others, and what the metadata counts, are as if it had never been or had been delivered.</summary>
public sealed class EventSkipsTests
{
    private const ulong CommitLsn = 1000;
    private const string Secret = "s3cret";

    private readonly List<SkippedEvent> _skipped = [];

    [Fact]
    public void What_cannot_be_decoded_gives_way_to_a_note_without_a_value()
    {
        var bench = Bench(DecoderBench.Format, 1);
        bench.Feed(Script().Insert(900, DecoderBench.Orders, "1", "new", null).Insert(901, DecoderBench.Orders, Secret, "new", null).Insert(902, DecoderBench.Orders, "3", "new", null).Commit(CommitLsn, 1010));
        Assert.Equal([("shop.public.orders", 'c', 0L), ("shop.dead-letter", 'c', 1L), ("shop.public.orders", 'c', 2L)], bench.Records.Select(r => (r.Topic, r.Operation, r.Ordinal)));
        var note = bench.Records.ElementAt(1);
        Assert.StartsWith("""{"table":"public.orders","topic":"shop.public.orders","op":"c","lsn":"0/3E8","ordinal":1,"reason":"cannot decode the change at 0/385""", note.Value, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, note.Value + note.Key, StringComparison.Ordinal);
        Assert.Equal(1010UL, bench.Batches[^1].Position);
        Assert.Equal((new EventPosition(CommitLsn, 1), "public.orders"), (Assert.Single(_skipped).Position, _skipped[0].Table));
    }

    [Fact]
    public void What_could_be_written_gives_way_too_and_the_note_keeps_its_key()
    {
        var bench = Bench(DecoderBench.Format, 0);
        bench.Feed(Script().Insert(900, DecoderBench.Orders, "1", Secret, null).Insert(901, DecoderBench.Orders, "2", "new", null).Commit(CommitLsn, 1010));
        Assert.Equal(["""{"id":1}""", """{"id":2}"""], bench.Records.Select(r => r.Key));
        Assert.DoesNotContain(Secret, bench.Records.First().Value, StringComparison.Ordinal);
        Assert.Contains("left out by skip --position", bench.Records.First().Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Secret)]
    [InlineData("2")]
    public void The_metadata_does_not_count_it(string id)
    {
        // BEGIN has the place 0.
        var bench = Bench(DecoderBench.Format with { TransactionMetadata = true }, 2);
        bench.Feed(Script().Insert(900, DecoderBench.Orders, "1", "new", null).Insert(901, DecoderBench.Orders, id, "new", null).Insert(902, DecoderBench.Orders, "3", "new", null).Commit(CommitLsn, 1010));
        Assert.Contains("\"event_count\":2,\"data_collections\":[{\"data_collection\":\"public.orders\",\"event_count\":2}]", bench.Records.Last().Value, StringComparison.Ordinal);
        Assert.Contains("\"total_order\":2,\"data_collection_order\":2", bench.Records.ElementAt(3).Value, StringComparison.Ordinal);
        Assert.Equal([0L, 1, 2, 3, 4], bench.Records.Select(r => r.Ordinal));
    }

    [Fact]
    public void A_table_whose_only_event_is_left_out_is_not_in_the_metadata()
    {
        var bench = Bench(DecoderBench.Format with { TransactionMetadata = true }, 1);
        bench.Feed(Script().Insert(900, DecoderBench.Orders, Secret, "new", null).Commit(CommitLsn, 1010));
        Assert.Contains("\"event_count\":0,\"data_collections\":[]", bench.Records.Last().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_event_that_cannot_be_decoded_still_stops_the_decoder()
    {
        var bench = Bench(DecoderBench.Format, 0);
        var error = Assert.Throws<UndecodableEventException>(() => bench.Feed(Script().Insert(900, DecoderBench.Orders, Secret, "new", null).Insert(901, DecoderBench.Orders, Secret, "new", null)));
        Assert.Equal((true, 1L), (error.IsOfOneEvent, error.Position!.Value.Ordinal));
        Assert.Equal(0, bench.Pool.Outstanding);
    }

    private DecoderBench Bench(EventFormat format, long ordinal) =>
        new(format, skips: new EventSkips(new HashSet<EventPosition> { new(CommitLsn, ordinal) }, "shop.dead-letter", _skipped.Add));

    private static WalScript Script() => new WalScript().Begin(CommitLsn).Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns);
}
