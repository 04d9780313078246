using System.Globalization;
using System.Text;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Reads a Java properties file as far as the corpus uses it: comments, <c>key=value</c>, backslash escapes, continued lines.</summary>
internal static class JavaProperties
{
    public static void Read(string path, SortedDictionary<string, string> into)
    {
        if (!File.Exists(path))
        {
            return;
        }

        string pending = "";
        foreach (string raw in File.ReadLines(path))
        {
            string line = pending + raw.TrimStart();
            pending = "";
            if (line.Length == 0 || line[0] is '#' or '!')
            {
                continue;
            }

            if (line.EndsWith('\\') && !line.EndsWith("\\\\", StringComparison.Ordinal))
            {
                pending = line[..^1];
                continue;
            }

            int split = line.IndexOf('=', StringComparison.Ordinal);
            into[Unescape(line[..split].Trim())] = Unescape(line[(split + 1)..].TrimStart());
        }
    }

    private static string Unescape(string text)
    {
        var result = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            char c = text[++i];
            if (c == 'u')
            {
                result.Append((char)int.Parse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
            }
            else
            {
                result.Append(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'f' => '\f', _ => c });
            }
        }

        return result.ToString();
    }
}
