using Penstock.Debezium.Transforms;

namespace Penstock.DebeziumTests.Transforms;

public sealed class TransformSetTests
{
    [Theory]
    [InlineData("unwrap", "", "")]
    [InlineData("x", "transforms.x.type=io.debezium.transforms.ExtractNewRecordState", "")]
    [InlineData("mine", "", "no transform 'mine'")]
    [InlineData("unwrap", "transforms.unwrap.add.field=op", "add.field is no option")]
    [InlineData("unwrap", "transforms.unwrap.add.fields=source.nothing", "names source.nothing")]
    [InlineData("unwrap", "transforms.unwrap.delete.tombstone.handling.mode=keep", "none of tombstone")]
    [InlineData("unwrap", "transforms.other.add.fields=op", "belongs to no transform")]
    [InlineData("unwrap,outbox", "", "")]
    [InlineData("unwrap,changes", "", "")]
    [InlineData("unwrap,unwrap", "", "a name twice")]
    [InlineData("unwrap", "transforms.unwrap.negate=true", "no effect without a predicate")]
    [InlineData("unwrap", "transforms.unwrap.predicate=mine", "names mine")]
    [InlineData("unwrap", "transforms.unwrap.drop.fields.header.name=Changed", "no ExtractChangedRecordState before it")]
    [InlineData("router", "transforms.router.topic.regex=(", "no regular expression")]
    [InlineData("partition", "transforms.partition.partition.payload.fields=id", "written change.id")]
    [InlineData("timezone", "transforms.timezone.converted.timezone=Nowhere", "no zone")]
    public void Options_are_read_or_refused_by_name(string list, string option, string problem)
    {
        var properties = new Dictionary<string, string> { ["transforms"] = list };
        if (option.Length > 0)
        {
            properties.Add(option.Split('=')[0], option.Split('=')[1]);
        }

        if (problem.Length == 0)
        {
            Assert.NotSame(TransformSet.None, TransformSet.Parse(properties));
        }
        else
        {
            Assert.Contains(problem, Assert.Throws<FormatException>(() => TransformSet.Parse(properties)).Message, StringComparison.Ordinal);
        }
    }
}
