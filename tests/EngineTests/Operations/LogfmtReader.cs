using System.Text;
using System.Text.Json;

namespace Penstock.EngineTests.Operations;

/// <summary>Reads a logfmt line back, by its own rules and not by the writer's code.</summary>
internal static class LogfmtReader
{
    public static List<KeyValuePair<string, string>> Read(string line)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        var at = 0;
        while (at < line.Length)
        {
            var equals = line.IndexOf('=', at);
            var key = line[at..equals];
            at = equals + 1;
            var value = new StringBuilder();
            if (at < line.Length && line[at] == '"')
            {
                var start = at++;
                while (line[at] != '"')
                {
                    at += line[at] == '\\' ? 2 : 1;
                }

                at++;
                value.Append(JsonSerializer.Deserialize<string>(line[start..at]));
            }
            else
            {
                while (at < line.Length && line[at] != ' ')
                {
                    value.Append(line[at++]);
                }
            }

            pairs.Add(new(key, value.ToString()));
            if (at < line.Length)
            {
                Assert.Equal(' ', line[at++]);
            }
        }

        return pairs;
    }
}
