using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.EndToEnd.Platform;

/// <summary>docs/platform.md names each requirement once, with its state, and tests that there are.</summary>
public sealed class PlatformPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs/platform.md"));

    [Fact]
    public void R1_to_R42_have_a_row_each_that_says_yes_or_what_is_missing()
    {
        var rows = Regex.Matches(Page, @"(?m)^\| R(\d+) \|.*\| ([^|]*) \|$").ToDictionary(row => int.Parse(row.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), row => row.Groups[2].Value);
        Assert.Equal(Enumerable.Range(1, 42), rows.Keys.Order());
        Assert.All(rows, row => Assert.Matches("^(yes|part): .+", row.Value));
    }

    [Fact]
    public void Every_test_that_it_names_is_there()
    {
        string source = string.Join('\n', Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories).Where(path => !path.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var classes = Regex.Matches(source, @"class (\w+)").Select(found => found.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var methods = Regex.Matches(source, @"(?:Task|void) (\w+)\(").Select(found => found.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        // Class.Method, where ... stands for the rest of a name; a folder may stand before it.
        var named = Regex.Matches(Page, @"`(?:\w+/)*(\w+Tests)(?:\.([\w.]+))?`").ToList();
        Assert.True(named.Count > 50);
        Assert.All(named, test =>
        {
            Assert.Contains(test.Groups[1].Value, classes);
            string[] parts = test.Groups[2].Value.Split("...", StringSplitOptions.RemoveEmptyEntries);
            Assert.True(parts.Length == 0 || methods.Any(method => parts.All(part => method.Contains(part.Trim('_'), StringComparison.Ordinal))), $"there is no test {test.Value}");
        });
    }
}
