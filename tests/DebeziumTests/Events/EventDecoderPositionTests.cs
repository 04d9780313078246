using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Events;

/// <summary>Positions, identity and the places where a stream may be cut (invariants 3 and 4).</summary>
public sealed class EventDecoderPositionTests
{
    [Fact]
    public void A_batch_has_the_end_lsn_of_its_last_complete_transaction()
    {
        var bench = new DecoderBench().Feed(Shop());
        var batch = Assert.Single(bench.Batches);
        Assert.Equal(1, batch.Sequence);
        Assert.Equal(3080UL, batch.Position);
    }

    [Fact]
    public void The_first_event_knows_the_commit_before_the_stream_if_one_is_told()
    {
        var bench = new DecoderBench();
        bench.Decoder.LastCommitLsn = 800;
        bench.Feed(Shop());
        Assert.Contains("\"sequence\":\"[\\\"800\\\",", bench.Records.First().Value, StringComparison.Ordinal);
        Assert.Contains("\"sequence\":\"[\\\"2080\\\",", bench.Records.Last().Value, StringComparison.Ordinal);
        Assert.Contains("\"sequence\":\"[null,", new DecoderBench().Feed(Shop()).Records.First().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_slots_xmin_is_that_of_the_batch_also_within_a_transaction()
    {
        var script = new WalScript().Begin(1000).Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns)
            .Insert(900, DecoderBench.Orders, "1", "new", null).Insert(901, DecoderBench.Orders, "2", "new", null).Insert(902, DecoderBench.Orders, "3", "new", null).Commit(1000, 1080);
        var bench = new DecoderBench().Feed(script, 0, 3);
        bench.Decoder.Xmin = 731;
        bench.Feed(script, 3, 1);
        bench.Decoder.Xmin = 732;
        bench.Feed(script, 4, 2);
        Assert.Equal(["null", "731", "732"], bench.Records.Select(r => System.Text.Json.JsonDocument.Parse(r.Value!).RootElement.GetProperty("source").GetProperty("xmin").GetRawText()));
    }

    [Fact]
    public void Only_the_batch_with_a_transactions_last_record_has_its_end_lsn()
    {
        var script = Shop();
        var bench = new DecoderBench(DecoderBench.Format with { MaxBatchRecords = 2 }).Feed(script);
        Assert.Equal([1, 2, 3, 4], bench.Batches.Select(b => b.Sequence));
        Assert.Equal([2, 2, 2, 1], bench.Batches.Select(b => b.Records.Count));
        // Records 1-4 are the first transaction (an update of a key makes three), 5-6 the second, 7 the third.
        Assert.Equal([0UL, 1080UL, 2080UL, 3080UL], bench.Batches.Select(b => b.Position));
    }

    [Fact]
    public void A_transaction_that_straddles_input_batches_is_not_confirmed_before_its_commit()
    {
        var script = Shop();
        var bench = new DecoderBench();
        for (int i = 0; i < script.Count; i++)
        {
            bench.Feed(script, i, 1);
        }

        Assert.Equal(bench.Batches.Select(b => b.Sequence), Enumerable.Range(1, bench.Batches.Count).Select(i => (long)i));
        foreach (var batch in bench.Batches.Where(b => b.Records.Count > 0))
        {
            Assert.True(batch.Position < batch.Records[^1].CommitLsn);
        }

        Assert.Equal([1080UL, 2080UL, 3080UL], bench.Batches.Where(b => b.Records.Count == 0).Select(b => b.Position));
    }

    [Fact]
    public void A_transaction_without_captured_records_moves_the_position()
    {
        var script = new WalScript().Begin(1000).Relation(DecoderBench.Hidden, "public", "hidden", 'd', ("id", DecoderBench.Int4, true))
            .Insert(900, DecoderBench.Hidden, "1").Commit(1000, 1080);
        var batch = Assert.Single(new DecoderBench().Feed(script).Batches);
        Assert.Empty(batch.Records);
        Assert.Equal(1080UL, batch.Position);
    }

    [Theory]
    [InlineData(5000UL, 5000UL)]
    [InlineData(3080UL, 3080UL)]
    [InlineData(2000UL, 3080UL)]
    public void A_keepalive_between_transactions_moves_the_position_forward_only(ulong keepalive, ulong position) =>
        Assert.Equal(position, new DecoderBench().Feed(Shop(), keepalive: keepalive).Batches[^1].Position);

    [Fact]
    public void A_keepalive_alone_gives_an_empty_batch_once()
    {
        var bench = new DecoderBench().Feed(new WalScript(), keepalive: 77).Feed(new WalScript(), keepalive: 77).Feed(new WalScript(), keepalive: 60);
        var batch = Assert.Single(bench.Batches);
        Assert.Equal(77UL, batch.Position);
        Assert.Empty(batch.Records);
    }

    [Fact]
    public void A_keepalive_inside_of_a_transaction_confirms_nothing()
    {
        var script = Shop();
        var bench = new DecoderBench().Feed(script, 0, 3, keepalive: 9000);
        Assert.Equal(0UL, Assert.Single(bench.Batches).Position);
        bench.Feed(script, 3, 2);
        Assert.Equal(1080UL, bench.Batches[^1].Position);
    }

    [Fact]
    public void Ordinals_count_all_records_of_a_transaction_and_begin_again_with_the_next()
    {
        var records = new DecoderBench().Feed(Shop()).Records.ToList();
        Assert.Equal([(1000UL, 0L), (1000, 1), (1000, 2), (1000, 3), (2000, 0), (2000, 1), (3000, 0)], records.Select(r => (r.CommitLsn, r.Ordinal)));
        Assert.Equal("cdxcdxc", new string([.. records.Select(r => r.Operation)]));
    }

    [Fact]
    public void A_stream_sent_again_gives_the_same_identities()
    {
        var script = Shop();
        var bench = new DecoderBench().Feed(script);
        var again = new DecoderBench().Feed(script);
        Assert.Equal(bench.Records.Select(r => (r.CommitLsn, r.Ordinal, r.Key, r.Operation)), again.Records.Select(r => (r.CommitLsn, r.Ordinal, r.Key, r.Operation)));
    }

    [Fact]
    public void Cuts_of_the_stream_change_no_record()
    {
        var script = Shop();
        var whole = new DecoderBench().Feed(script).Records.ToList();
        for (int cut = 1; cut < script.Count; cut++)
        {
            Assert.Equal(whole, new DecoderBench().Feed(script, 0, cut).Feed(script, cut).Records);
        }
    }

    [Fact]
    public void Slabs_of_every_size_give_the_same_records_and_are_all_returned()
    {
        var script = Shop();
        var whole = new DecoderBench().Feed(script).Records.ToList();
        for (int bytes = 64; bytes <= 4200; bytes += bytes < 700 ? 1 : 37)
        {
            var bench = new DecoderBench(slabBytes: bytes).Feed(script);
            Assert.Equal(whole, bench.Records);
            Assert.Equal(0, bench.Pool.Outstanding);
            Assert.Equal(bench.Batches.Select(b => b.Sequence), Enumerable.Range(1, bench.Batches.Count).Select(i => (long)i));
            Assert.Equal(3080UL, bench.Batches[^1].Position);
            AssertNothingConfirmedEarly(bench);
        }
    }

    [Fact]
    public void Snapshot_rows_are_counted_over_the_whole_snapshot_and_its_end_reaches_the_consistent_point()
    {
        var origin = new SnapshotOrigin(500, 42, 1_700_000_000_000_000);
        var script = new WalScript().Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns)
            .Insert(0, DecoderBench.Orders, "1", "new", null).Marked(SnapshotMarker.First)
            .Insert(0, DecoderBench.Orders, "2", "new", null).Marked(SnapshotMarker.True)
            .Insert(0, DecoderBench.Orders, "3", "new", null).Marked(SnapshotMarker.Last);
        var bench = new DecoderBench().Feed(script, 0, 3, snapshot: origin, keepalive: 900).Feed(script, 3, snapshot: origin, endOfSnapshot: true);
        Assert.Equal([(500UL, 0L), (500, 1), (500, 2)], bench.Records.Select(r => (r.CommitLsn, r.Ordinal)));
        Assert.Equal([0UL, 500UL], bench.Batches.Select(b => b.Position));
        Assert.Equal(["first", "true", "last"], bench.Records.Select(r => EventJson.Member(r.Value!, "source", "snapshot").GetString()));
        Assert.All(bench.Records, r => Assert.Equal("[null,\"500\"]", EventJson.Member(r.Value!, "source", "sequence").GetString()));
    }

