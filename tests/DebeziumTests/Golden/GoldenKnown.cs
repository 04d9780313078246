namespace Penstock.DebeziumTests.Golden;

/// <summary>Cases that are known to fail: <c>known-failures.txt</c>, one <c>case: reason</c> on each line, <c>#</c> for comments.</summary>
internal static class GoldenKnown
{
    public static IReadOnlyDictionary<string, string> Failures { get; } = Read();

    private static Dictionary<string, string> Read()
    {
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", "known-failures.txt")).Where(l => l.Length > 0 && l[0] != '#'))
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            Assert.True(colon > 0 && colon + 2 < line.Length, $"known-failures.txt: '{line}' is not <case>: <reason>");
            failures.Add(line[..colon], line[(colon + 2)..]);
        }

        return failures;
    }
}
