using System.Globalization;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>The outer form of <c>KAFKA_URL</c>, enough to refuse a wrong variable at once; the Kafka library takes it apart.</summary>
internal static class KafkaUrlText
{
    private const string Embedded = "embedded:";
    private const string Plain = "kafka://";
    private const string Tls = "kafka+ssl://";

    public static string? ProblemOf(string url)
    {
        if (url.StartsWith(Embedded, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var schemes = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var broker in url.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var scheme = SchemeOf(broker);
            if (!IsHostAndPort(broker[scheme.Length..].TrimEnd('/')))
            {
                return "must be kafka+ssl://host:port or kafka://host:port, several separated by commas, or embedded:";
            }

            schemes.Add(scheme == Tls ? Tls : Plain);
        }

        return schemes.Count switch
        {
            0 => "names no broker",
            1 => null,
            _ => "mixes kafka:// and kafka+ssl://; all brokers must be reached the same way",
        };
    }

    public static bool IsTls(string url) => url.TrimStart().StartsWith(Tls, StringComparison.OrdinalIgnoreCase);

    /// <summary>The scheme of one broker; a bare host:port is reached as kafka://.</summary>
    private static string SchemeOf(string broker) =>
        broker.StartsWith(Plain, StringComparison.OrdinalIgnoreCase) ? Plain
        : broker.StartsWith(Tls, StringComparison.OrdinalIgnoreCase) ? Tls
        : "";

    private static bool IsHostAndPort(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0
            && !text.AsSpan().ContainsAny('@', '/', ' ')
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and < 65536;
    }
}