    // Insert; a key change; a delete; an insert after a change of nothing captured.
    [Fact]
    public void The_header_says_the_identity_of_each_record_behind_the_headers_that_it_has()
    {
        Assert.All(new DecoderBench().Feed(Shop()).Records.Where(r => r.Ordinal == 0), r => Assert.Equal("", r.Headers));
        var bench = new DecoderBench(DecoderBench.Format with { PositionHeader = true }).Feed(Shop());
        Assert.All(bench.Records, r => Assert.EndsWith($"__penstock.position=0/{r.CommitLsn:X}:{r.Ordinal}", r.Headers, StringComparison.Ordinal));
        Assert.Equal(["0/3E8:0", "0/3E8:1", "0/3E8:2", "0/3E8:3", "0/7D0:0", "0/7D0:1", "0/BB8:0"], bench.Records.Select(r => r.Headers.Split('=')[^1]));
        // A key change tells the other key first.
        Assert.Equal("__debezium.newkey={\"id\":2} __penstock.position=0/3E8:1", bench.Records.ElementAt(1).Headers);

        var extended = new DecoderBench(DecoderBench.Format with { PositionHeader = true, ExtendedHeaders = true, RunId = "r" }).Feed(Shop());
        Assert.Equal(
            "__debezium.context.connectorLogicalName=shop __debezium.context.taskId=0 __debezium.context.connectorName=postgresql __debezium.context.runId=r __penstock.position=0/3E8:0",
            extended.Records.First().Headers);
        Assert.Equal(new DecoderBench().Feed(Shop()).Records.Select(r => (r.Topic, r.Key, r.CommitLsn, r.Ordinal)), bench.Records.Select(r => (r.Topic, r.Key, r.CommitLsn, r.Ordinal)));
    }

