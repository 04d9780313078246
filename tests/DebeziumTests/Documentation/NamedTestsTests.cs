using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.DebeziumTests.Documentation;

/// <summary>A page that says which test shows something names a test that is there.</summary>
public sealed partial class NamedTestsTests
{
    private static readonly Dictionary<string, string> Sources = Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
        .ToDictionary(path => path, File.ReadAllText);

    [Theory]
    [InlineData("scenarios.md", 60)]
    [InlineData("reliability.md", 60)]
    [InlineData("waits.md", 20)]
    [InlineData("platform.md", 40)]
    public void Every_test_that_the_page_names_exists(string page, int least)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs", page));
        var names = Named().Matches(text).Select(match => match.Groups[1].Value).Distinct().ToList();
        var missing = names.Where(name => !Exists(name)).ToList();
        Assert.True(missing.Count == 0, $"docs/{page} names tests that are not there: {string.Join(", ", missing)}");
        Assert.True(names.Count >= least, $"{names.Count} names");
        foreach (Match golden in Case().Matches(text))
        {
            string folder = Path.Combine(Repository.Root, "tests", "DebeziumTests", "Golden", "Cases", golden.Groups[1].Value);
            Assert.True(Directory.Exists(folder), $"docs/{page} names case {golden.Groups[1].Value}, which is not there");
        }
    }

    // [Folder/]Class, [Folder/]Class.Method or Method; a method may be cut with "...".
    private static bool Exists(string name)
    {
        string plain = name[(name.LastIndexOf('/') + 1)..];
        int dot = plain.Contains("Tests.", StringComparison.Ordinal) ? plain.IndexOf('.', StringComparison.Ordinal) : plain.EndsWith("Tests", StringComparison.Ordinal) ? plain.Length : -1;
        var sources = dot < 0 ? Sources.Values : Sources.Values.Where(source => Regex.IsMatch(source, $@"\bclass {plain[..dot]}\b"));
        if (dot == plain.Length)
        {
            return sources.Any();
        }

        string method = Regex.Escape(plain[(dot + 1)..]).Replace(@"\.\.\.", @"\w*", StringComparison.Ordinal);
        return sources.Any(source => Regex.IsMatch(source, $@"public (async )?(Task|void) {method}\("));
    }

    [GeneratedRegex(@"`((?:\w+/)*(?:\w+Tests(?:\.[\w.]+)?|[A-Z]\w*_[a-zA-Z]*[a-z][\w.]*))`")]
    private static partial Regex Named();

    [GeneratedRegex(@"case `([\w-]+)`")]
    private static partial Regex Case();
}
