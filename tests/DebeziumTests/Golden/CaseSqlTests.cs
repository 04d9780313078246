namespace Penstock.DebeziumTests.Golden;

public sealed class CaseSqlTests
{
    [Fact]
    public void A_statement_ends_at_the_semicolon_at_the_end_of_a_line()
    {
        var steps = CaseSql.Split("-- first\nINSERT INTO t\n  VALUES (1); -- more\nSELECT 1; SELECT 2;\n\nCOMMIT");
        Assert.Equal(["-- first\nINSERT INTO t\n  VALUES (1); -- more\n", "SELECT 1; SELECT 2;\n", "COMMIT\n"], steps.Select(step => step.Text));
        Assert.Equal([1, 4, 6], steps.Select(step => step.Line));
    }

    [Theory]
    [InlineData("INSERT INTO t VALUES ('a;\nb;\n');\n")]
    [InlineData("INSERT INTO t VALUES ('it''s;\n');\n")]
    [InlineData("CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$\nBEGIN\n  RETURN $$1;\n$$;\nEND;\n$body$;\n")]
    [InlineData("DO $$\nBEGIN\n  PERFORM 1;\nEND $$;\n")]
    [InlineData("SELECT 1 /* not;\nyet;\n */;\n")]
    [InlineData("CREATE TABLE \"odd;\nname\" (a int);\n")]
    [InlineData("SELECT 1 -- not;\n;\n")]
    public void A_semicolon_inside_of_something_ends_nothing(string statement) => Assert.Equal([statement], CaseSql.Split(statement).Select(step => step.Text));

    [Fact]
    public void Directives_stand_between_statements()
    {
        var steps = CaseSql.Split("-- @session other\r\nSELECT 1;\r\n-- @wait 500\r\n-- a comment\r\n");
        Assert.Equal([("session other", true), ("SELECT 1;\r\n", false), ("wait 500", true)], steps.Select(step => (step.Text, step.IsDirective)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("-- nothing\n\n  -- here\n")]
    public void Empty_steps_are_none(string text) => Assert.Empty(CaseSql.Split(text));

    [Fact]
    public void A_file_that_is_not_there_has_no_steps() => Assert.Empty(CaseSql.Read("/nowhere/steps.sql"));

    [Fact]
    public void Properties_are_read_as_Java_writes_them()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "# comment\r\n! another\r\na = 1\r\nb:2\r\nc 3\r\nd\r\nkey\\:with\\ space=\\u00e9\\t\\\\\r\nlong = one,\\\r\n   two\r\nends=x\\\\\r\n");
            var options = new SortedDictionary<string, string>(StringComparer.Ordinal);
            JavaProperties.Read(path, options);
            Assert.Equal(
                [("a", "1"), ("b", "2"), ("c", "3"), ("d", ""), ("ends", "x\\"), ("key:with space", "\u00e9\t\\"), ("long", "one,two")],
                options.Select(option => (option.Key, option.Value)));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
