using Penstock.Debezium.Columns;
using Penstock.Debezium.Events;
using Penstock.DebeziumTests.Events;

namespace Penstock.DebeziumTests.Columns;

/// <summary>Masks, hashes and truncation on single values; the corpus shows them in whole events.</summary>
public sealed class ColumnRulesTests
{
    [Theory]
    [InlineData("column.truncate.to.4.chars", "ab", "ab")]
    [InlineData("column.truncate.to.4.chars", "ünïcødé", "ünïc")]
    [InlineData("column.truncate.to.4.chars", "abc😀", "abc")]
    [InlineData("column.truncate.to.4.chars", "ab😀c", "ab😀")]
    [InlineData("column.truncate.to.0.chars", "abc", "")]
    [InlineData("column.mask.with.3.chars", "whatever", "***")]
    [InlineData("column.mask.with.3.chars", null, "***")]
    [InlineData("column.truncate.to.4.chars", null, null)]
    public void A_rule_changes_the_value_of_its_column(string option, string? value, string? expected) => Assert.Equal(expected, Note(option, value));

    // Computed with Java's serialised form of a String: surrogates of three bytes each; a long string has another tag and a length of eight bytes.
    [Theory]
    [InlineData("a😀é", 1, "d6519eefba882b918df1bfa7a572c6872ec72b667975d356dd90cecd36b509c3")]
    [InlineData("x", 70_000, "7fab0c0461220b8c55bbb93baf32883ff3a4680ded26e5063b3e5aa09c98a713")]
    public void The_older_hash_is_of_the_serialised_string(string text, int times, string expected) =>
        Assert.Equal(expected, Note("column.mask.hash.SHA-256.with.salt.salt", string.Concat(Enumerable.Repeat(text, times))));

    [Fact]
    public void A_length_that_no_varchar_has_is_none()
    {
        const uint VarChar = 1043;
        const uint Journal = 30_003;
        var format = DecoderBench.Format with { Columns = ColumnRules.None.With("column.mask.hash.SHA-256.with.salt.salt", ".*line")! };
        byte[] relation = new WalScript().Relation(Journal, "public", "j", 'd', ("line", VarChar, false)).Bytes(0);
        // The modifier of the last column: 2, where the header alone counts 4.
        relation[^4] = relation[^3] = relation[^2] = 0;
        relation[^1] = 2;
        var record = Assert.Single(new DecoderBench(format).Feed(new WalScript().Begin(1000).Raw(relation, 0).Insert(900, Journal, "x").Commit(1000, 1080)).Records);
        Assert.Equal(64, EventJson.Member(record.Value!, "after", "line").GetString()!.Length);
    }

    /// <summary>What Postgres sends is not what is cut: that would be no time any more.</summary>
    [Theory]
    [InlineData(1184, "2016-11-04 13:51:30.123456+00", "2016-11")]
    [InlineData(1266, "13:51:30.5+02", "11:51:3")]
    [InlineData(2950, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc9")]
    public void Values_that_are_written_as_text_are_cut_as_they_are_written(uint type, string value, string expected)
    {
        const uint Journal = 30_003;
        var format = DecoderBench.Format with { Columns = ColumnRules.None.With("column.truncate.to.7.chars", ".*line")! };
        var script = new WalScript().Begin(1000).Relation(Journal, "public", "j", 'd', ("line", type, false)).Insert(900, Journal, value).Commit(1000, 1080);
        Assert.Equal(expected, EventJson.Member(Assert.Single(new DecoderBench(format).Feed(script).Records).Value!, "after", "line").GetString());
    }

    [Fact]
    public void A_key_keeps_its_value()
    {
        var format = DecoderBench.Format with
        {
            Columns = ColumnRules.None.With("column.mask.with.3.chars", ".*")!,
            MessageKeys = MessageKeyColumns.Parse("public.orders:state"),
        };
        Assert.Equal("{\"state\":\"new\"}", Insert(format, "x").Key);
    }

    [Fact]
    public void An_option_about_something_else_is_none_of_these() => Assert.Null(ColumnRules.None.With("column.include.list", ".*"));

    [Fact]
    public void An_unknown_hash_algorithm_is_named() =>
        Assert.Contains("CRC-32", Assert.Throws<FormatException>(() => ColumnRules.None.With("column.mask.hash.CRC-32.with.salt.x", ".*")).Message, StringComparison.Ordinal);

    private static string? Note(string option, string? value)
    {
        var format = DecoderBench.Format with { Columns = ColumnRules.None.With(option, "PUBLIC.orders.note")! };
        return EventJson.Member(Insert(format, value).Value!, "after", "note").GetString();
    }

    private static RecordSeen Insert(EventFormat format, string? note) => Assert.Single(new DecoderBench(format, 1 << 18).Feed(new WalScript()
        .Begin(1000).Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns).Insert(900, DecoderBench.Orders, "1", "new", note).Commit(1000, 1080)).Records);
}
