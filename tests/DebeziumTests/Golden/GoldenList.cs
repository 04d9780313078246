namespace Penstock.DebeziumTests.Golden;

/// <summary>Cases that differ, by design or by nature: a text file beside the tests, one <c>case: reason</c> on each line, <c>#</c> for comments.</summary>
internal sealed class GoldenList
{
    public GoldenList(string file)
    {
        File = file;
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in System.IO.File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", file)).Where(l => l.Length > 0 && l[0] != '#'))
        {
            string[] parts = line.Split(": ", 2);
            if (parts.Length < 2 || parts[1].Length == 0)
            {
                throw new FormatException($"{file}: '{line}' is not <case>: <reason>");
            }

            reasons.Add(parts[0], parts[1]);
        }

        Reasons = reasons;
    }

    public string File { get; }

    public IReadOnlyDictionary<string, string> Reasons { get; }
}
