using Penstock.Servers;

namespace Penstock.DebeziumTests.Golden;

/// <summary>
/// Where the cases are: <c>PENSTOCK_GOLDEN_DIRS</c> (a list, separated as PATH is), else the corpus beside the repository if it is there; and always the repository's own cases.
/// A case is a folder with <c>events.jsonl</c> or <c>connector.properties</c>: a folder that is asked for may be one, or hold some at any depth.
/// </summary>
internal static class GoldenCorpus
{
    private static readonly string[] CaseFiles = ["events.jsonl", "connector.properties"];

    private static readonly Lazy<SortedDictionary<string, string>> Folders = new(() => Name(Roots().SelectMany(Under)));

    /// <summary>The repository's own cases.</summary>
    public static string OwnRoot { get; } = Path.Combine(Repository.Root, "tests", "DebeziumTests", "Golden", "Cases");

    /// <summary>True if folders were asked for by name.</summary>
    public static bool IsAskedFor => Asked.Length > 0;

    /// <summary>Names of all cases in their order; the folder's name, with the folder above where two have the same.</summary>
    public static IReadOnlyCollection<string> Names => Folders.Value.Keys;

    /// <summary>Folders of all cases, in the order of their names.</summary>
    public static IReadOnlyCollection<string> Cases => Folders.Value.Values;

    private static string[] Asked => (Environment.GetEnvironmentVariable("PENSTOCK_GOLDEN_DIRS") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The folder of a case.</summary>
    public static string Find(string name) => Folders.Value[name];

    /// <summary>It is one of the repository's own cases.</summary>
    public static bool IsOwn(string name) => Find(name).StartsWith(OwnRoot + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Names of the cases in the folders that were asked for by name; the repository's own where none was.</summary>
    public static IEnumerable<string> AskedFor()
    {
        HashSet<string> folders = [.. Asked.SelectMany(Under)];
        return Names.Where(name => IsAskedFor ? folders.Contains(Find(name)) : IsOwn(name));
    }

    /// <summary>The folders of cases in a folder, itself included.</summary>
    /// <exception cref="DirectoryNotFoundException">It is no folder, or has no case.</exception>
    public static IReadOnlyList<string> Under(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new DirectoryNotFoundException($"PENSTOCK_GOLDEN_DIRS names {root}, which is no folder");
        }

        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        string[] found = [.. Directory.EnumerateDirectories(full, "*", SearchOption.AllDirectories).Append(full).Where(IsCase)];
        return found.Length > 0 ? found : throw new DirectoryNotFoundException($"{root} has no case: no folder with {string.Join(" or ", CaseFiles)}");
    }

    /// <summary>Gives each folder a name of its own.</summary>
    public static SortedDictionary<string, string> Name(IEnumerable<string> folders)
    {
        var named = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var same in folders.Distinct(StringComparer.Ordinal).GroupBy(Path.GetFileName))
        {
            foreach (string folder in same)
            {
                string name = same.Count() == 1 ? same.Key! : $"{Path.GetFileName(Path.GetDirectoryName(folder))}/{same.Key}";
                named[named.ContainsKey(name) ? folder : name] = folder;
            }
        }

        return named;
    }

    private static bool IsCase(string folder) => CaseFiles.Any(file => File.Exists(Path.Combine(folder, file)));

    private static IEnumerable<string> Roots()
    {
        string beside = Path.Combine(Repository.Root, "..", "shared", "golden");
        return [.. Asked.Length > 0 ? Asked : Directory.Exists(beside) ? [beside] : Array.Empty<string>(), OwnRoot];
    }
}
