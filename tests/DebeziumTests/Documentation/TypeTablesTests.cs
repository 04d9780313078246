using Penstock.Servers;

namespace Penstock.DebeziumTests.Documentation;

/// <summary>docs/events.md shows what the encoders write. With <c>PENSTOCK_WRITE_DOCS=1</c> the test writes the tables instead of comparing them.</summary>
public sealed class TypeTablesTests
{
    private const string Begin = "<!-- types: written by the encoders; PENSTOCK_WRITE_DOCS=1 dotnet test tests/DebeziumTests --filter TypeTables -->\n";
    private const string End = "<!-- /types -->\n";

    [Fact]
    public async Task The_tables_of_types_are_what_the_encoders_write()
    {
        string path = Path.Combine(Repository.Root, "docs", "events.md");
        string page = await File.ReadAllTextAsync(path);
        int start = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(start > Begin.Length && end >= start, "docs/events.md has no place for the tables of types");
        string written = $"{page[..start]}\n{TypeTables.Markdown()}\n{page[end..]}";
        if (Environment.GetEnvironmentVariable("PENSTOCK_WRITE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(path, written);
            return;
        }

        Assert.True(written == page, "docs/events.md is old: PENSTOCK_WRITE_DOCS=1 dotnet test tests/DebeziumTests --filter TypeTables");
    }
}
