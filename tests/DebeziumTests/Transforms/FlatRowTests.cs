using Penstock.Debezium.Transforms;
using Penstock.DebeziumTests.Events;

namespace Penstock.DebeziumTests.Transforms;

public sealed class FlatRowTests
{
    /// <summary>A table may have no column, or none of a type that Debezium knows.</summary>
    [Theory]
    [InlineData("tombstone", "", "{}")]
    [InlineData("tombstone", "op,table", """{"__op":"c","__table":"bare"}""")]
    [InlineData("rewrite", "op", """{"__deleted":"false","__op":"c"}""")]
    public void A_row_without_columns_has_the_added_fields_alone(string deletes, string fields, string expected)
    {
        const uint Bare = 30_001;
        const uint Box = 603;
        var transforms = TransformSet.Parse(new Dictionary<string, string>
        {
            ["transforms"] = "unwrap",
            ["transforms.unwrap.delete.tombstone.handling.mode"] = deletes,
            ["transforms.unwrap.add.fields"] = fields,
        });
        var script = new WalScript().Begin(1000).Relation(Bare, "public", "bare", 'd', ("b", Box, false)).Insert(900, Bare, "(1,1),(0,0)").Commit(1000, 1080);

        var record = Assert.Single(new DecoderBench(DecoderBench.Format with { Transforms = transforms }).Feed(script).Records);

        Assert.Equal(expected, record.Value);
    }
}
