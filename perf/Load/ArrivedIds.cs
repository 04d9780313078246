using System.Globalization;
using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>Reads topics again and counts what arrived.</summary>
internal static class ArrivedIds
{
    /// <param name="bootstrap">The brokers.</param>
    /// <param name="topics">The topics' names.</param>
    /// <param name="expected">Records that are waited for; whatever comes behind them is counted too.</param>
    public static (long Distinct, long Records) Count(string bootstrap, IEnumerable<string> topics, long expected)
    {
        using var reader = TopicReader.Of(bootstrap, topics);
        var ids = new HashSet<(string, long)>();
        long records = 0;
        // One by one: a backlog of large records does not fit into memory.
        while (records < expected && reader.Next(TimeSpan.FromSeconds(30)) is { } record)
        {
            records++;
            // The id is the first number of the key, with and without schemas.
            string key = record.KeyText!;
            int payload = key.IndexOf("\"payload\"", StringComparison.Ordinal);
            ids.Add((record.Topic, long.Parse(Regex.Match(payload < 0 ? key : key[payload..], "[0-9]+").Value, CultureInfo.InvariantCulture)));
        }

        while (reader.Next(TimeSpan.FromSeconds(1)) is not null)
        {
            records++;
        }

        return (ids.Count, records);
    }
}
