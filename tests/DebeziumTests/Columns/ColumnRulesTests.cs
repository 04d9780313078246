using System.Buffers.Binary;
using Penstock.Debezium.Columns;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.DebeziumTests.Events;

namespace Penstock.DebeziumTests.Columns;

/// <summary>Masks, hashes and truncation on single values; the corpus shows them in whole events.</summary>
public sealed class ColumnRulesTests
{
    [Theory]
    [InlineData("column.truncate.to.4.chars", "ab", "ab")]
    [InlineData("column.truncate.to.4.chars", "ünïcødé", "ünïc")]
    [InlineData("column.truncate.to.4.chars", "ab😀c", "ab😀")]
    [InlineData("column.truncate.to.0.chars", "abc", "")]
    [InlineData("column.mask.with.3.chars", "whatever", "***")]
    [InlineData("column.mask.with.3.chars", null, "***")]
    [InlineData("column.truncate.to.4.chars", null, null)]
    public void A_rule_changes_the_value_of_its_column(string option, string? value, string? expected) => Assert.Equal(expected, Note(option, value));

    [Fact]
    public void Truncation_tears_a_surrogate_pair() =>
        Assert.Contains("\"note\":\"abc\\uD83D\"", Insert(Format("column.truncate.to.4.chars"), "abc😀").Value!, StringComparison.Ordinal);

    [Theory]
    [InlineData("column.truncate.to.2.chars", "column.mask.with.3.chars", "ab")]
    [InlineData("column.mask.hash.v2.MD5.with.salt.x", "column.mask.with.3.chars", "***")]
    [InlineData("column.mask.hash.v2.MD5.with.salt.x", "column.propagate.source.type", "abcd")]
    public void The_first_option_in_Debeziums_order_is_the_only_one(string option, string other, string expected)
    {
        var format = DecoderBench.Format with { Columns = ColumnRules.None.With(option, ".*")!.With(other, ".*")! };
        Assert.Equal(expected, EventJson.Member(Insert(format, "abcd").Value!, "after", "note").GetString());
    }

    [Theory]
    [InlineData("column.truncate.to.3.chars", "column.truncate.to.5.chars", "abcde")]
    [InlineData("column.truncate.to.10.chars", "column.truncate.to.2.chars", "ab")]
    [InlineData("column.mask.with.3.chars", "column.mask.with.5.chars", "*****")]
    [InlineData("column.mask.with.0.chars", "column.mask.with.10.chars", "**********")]
    public void Of_several_options_of_one_kind_the_first_in_Javas_order_of_their_names_is_the_only_one(string option, string other, string expected)
    {
        foreach (var (first, second) in ((string, string)[])[(option, other), (other, option)])
        {
            var format = DecoderBench.Format with { Columns = ColumnRules.None.With(first, ".*")!.With(second, ".*")! };
            Assert.Equal(expected, EventJson.Member(Insert(format, "abcdefghijklm").Value!, "after", "note").GetString());
        }
    }

    [Fact]
    public void An_update_whose_change_a_mask_hides_is_none()
    {
        var format = Format("column.mask.with.3.chars") with { SkipUnchanged = true };
        var script = new WalScript().Begin(1000).Relation(DecoderBench.Orders, "public", "orders", 'f', DecoderBench.OrdersColumns)
            .Update(900, DecoderBench.Orders, ["1", "new", "a"], 'O', "1", "new", "b")
            .Update(901, DecoderBench.Orders, ["1", "new", "a"], 'O', "1", "new", null)
            .Update(902, DecoderBench.Orders, ["1", "new", "a"], 'O', "1", "old", "a").Commit(1000, 1080);
        Assert.Equal([901L, 902L], new DecoderBench(format).Feed(script).Records.Select(r => EventJson.Member(r.Value!, "source", "lsn").GetInt64()));
        var whole = format with { Values = format.Values with { Compat = CompatMode.Correct } };
        Assert.Equal(3, new DecoderBench(whole).Feed(script).Records.Count());
    }

    // Computed with Java's serialised form of a String: surrogates of three bytes each; a long string has another tag and a length of eight bytes.
    [Theory]
    [InlineData("a😀é", 1, "d6519eefba882b918df1bfa7a572c6872ec72b667975d356dd90cecd36b509c3")]
    [InlineData("x", 70_000, "7fab0c0461220b8c55bbb93baf32883ff3a4680ded26e5063b3e5aa09c98a713")]
    public void The_older_hash_is_of_the_serialised_string(string text, int times, string expected) =>
        Assert.Equal(expected, Note("column.mask.hash.SHA-256.with.salt.salt", string.Concat(Enumerable.Repeat(text, times))));

    [Theory]
    [InlineData("column.mask.hash.SHA-256.with.salt.salt", 1043, 2, "^[0-9a-f]+$")]
    [InlineData("column.truncate.to.3.chars", 1083, int.MaxValue, "^12:$")]
    public void A_length_that_the_type_cannot_have_is_none(string option, uint type, int modifier, string expected)
    {
        const uint Journal = 30_003;
        var format = DecoderBench.Format with
        {
            Columns = ColumnRules.None.With(option, ".*line")!,
            Values = DecoderBench.Format.Values with { Time = TimeMode.IsoString },
        };
        byte[] relation = new WalScript().Relation(Journal, "public", "j", 'd', ("line", type, false)).Bytes(0);
        // The modifier of the last column ends the message.
        BinaryPrimitives.WriteInt32BigEndian(relation.AsSpan(relation.Length - sizeof(int)), modifier);
        var record = Assert.Single(new DecoderBench(format).Feed(new WalScript().Begin(1000).Raw(relation, 0).Insert(900, Journal, "12:00:00").Commit(1000, 1080)).Records);
        Assert.Matches(expected, EventJson.Member(record.Value!, "after", "line").GetString());
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

    private static string? Note(string option, string? value) => EventJson.Member(Insert(Format(option), value).Value!, "after", "note").GetString();

    private static EventFormat Format(string option) => DecoderBench.Format with { Columns = ColumnRules.None.With(option, "PUBLIC.orders.note")! };

    private static RecordSeen Insert(EventFormat format, string? note) => Assert.Single(new DecoderBench(format, 1 << 18).Feed(new WalScript()
        .Begin(1000).Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns).Insert(900, DecoderBench.Orders, "1", "new", note).Commit(1000, 1080)).Records);
}
