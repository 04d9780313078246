using Penstock.Debezium.Transforms;

namespace Penstock.DebeziumTests.Transforms.Conditions;

public sealed class ConditionParserTests
{
    [Theory]
    [InlineData("value.op = 'c'", "column 10: a single = is not known: write ==")]
    [InlineData("value.op === 'c'", "column 10: === is not known: write ==")]
    [InlineData("value.op == 'c' & true", "column 17: a single & is not known: write &&")]
    [InlineData("value.op == c", "column 13: 'c' is not known: paths begin with value, key, topic and header, a text stands in quotes")]
    [InlineData("value.op == 'c", "column 13: a text has no end: the ' is missing")]
    [InlineData("value.op == \"$x\"", "column 14: a text in double quotes has a $")]
    [InlineData("value.op == '\\x'", "column 14: a backslash in a text goes with")]
    [InlineData("value.op ==", "column 12: the end is not expected here; a value is due")]
    [InlineData("value.op == 'c' value", "column 17: 'value' is not expected here; an operator such as ==, && or ||, or the end, is due")]
    [InlineData("(value.op == 'c'", "column 17: the end is not expected here; ) is due, for the ( of column 1")]
    [InlineData("value.op in 'c'", "column 13: the text 'c' is not expected here; a list is due")]
    [InlineData("value.op in ['c'", "] is due, at the end of the list")]
    [InlineData("value.op is 1", "column 13: '1' is not expected here; null is due")]
    [InlineData("value.op ==~ /(/", "column 14: '(' is no regular expression")]
    [InlineData("value.op ==~ /c", "column 14: a pattern has no end")]
    [InlineData("value.op.toUpperCase() == 'C'", "column 10: 'toUpperCase' is not known: there are startsWith")]
    [InlineData("topic.name == 'x'", "column 6: topic is a text and has no fields")]
    [InlineData("valueSchema.name == 'x'", "column 1: 'valueSchema' is not supported")]
    [InlineData("value.after.id == 12x", "column 19: '12x' is no number")]
    [InlineData("value.op == 'c'; true", "column 16: ';' is not known: an expression is one condition")]
    [InlineData("value[op] == 'c'", "column 7: 'op' is not expected here; a name in quotes is due")]
    [InlineData("def x", "column 1: 'def' is not known")]
    [InlineData("value.op ? 'a'", ": is due, between the two values of a choice")]
    public void A_text_that_is_no_expression_is_refused_with_its_place(string condition, string problem)
    {
        var error = Assert.Throws<FormatException>(() => TransformBench.Format("filter", $"filter.condition={condition}"));

        Assert.StartsWith("transforms.filter.condition is no expression: column ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("penstock", "")]
    [InlineData("jsr223.groovy", "is read as Penstock's own language")]
    public void A_language_is_this_one_or_Groovy_as_far_as_it_is_the_same(string language, string warning)
    {
        var warnings = TransformBench.Format("filter", "filter.condition=true", $"filter.language={language}").Transforms.Warnings;

        Assert.Equal(warning.Length > 0 ? 1 : 0, warnings.Count);
        Assert.All(warnings, w => Assert.Contains(warning, w, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("jsr223.graal.js")]
    [InlineData("wasm.chicory")]
    public void Another_language_is_refused_by_name(string language) =>
        Assert.Contains(
            $"transforms.filter.language is {language}, and there is no script engine here",
            Assert.Throws<FormatException>(() => TransformBench.Format("filter", "filter.condition=true", $"filter.language={language}")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_set_without_transforms_has_no_warnings() => Assert.Empty(TransformSet.None.Warnings);
}
