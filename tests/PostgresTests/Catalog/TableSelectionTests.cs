using FsCheck.Xunit;
using Penstock.Postgres.Catalog;

namespace Penstock.PostgresTests.Catalog;

public sealed class TableSelectionTests
{
    [Theory]
    [InlineData(@"public.orders", "public", "orders", true)]
    [InlineData(@"public.orders", "public", "orders_old", false)]
    [InlineData(@"PUBLIC\.Orders", "public", "orders", true)]
    [InlineData(@"public.a , public.b", "public", "b", true)]
    [InlineData(@"public\.t_\d{1,3}", "public", "t_12", true)]
    [InlineData(@"public\.t_\d{1,3}", "public", "t_1234", false)]
    [InlineData(@"public\.(a|b),s.c", "s", "c", true)]
    [InlineData(@"public\.x\,y", "public", "x,y", true)]
    [InlineData(@".*", "penstock", "pipeline", false)]
    [InlineData(@".*", "pg_catalog", "pg_class", false)]
    [InlineData(@".*", "information_schema", "t", false)]
    [InlineData(@".*", "public", "spatial_ref_sys", false)]
    public void Table_entries_are_anchored_and_ignore_case(string list, string schema, string table, bool expected) =>
        Assert.Equal(expected, Create(tableInclude: list).Includes(schema, table));

    [Fact]
    public void Lists_of_schemas_and_tables_both_have_a_say()
    {
        var selection = Create(schemaInclude: "a,b", tableExclude: @"a\.secret");
        Assert.True(selection.Includes("a", "t"));
        Assert.True(selection.Includes("b", "secret"));
        Assert.False(selection.Includes("a", "secret"));
        Assert.False(selection.Includes("c", "t"));
        Assert.False(Create(schemaExclude: "a").Includes("A", "t"));
    }

    [Fact]
    public void Columns()
    {
        Assert.False(Create(columnExclude: @"public\.t\.pass.*").IncludesColumn("public", "t", "password"));
        Assert.True(Create(columnExclude: @"public\.t\.pass.*").IncludesColumn("public", "t", "name"));
        Assert.False(Create(columnInclude: "public.t.id").IncludesColumn("public", "t", "name"));
        Assert.True(TableSelection.All.IncludesColumn("public", "t", "name"));
    }

    [Fact]
    public void Tables_are_read_in_the_order_of_the_list_and_then_of_their_names()
    {
        CapturedTable[] tables = [.. new[] { ("s", "t"), ("s-x", "t"), ("public", "b"), ("public", "B"), ("public", "a") }.Select(t => Table(t.Item1, t.Item2))];
        Assert.Equal(["public.B", "public.a", "public.b", "s-x.t", "s.t"], CapturedTables.InSnapshotOrder(tables, TableSelection.All).Select(t => t.FullName));
        Assert.Equal(["s-x.t", "s.t", "public.B", "public.b", "public.a"], CapturedTables.InSnapshotOrder(tables, Create(tableInclude: "s.*,public.b,public..*")).Select(t => t.FullName));

        static CapturedTable Table(string schema, string name) => new(1, schema, name, 'r', 'd', false, null, true, false, true, -1, true);
    }

    [Fact]
    public void All_errors_come_at_once()
    {
        Assert.False(TableSelection.TryCreate("a", "b", "public.(", null, "x", "y", out var selection, out var errors));
        Assert.Null(selection);
        Assert.Equal(3, errors.Count);
        Assert.StartsWith("table.include.list: ", errors[1], StringComparison.Ordinal);
        Assert.Contains("expression 1 is no re", errors[1], StringComparison.Ordinal);
    }

    [Property]
    public bool Any_list_is_read_or_refused_without_an_exception(string? list)
    {
        bool read = TableSelection.TryCreate(null, null, list, null, null, null, out var selection, out var errors);
        return read ? selection is not null && errors.Count == 0 : errors.Count > 0;
    }

    private static TableSelection Create(
        string? schemaInclude = null,
        string? schemaExclude = null,
        string? tableInclude = null,
        string? tableExclude = null,
        string? columnInclude = null,
        string? columnExclude = null)
    {
        Assert.True(TableSelection.TryCreate(schemaInclude, schemaExclude, tableInclude, tableExclude, columnInclude, columnExclude, out var selection, out var errors), string.Join("; ", errors));
        return selection!;
    }
}
