using System.Text.Json;
using Penstock.Debezium.Events;
using Penstock.Debezium.Snapshots;
using Penstock.DebeziumTests.Events;
using Penstock.Postgres.Snapshot;
using static Penstock.DebeziumTests.Events.DecoderBench;

namespace Penstock.DebeziumTests.Snapshots;

/// <summary>Signals and windows through the decoder: which rows come, where in the stream, and what is saved for which commit.</summary>
public sealed class SignalledRowsTests
{
    private static readonly EventFormat Signalled = Format with { SignalTable = new SignalTableName("public", "signals") };

    private readonly ScriptedSource _source = new();
    private readonly NotificationQueue _notifications = new("shop", toTopic: true, log: null, TimeProvider.System);
    private readonly DecoderBench _bench;
    private ulong _lsn = 1000;
    private uint _transaction = 700;

    public SignalledRowsTests()
    {
        _bench = Bench(Signalled);
        _source.Orders.AddRange([["1", "a", null], ["2", "b", null], ["3", "c", null]]);
    }

    [Fact]
    public void Rows_come_in_the_window_before_the_row_that_closes_it()
    {
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""");
        Assert.Equal(["open chunk1", "read public.orders after nothing", "close chunk1"], _source.Calls);
        Assert.Equal(["s1"], Seen());
        Close("chunk1");
        Assert.Equal(["s1", "1", "2", "chunk1-close"], Seen());
        Close("chunk2");
        Close("chunk3");
        Assert.Equal(["s1", "1", "2", "chunk1-close", "3", "chunk2-close", "chunk3-close"], Seen());
        Assert.Contains("the incremental snapshot is complete", _source.Said);
        var row = JsonDocument.Parse(_bench.Records.First(r => r.Operation == 'r').Value!).RootElement.GetProperty("source");
        Assert.Equal("incremental", row.GetProperty("snapshot").GetString());
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (row.GetProperty("txId").ValueKind, row.GetProperty("lsn").ValueKind));
        Assert.Equal(1_700_000_000_123_456_789, row.GetProperty("ts_ns").GetInt64());
    }

    [Fact]
    public void Progress_is_saved_for_the_commit_behind_which_the_rows_are_written()
    {
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""");
        ulong closed = Close("chunk1");
        Assert.Equal([null, "2"], _source.Saved.Select(saved => saved.State.LastKey?[0]));
        Assert.Equal(closed, _source.Saved[^1].CommitLsn);
        Assert.Equal(closed + 80, _bench.Batches[^1].Position);
        Close("chunk2");
        Close("chunk3");
        Assert.Empty(_source.Saved[^1].State.Collections);
    }

    [Fact]
    public void A_start_goes_on_behind_the_last_row_that_was_written()
    {
        var state = new IncrementalState("s1", false, 2, ["2"], ["3"], [new SnapshotCollection("public", "orders", null, null)], []);
        _bench.Decoder.Restore(IncrementalState.FromJson(state.ToJson()));
        Assert.Equal(["open chunk1", "read public.orders after 2", "close chunk1"], _source.Calls);
        Close("chunk0");
        Close("chunk1");
        Assert.Equal(["chunk0-close", "3", "chunk1-close"], Seen());
    }

    [Fact]
    public void Changes_in_the_window_take_their_rows_out()
    {
        _source.ChunkRows = 10;
        _source.Orders.AddRange([["4", "d", null], ["5", "e", null]]);
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""");
        Change(script => script
            .Update(_lsn, Orders, null, ' ', "1", "new", null)
            .Delete(_lsn, Orders, 'K', "2", null, null)
            .Update(_lsn, Orders, ["3", null, null], 'K', "9", "c", null)
            .Insert(_lsn, Orders, "5", "e", null));
        Close("chunk1");
        Assert.Equal(["4"], Written());
    }

    [Fact]
    public void An_event_that_is_not_written_takes_no_row_out()
    {
        var bench = Bench(Signalled with { SkippedOperations = EventOperations.Update });
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""", bench);
        Change(script => script.Update(_lsn, Orders, null, ' ', "1", "new", null), bench);
        Close("chunk1", bench);
        Assert.Equal(["1", "2"], bench.Records.Where(r => r.Operation == 'r').Select(Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_truncate_empties_the_window_unless_the_rows_came_after_it(bool seen)
    {
        _source.NextTransaction = seen ? 1_000_000 : _transaction + 1;
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""");
        Change(script => script.Raw([(byte)'T', 0, 0, 0, 1, 0, .. BitConverter.GetBytes(Orders).Reverse()], _lsn));
        Close("chunk1");
        Assert.Equal(seen ? ["1", "2"] : [], Written());
    }

    [Fact]
    public void Without_a_key_a_change_takes_out_one_equal_row_and_only_if_the_query_has_not_seen_it()
    {
        _source.ChunkRows = 10;
        _source.Journal.AddRange([["x"], ["x"], ["y"], ["z"]]);
        _source.NextTransaction = _transaction + 3;
        Signal("s1", "execute-snapshot", """{"data-collections":["public.journal"],"surrogate-key":"line"}""");
        // Seen by the query: the row it deleted is not among those.
        Change(script => script.Delete(_lsn, Journal, 'O', "y"));
        Change(script => script.Delete(_lsn, Journal, 'O', "x").Update(_lsn, Journal, ["z"], 'O', "w"));
        Close("chunk1");
        Assert.Equal(["x", "y"], Written());
    }

    [Fact]
    public void Of_a_keyless_chunk_all_rows_come_unless_the_last_alone_is_asked_for()
    {
        _source.ChunkRows = 10;
        _source.Journal.AddRange([["x"], ["y"]]);
        var bench = Bench(Signalled with { LastRowOfKeylessChunk = true });
        Signal("s1", "execute-snapshot", """{"data-collections":["public.journal"],"surrogate-key":"line"}""", bench);
        Close("chunk1", bench);
        Assert.Equal(["y"], bench.Records.Where(r => r.Operation == 'r').Select(Id));
    }

    [Fact]
    public void A_table_that_lost_its_key_column_in_the_window_is_read_again()
    {
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""");
        Change(script => script
            .Relation(Orders, "public", "orders", 'f', ("number", Int4, true), ("state", Text, true), ("note", Text, true))
            .Insert(_lsn, Orders, "7", "g", null));
        Close("chunk1");
        Assert.Equal("read public.orders after nothing", _source.Calls[^2]);
        Assert.Empty(Written());
    }

    [Fact]
    public void A_row_that_was_opened_is_closed_by_its_deletion_where_that_is_the_strategy()
    {
        var bench = Bench(Signalled with { ClosesWindowByDelete = true });
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""", bench);
        Change(script => script.Delete(_lsn, Signals, 'K', "chunk1-open", null, null), bench);
        Assert.Equal(["s1", "1", "2", "chunk1-open", "chunk1-open"], bench.Records.Where(r => r.Operation != 'n').Select(Id));
    }

    [Fact]
    public void The_transaction_s_own_events_keep_their_ordinals()
    {
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""");
        Close("chunk1");
        Assert.Equal(0, _bench.Records.Last(r => r.Operation == 'c').Ordinal);
        Assert.All(_bench.Records.Where(r => r.Operation == 'r'), r => Assert.True(r.Ordinal < 0));
    }

    [Fact]
    public void A_chunk_must_show_what_the_stream_has_told()
    {
        Change(script => script.Insert(_lsn, Orders, "8", "h", null));
        uint told = _transaction;
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""");
        Assert.Equal([told - 1, told, _transaction], _source.Decoded);
        Close("chunk1");
        Assert.Equal([_transaction], _source.Decoded);
    }

    [Fact]
    public void Paused_it_reads_no_further_and_a_stop_signal_ends_it_with_the_next_chunk()
    {
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders","public.journal"]}""");
        Signal("s2", "pause-snapshot", "");
        Close("chunk1");
        Assert.Equal(["open chunk1", "read public.orders after nothing", "close chunk1", "save", "save"], _source.Calls);
        Assert.True(_source.Saved[^1].State.Paused);
        Signal("s3", "stop-snapshot", """{"data-collections":[]}""");
        Assert.Equal([".*"], _source.Saved[^1].State.ToStop);
        Signal("s4", "resume-snapshot", "{}");
        Assert.Equal("save", _source.Calls[^1]);
        Assert.Empty(_source.Saved[^1].State.Collections);
        Assert.Equal(["STARTED", "IN_PROGRESS", "PAUSED", "RESUMED", "COMPLETED", "ABORTED"], Notified());
    }

    [Fact]
    public void A_stop_of_the_process_leaves_the_chunk_to_the_next_run()
    {
        _source.Answer = ChunkAnswer.Stopped;
        Signal("s1", "execute-snapshot", """{"data-collections":["public.orders"]}""");
        Assert.Equal(["open chunk1"], _source.Calls);
        Assert.Equal("public.orders", _source.Saved[^1].State.Collections[0].Name);
        Close("chunk1");
        Assert.Empty(Written());
    }

    [Theory]
    [InlineData("execute-snapshot", """{"data-collections":[]}""", "data-collections is missing")]
    [InlineData("execute-snapshot", """{"data-collections":["public.orders"],"type":"other"}""", "type must be")]
    [InlineData("execute-snapshot", """{"data-collections":["Mixed Case"]}""", "no name of one")]
    [InlineData("execute-snapshot", """{"data-collections":["public.nowhere"]}""", "no captured table public.nowhere")]
    [InlineData("execute-snapshot", """{"data-collections":[""", "is not JSON")]
    [InlineData("execute-snapshot", """{"data-collections":"public.orders"}""", "cannot be read")]
    [InlineData("log", "{}", "does not say what it has to")]
    [InlineData("dance", "{}", "not known")]
    public void A_signal_that_asks_for_nothing_possible_is_passed_over_with_a_warning(string type, string data, string said)
    {
        Signal("s1", type, data);
        Assert.Contains(_source.Said, line => line.StartsWith("warning: ", StringComparison.Ordinal) && line.Contains(said, StringComparison.Ordinal));
        Assert.Equal(["s1"], Seen());
    }

    [Fact]
    public void A_log_signal_is_said_with_the_position()
    {
        Signal("s1", "log", """{"message":"at {}"}""");
        Assert.Matches(@"^at \{lsn=\d+, txId=701\}$", Assert.Single(_source.Said));
    }

    [Fact]
    public void Rows_of_a_blocking_snapshot_come_behind_the_signal_with_its_position()
    {
        Signal("s1", "execute-snapshot", """{"type":"blocking","data-collections":["PUBLIC.ORDERS"],"additional-conditions":[{"data-collection":"public.orders","filter":"SELECT 1"}]}""");
        Assert.Equal(["s1", "1", "2", "3"], Seen());
        Assert.Equal(["read at once orders SELECT 1"], _source.Calls);
        string[] markers = [.. _bench.Records.Where(r => r.Operation == 'r').Select(r => JsonDocument.Parse(r.Value!).RootElement.GetProperty("source")).Select(s => $"{s.GetProperty("snapshot")} {s.GetProperty("txId")} {s.GetProperty("lsn")}")];
        Assert.Equal([$"first {_transaction} {_lsn}", $"true {_transaction} {_lsn}", $"last {_transaction} {_lsn}"], markers);
        Assert.Equal(["STARTED", "COMPLETED"], Notified());
    }

    private DecoderBench Bench(EventFormat format)
    {
        var bench = new DecoderBench(format with { NotificationTopic = "notes" }, adHoc: _source, notifications: _notifications);
        bench.Feed(new WalScript()
            .Begin(900)
            .Relation(Signals, "public", "signals", 'd', ("id", Text, true), ("type", Text, false), ("data", Text, false))
            .Relation(Orders, "public", "orders", 'd', OrdersColumns)
            .Relation(Journal, "public", "journal", 'f', ("line", Text, true))
            .Commit(900, 980));
        // The relations' own transaction is none of the test's.
        return bench;
    }

    private void Signal(string id, string type, string data, DecoderBench? bench = null) => Change(script => script.Insert(_lsn, Signals, id, type, data), bench);

    private ulong Close(string chunk, DecoderBench? bench = null)
    {
        Signal($"{chunk}-close", "snapshot-window-close", "{}", bench);
        return _lsn + 100;
    }

    private void Change(Func<WalScript, WalScript> changes, DecoderBench? bench = null)
    {
        _lsn += 1000;
        (bench ?? _bench).Feed(changes(new WalScript().Begin(_lsn + 100, ++_transaction)).Commit(_lsn + 100, _lsn + 180));
    }

    private string[] Seen() => [.. _bench.Records.Where(r => r.Operation != 'n').Select(Id)];

    private string[] Written() => [.. _bench.Records.Where(r => r.Operation == 'r').Select(Id)];

    private string[] Notified() => [.. _bench.Records.Where(r => r.Operation == 'n').Select(r => JsonDocument.Parse(r.Value!).RootElement.GetProperty("type").GetString()!)];

    private static string Id(RecordSeen record)
    {
        var row = JsonDocument.Parse(record.Key ?? record.Value!).RootElement;
        return (record.Key is null ? row.GetProperty("after").GetProperty("line") : row.GetProperty("id")).ToString();
    }
}
