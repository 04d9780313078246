using System.Text;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.DebeziumTests.Events;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Values;

/// <summary>A value that Debezium turns into a null is, in a row, what a NULL of that column is: the default where the column has one (2.2).</summary>
public sealed class UnrepresentableInRowTests : ICatalog, ITableSelection
{
    private const uint Visits = 30_000;
    private const uint Timestamp = 1114;

    [Theory]
    [InlineData(true, "{\"a\":null,\"b\":1577836800000000000}")]
    [InlineData(false, "{\"a\":null,\"b\":null}")]
    public void A_timestamp_beyond_nanoseconds_is_the_default_or_null(bool replaceNullWithDefault, string after)
    {
        var values = new List<string>();
        Decode(Format with { ReplaceNullWithDefault = replaceNullWithDefault }, values, script => script.Insert(900, Visits, "9999-12-31 00:00:00", "9999-12-31 00:00:00"));
        Assert.Contains($"\"after\":{after},", Assert.Single(values), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_that_is_a_failure_the_rows_before_are_emitted_and_the_place_is_named()
    {
        var values = new List<string>();
        var error = Assert.Throws<UndecodableEventException>(() => Decode(
            Format with { FailOnUnrepresented = true }, values, script => script.Insert(900, Visits, "2020-01-01 00:00:00", null).Insert(901, Visits, null, "9999-12-31 00:00:00")));
        Assert.Single(values);
        Assert.Equal((901UL, "public.visits", "b", "timestamp without time zone"), (error.Lsn, error.Table, error.Column, error.Type));
        Assert.Contains("event.converting.failure.handling.mode is fail", error.Message, StringComparison.Ordinal);
    }

    private static EventFormat Format => DecoderBench.Format with { Values = new ValueModes { Time = TimeMode.Nanoseconds } };

    private void Decode(EventFormat format, List<string> values, Func<WalScript, WalScript> rows)
    {
        var decoder = new EventDecoder(format, this, this, new TopicTable(), new SlabPool("records", 1 << 16, 2), batch => Take(batch, values));
        var script = rows(new WalScript().Begin(1000).Relation(Visits, "public", "visits", 'f', ("a", Timestamp, true), ("b", Timestamp, true))).Commit(1000, 1080);
        var input = script.Batch(new SlabPool("wal", 1 << 16, 2), 0, null, null);
        try
        {
            decoder.Decode(input);
        }
        finally
        {
            input.ReturnSlab();
        }
    }

    public CatalogTable? FindTable(uint oid) => new(oid, "public", "visits", 'r', 'f', false, null, [Column("a", 1, null), Column("b", 2, "'2020-01-01 00:00:00'::timestamp without time zone")], [], []);

    public CatalogType? FindType(uint oid) => null;

    public bool Includes(string schema, string table) => true;

    public bool IncludesColumn(string schema, string table, string column) => true;

    private static CatalogColumn Column(string name, int number, string? expression) =>
        new(name, number, "timestamp without time zone", Timestamp, -1, false, "", "", expression, 0);

    private static void Take(RecordBatch batch, List<string> values)
    {
        foreach (ref readonly var record in batch.Records)
        {
            values.Add(Encoding.UTF8.GetString(batch.Value(record)));
        }

        batch.ReturnSlab();
    }
}
