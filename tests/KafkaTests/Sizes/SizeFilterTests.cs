using System.Text;
using System.Text.Json;
using Penstock.Engine.Flow;
using Penstock.Kafka.Sizes;

namespace Penstock.KafkaTests.Sizes;

public sealed class SizeFilterTests
{
    private const int Limit = 1000;
    private const string Secret = "4711-secret";

    private readonly BatchSource _source = new();
    private readonly RecordedLog _log = new();

    [Fact]
    public void A_record_at_the_limit_passes_and_one_byte_more_does_not()
    {
        var filter = Filter(OversizePolicy.Fail);
        string fitting = new('x', Limit - SizeFilter.OverheadBytes - 3);
        filter.Filter(_source.Next(new TestRecord("t", "key", fitting)));
        Assert.Throws<OversizedRecordException>(() => filter.Filter(_source.Next(new TestRecord("t", "key", fitting + "x"))));
    }

    [Fact]
    public void Fail_names_table_key_columns_and_position_and_no_value()
    {
        var error = Assert.Throws<OversizedRecordException>(() => Filter(OversizePolicy.Fail).Filter(Oversized()));
        foreach (string part in new[] { "public.orders", "id, region", "1/AB", "ordinal 1", "operation 'c'", "max.record.bytes=1000", "PENSTOCK_MAX_RECORD_BYTES" })
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Skip_marks_counts_every_record_and_does_not_flood_the_log()
    {
        var filter = Filter(OversizePolicy.Skip);
        for (int i = 0; i < 10; i++)
        {
            var batch = Oversized();
            filter.Filter(batch);
            Assert.Equal([false, true], batch.Records.ToArray().Select(r => r.Removed));
            batch.ReturnSlab();
        }

        Assert.Equal(10, filter.Skipped);
        Assert.Single(_log.Lines);
        _log.Time.Advance(TimeSpan.FromSeconds(11));
        filter.Filter(Oversized());
        Assert.Equal(2, _log.Lines.Count);
        Assert.Contains("9 more since", _log.Lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, string.Concat(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Dead_letter_keeps_the_key_and_describes_the_record_in_its_own_bytes()
    {
        var filter = Filter(OversizePolicy.DeadLetter);
        var batch = Oversized();
        filter.Filter(batch);
        var record = batch.Records[1];
        Assert.Equal("dead", _source.Topics.Name(record.Topic));
        Assert.False(record.Removed);
        Assert.Equal("k", Encoding.UTF8.GetString(batch.Key(record)));
        using var json = JsonDocument.Parse(batch.Value(record).ToArray());
        Assert.Equal("public.orders", json.RootElement.GetProperty("table").GetString());
        Assert.Equal("t", json.RootElement.GetProperty("topic").GetString());
        Assert.Equal("1/AB", json.RootElement.GetProperty("lsn").GetString());
        Assert.Equal(1, json.RootElement.GetProperty("ordinal").GetInt64());
        Assert.Equal(1, filter.DeadLettered);
        Assert.DoesNotContain(Secret, json.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_too_large_itself_cannot_be_dead_lettered()
    {
        var batch = _source.Next(new TestRecord("t", new string('k', Limit), new string('v', Limit)));
        Assert.Throws<OversizedRecordException>(() => Filter(OversizePolicy.DeadLetter).Filter(batch));
    }

    private RecordBatch Oversized() => _source.Next(new TestRecord("t", "a", "small"), new TestRecord("t", "k", Secret + new string('x', Limit)));

    private SizeFilter Filter(OversizePolicy policy) => new(Limit, policy, "dead", _source.Topics, _log, _log.Time);
}
