using System.Globalization;
using System.Text;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Reads a Java properties file: comments, <c>=</c>, <c>:</c> or space behind the name, backslash escapes, continued lines.</summary>
internal static class JavaProperties
{
    /// <summary>Puts what the file says over what is in <paramref name="into"/>; a file that is not there says nothing.</summary>
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
            bool isComment = pending.Length == 0 && line.Length > 0 && line[0] is '#' or '!';
            pending = "";
            if (line.Length == 0 || isComment)
            {
                continue;
            }

            // An odd number of backslashes at the end: the last one continues the line.
            if ((line.Length - line.TrimEnd('\\').Length) % 2 == 1)
            {
                pending = line[..^1];
                continue;
            }

            int nameEnd = NameEnd(line);
            string rest = line[nameEnd..].TrimStart();
            if (rest.Length > 0 && rest[0] is '=' or ':')
            {
                rest = rest[1..].TrimStart();
            }

            into[Unescape(line[..nameEnd])] = Unescape(rest);
        }
    }

    private static int NameEnd(string line)
    {
        int at = 0;
        while (at < line.Length && line[at] is not ('=' or ':' or ' ' or '\t'))
        {
            at += line[at] == '\\' ? 2 : 1;
        }

        return Math.Min(at, line.Length);
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
