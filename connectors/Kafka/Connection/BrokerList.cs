using System.Globalization;

namespace Penstock.Kafka.Connection;

/// <summary>How a broker list says that brokers are reached.</summary>
public enum BrokerScheme
{
    /// <summary><c>host:port</c> without a scheme: plain unless certificates or <c>security.protocol</c> say otherwise.</summary>
    None,

    /// <summary><c>kafka://</c>: no encryption.</summary>
    Plain,

    /// <summary><c>kafka+ssl://</c>: TLS with brokers whose certificates do not carry their host names, as on Heroku.</summary>
    Tls,

    /// <summary><c>embedded:</c>: the mock cluster in this process.</summary>
    Embedded,
}

/// <summary>The value of <c>KAFKA_URL</c>, taken apart.</summary>
/// <param name="Scheme">The same for all brokers.</param>
/// <param name="Servers"><c>host:port,host:port</c> as librdkafka takes them; "" when embedded.</param>
/// <param name="EmbeddedPartitions">Partitions of a topic of the embedded cluster.</param>
/// <param name="EmbeddedBrokers">Brokers of the embedded cluster.</param>
public sealed record BrokerList(BrokerScheme Scheme, string Servers, int EmbeddedPartitions = 3, int EmbeddedBrokers = 1)
{
    private const string EmbeddedForm = "embedded:";

    private const int LongestSchemeShown = 10;

    /// <summary>Takes <paramref name="url"/> apart; each problem is a sentence part that follows the variable's name. Users and passwords are never repeated.</summary>
    public static BrokerList? Parse(string url, List<string> problems)
    {
        string text = url.Trim();
        if (text.StartsWith(EmbeddedForm, StringComparison.OrdinalIgnoreCase))
        {
            return ParseEmbedded(text[EmbeddedForm.Length..], problems);
        }

        int before = problems.Count;
        var servers = new List<string>();
        var schemes = new SortedSet<BrokerScheme>();
        foreach (var (number, element) in text.Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Index())
        {
            if (ParseBroker(element, number + 1, problems) is { } broker)
            {
                schemes.Add(broker.Scheme);
                servers.Add(broker.Server);
            }
        }

        if (problems.Count > before)
        {
            return null;
        }

        if (servers.Count == 0)
        {
            problems.Add("names no broker: write kafka://host:9092, several separated by commas, or embedded: to try things out");
            return null;
        }

        if (schemes.Count > 1)
        {
            problems.Add("mixes kafka://, kafka+ssl:// and brokers without a scheme: all brokers of a cluster are reached in the same way");
            return null;
        }

        return new BrokerList(schemes.Min, string.Join(',', servers));
    }

    private static (BrokerScheme Scheme, string Server)? ParseBroker(string element, int number, List<string> problems)
    {
        int colon = element.IndexOf("://", StringComparison.Ordinal);
        string name = colon < 0 ? "" : element[..colon].ToLowerInvariant();
        if (name is not ("" or "kafka" or "kafka+ssl"))
        {
            // A word before :// is a scheme; anything else may be a password that was given as an address.
            problems.Add($"has {(name.Length <= LongestSchemeShown && name.All(char.IsAsciiLetter) ? $"the scheme '{name}://'" : "a scheme that is not known")}: known are kafka://, kafka+ssl:// and host:port without a scheme");
            return null;
        }

        string rest = (colon < 0 ? element : element[(colon + 3)..]).TrimEnd('/');
        if (rest.Contains('@', StringComparison.Ordinal))
        {
            problems.Add("holds a user or password: give them as PENSTOCK_KAFKA_SASL_USERNAME and PENSTOCK_KAFKA_SASL_PASSWORD");
            return null;
        }

        var scheme = name switch { "kafka" => BrokerScheme.Plain, "kafka+ssl" => BrokerScheme.Tls, _ => BrokerScheme.None };
        // Kafka's own port, and the one that Heroku's brokers use for TLS.
        if (!TrySplit(rest, scheme == BrokerScheme.Tls ? 9096 : 9092, out string server))
        {
            problems.Add($"has a broker (number {number}) that is not host or host:port, the port from 1 to 65535");
            return null;
        }

        return (scheme, server);
    }

    private static bool TrySplit(string text, int defaultPort, out string server)
    {
        // An IPv6 address stands in brackets, so its colons do not look like the port's.
        int close = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : -1;
        int colon = text.IndexOf(':', Math.Max(close, 0));
        string host = colon < 0 ? text : text[..colon];
        int port = defaultPort;
        bool portIsGood = colon < 0 || (int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536);
        bool hostIsGood = close > 1 ? host.Length == close + 1 : host.Length > 0 && host.All(static c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_');
        server = string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
        return portIsGood && hostIsGood;
    }

    private static BrokerList? ParseEmbedded(string rest, List<string> problems)
    {
        int partitions = 3;
        int brokers = 1;
        foreach (string pair in rest.TrimStart('/').TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? pair : pair[..equals];
            bool isNumber = int.TryParse(pair.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            // Limits: a mock broker is a listening socket, a mock partition takes up to 5 MB of memory.
            if (name == "partitions" && isNumber && number is >= 1 and <= 1000)
            {
                partitions = number;
            }
            else if (name == "brokers" && isNumber && number is >= 1 and <= 10)
            {
                brokers = number;
            }
            else
            {
                problems.Add("has something else after embedded: where partitions=1..1000 and brokers=1..10 are known, as in embedded:?partitions=3");
                return null;
            }
        }

        return new BrokerList(BrokerScheme.Embedded, "", partitions, brokers);
    }
}