    [Fact]
    public void The_header_is_whole_where_a_record_outgrows_its_slab()
    {
        for (int slabBytes = 700; slabBytes < 1400; slabBytes += 7)
        {
            var bench = new DecoderBench(DecoderBench.Format with { PositionHeader = true }, slabBytes).Feed(Shop());
            Assert.All(bench.Records, r => Assert.EndsWith($"__penstock.position=0/{r.CommitLsn:X}:{r.Ordinal}", r.Headers, StringComparison.Ordinal));
            Assert.Equal(7, bench.Records.Count());
        }
    }

    private static WalScript Shop() => new WalScript()
        .Begin(1000).Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns)
        .Insert(900, DecoderBench.Orders, "1", "new", "first")
        .Update(910, DecoderBench.Orders, ["1", null, null], 'K', "2", "new", "second")
        .Commit(1000, 1080)
        .Begin(2000, 701).Delete(1900, DecoderBench.Orders, 'K', "2", null, null).Commit(2000, 2080)
        .Begin(3000, 702).Insert(2900, DecoderBench.Orders, "3", "paid", new string('x', 900)).Commit(3000, 3080);

    private static void AssertNothingConfirmedEarly(DecoderBench bench)
    {
        var batches = bench.Batches;
        for (int i = 0; i < batches.Count; i++)
        {
            ulong earliestLater = batches.Skip(i + 1).SelectMany(b => b.Records).Select(r => r.CommitLsn).DefaultIfEmpty(ulong.MaxValue).Min();
            Assert.True(batches[i].Position <= earliestLater, $"batch {i + 1} confirms {batches[i].Position} while a record of {earliestLater} is still to come");
        }
    }
}
