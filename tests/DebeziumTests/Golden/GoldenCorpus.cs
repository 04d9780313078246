namespace Penstock.DebeziumTests.Golden;

/// <summary>Where the cases are: <c>PENSTOCK_GOLDEN_DIRS</c> (a list, separated as PATH is), else the corpus beside the repository if it is there; and always the repository's own cases.</summary>
internal static class GoldenCorpus
{
    /// <summary>Folders of all cases, in the order of their names.</summary>
    public static IReadOnlyList<string> Cases { get; } = [.. Roots().SelectMany(Directory.GetDirectories).Where(d => File.Exists(Path.Combine(d, "catalog.json"))).Order(StringComparer.Ordinal)];

    /// <summary>The folder of a case.</summary>
    public static string Find(string name) => Cases.First(c => Path.GetFileName(c) == name);

    private static IEnumerable<string> Roots()
    {
        string repository = Repository();
        string[] asked = (Environment.GetEnvironmentVariable("PENSTOCK_GOLDEN_DIRS") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] roots = [.. asked.Length > 0 ? asked : [Path.Combine(repository, "..", "shared", "golden")], Path.Combine(repository, "tests", "DebeziumTests", "Golden", "Cases")];
        foreach (string root in asked.Where(r => !Directory.Exists(r)))
        {
            throw new DirectoryNotFoundException($"PENSTOCK_GOLDEN_DIRS names {root}, which is no folder");
        }

        return roots.Where(Directory.Exists).Select(Path.GetFullPath).Distinct();
    }

    private static string Repository()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Pipeline.sln")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException("the tests do not run inside of the repository");
    }
}
