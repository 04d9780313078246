using System.Collections.Concurrent;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Penstock.Kafka.Connection;

/// <summary>
/// librdkafka's log and errors as log lines: what concerns brokers is said when it begins and not again each second; the chatter of its own is debug.
/// </summary>
public sealed partial class ClientLog(ILogger logger)
{
    // A broker that stays away is repeated now and then, so that the last page of a log still shows it.
    private const int RepeatAfterMs = 300_000;

    private readonly ConcurrentDictionary<string, long> _said = new(StringComparer.Ordinal);
    private volatile string _lastBrokerError = "";
    private long _failedAt;

    /// <summary>The last thing that went wrong with a broker, or "".</summary>
    public string LastBrokerError => _lastBrokerError;

    /// <summary>For <c>SetLogHandler</c>.</summary>
    public void Log(LogMessage message) => Log((int)message.Level, message.Facility, message.Message);

    /// <param name="severity">As in syslog: 3 error, 4 warning, 5 notice, 6 info, 7 debug.</param>
    /// <param name="facility">librdkafka's name for the kind of message.</param>
    /// <param name="text">The message.</param>
    public void Log(int severity, string facility, string text)
    {
        // FAIL and ERROR are connections that failed, FATAL the end of the producer: the error handler tells of them too, in better words.
        // CONFWARN speaks of options that were chosen on purpose; bad ones are refused before.
        bool isKnown = facility is "FAIL" or "ERROR" or "CONNECT" or "REQTMOUT" or "CONFWARN" or "FATAL";
        var level = severity switch
        {
            <= 2 when !isKnown => LogLevel.Critical,
            3 when !isKnown => LogLevel.Error,
            4 when !isKnown => LogLevel.Warning,
            _ => LogLevel.Debug,
        };
        if (level == LogLevel.Debug || IsNews(facility + Stem(text)))
        {
            LogLibrary(level, facility, text);
        }
    }

    /// <summary>For <c>SetErrorHandler</c>: errors that are not a record's own.</summary>
    public void Error(Error error)
    {
        if (error.Code == ErrorCode.Local_AllBrokersDown && _lastBrokerError.Length > 0)
        {
            // The reason was said a moment ago.
            return;
        }

        Volatile.Write(ref _failedAt, Environment.TickCount64);
        _lastBrokerError = Explain(error.Reason);
        if (IsNews($"{error.Code} {Stem(error.Reason)}"))
        {
            LogBroker(Explain(error.Reason), error.Code);
        }
    }

    /// <summary>Something was delivered or has come: the next failure is news again.</summary>
    /// <param name="quietMs">Only if no failure was told for so long: where others go on while one broker is away, every attempt to reach that one would else be news.</param>
    public void Recovered(int quietMs = 0)
    {
        if (_lastBrokerError.Length > 0 && !_said.IsEmpty && Environment.TickCount64 - Volatile.Read(ref _failedAt) >= quietMs)
        {
            _said.Clear();
            _lastBrokerError = "";
            LogRecovered();
        }
    }

    /// <summary>librdkafka's reason with what to do about it, where that is known.</summary>
    internal static string Explain(string reason)
    {
        string hint = reason switch
        {
            _ when Has(reason, "certificate verify failed") && Has(reason, "hostname") => "the broker's certificate is for another host: use kafka+ssl:// for Heroku, or PENSTOCK_KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM=none",
            _ when Has(reason, "certificate verify failed") || Has(reason, "verify that ssl.ca.location") => "no certificate of KAFKA_TRUSTED_CERT has signed the broker's certificate (rotated?), or its host name is another",
            _ when Has(reason, "bad certificate") || Has(reason, "certificate required") || Has(reason, "unknown ca") || Has(reason, "certificate unknown") => "the broker does not accept KAFKA_CLIENT_CERT: take certificate and key from the same attachment",
            _ when Has(reason, "SSL handshake") && Has(reason, "wrong version number") => "the broker speaks plain text on this port: use kafka://",
            _ when Has(reason, "Disconnected while requesting ApiVersion") => "the broker may want TLS on this port: use kafka+ssl://",
            _ when Has(reason, "Failed to resolve") => "the host name in KAFKA_URL does not resolve",
            _ when Has(reason, "Authentication failed") || Has(reason, "authentication failed") => "see PENSTOCK_KAFKA_SASL_USERNAME and PENSTOCK_KAFKA_SASL_PASSWORD",
            _ => "",
        };
        return hint.Length == 0 ? reason : $"{reason}: {hint}";

        static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
    }

    private bool IsNews(string stem)
    {
        long now = Environment.TickCount64;
        bool isNews = true;
        _said.AddOrUpdate(stem, now, (_, last) =>
        {
            isNews = now - last > RepeatAfterMs;
            return isNews ? now : last;
        });
        return isNews;
    }

    /// <summary>The message without what changes each time: times, counts, identifiers.</summary>
    private static string Stem(string text)
    {
        int after = text.IndexOf(" (after ", StringComparison.Ordinal);
        return string.Concat((after < 0 ? text : text[..after]).Where(static c => !char.IsDigit(c)));
    }

    [LoggerMessage(EventId = 3101, Message = "librdkafka {Facility}: {Text}")]
    private partial void LogLibrary(LogLevel level, string facility, string text);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message = "Kafka: {Reason} ({Code}); retrying")]
    private partial void LogBroker(string reason, ErrorCode code);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Information, Message = "Kafka answers again")]
    private partial void LogRecovered();
}
