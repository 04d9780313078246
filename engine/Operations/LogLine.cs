using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Watching;

namespace Penstock.Engine.Operations;

/// <summary>Composes one event as one line: level, message, where it comes from, the message's named values, the error.</summary>
internal static class LogLine
{
    /// <summary>Log routers cut at 10,000 bytes (Heroku's Logplex); with level, time, keys and their quotes a line stays under 8 KB.</summary>
    public const int MostBytes = 8000;

    /// <summary>A message is at most half of a line.</summary>
    private const int MostMessageBytes = 4000;

    /// <summary>A value at most; the values together take what is left.</summary>
    private const int MostValueBytes = 1000;

    public static string Compose(
        LogFormat format, DateTimeOffset? time, LogLevel level, string component, string message, IEnumerable<KeyValuePair<string, object?>> state, Exception? error, bool withStack)
    {
        var pairs = new List<(string Key, string Value, int MostBytes)>();
        if (time is { } at)
        {
            pairs.Add(("ts", TimeOf(at), 100));
        }

        pairs.Add(("level", NameOf(level), 100));
        pairs.Add(("msg", message, MostMessageBytes));
        if (component.Length > 0)
        {
            pairs.Add(("component", component, 100));
        }

        pairs.AddRange(state.Where(static pair => pair.Key != "{OriginalFormat}").Select(static pair => (KeyOf(pair.Key), TextOf(pair.Value), MostValueBytes)));
        if (error is not null)
        {
            pairs.Add(("error", ChainOf(error), MostValueBytes));
            if (withStack && error.StackTrace is { } stack)
            {
                pairs.Add(("stack", stack, MostMessageBytes));
            }
        }

        return format == LogFormat.Json ? Json(pairs) : Logfmt(pairs);
    }

    /// <summary>A line of figures: nothing but them, and the time where lines have one.</summary>
    public static string Compose(LogFormat format, DateTimeOffset? time, LogSample sample)
    {
        List<(string Key, string Value, int MostBytes)> pairs = [.. sample.Select(static pair => (pair.Key, TextOf(pair.Value), MostValueBytes))];
        if (time is { } at)
        {
            pairs.Insert(0, ("ts", TimeOf(at), 100));
        }

        return format == LogFormat.Json ? Json(pairs) : Logfmt(pairs);
    }

    private static string TimeOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private static string Logfmt(List<(string Key, string Value, int MostBytes)> pairs)
    {
        var line = new StringBuilder();
        Append(line, pairs, static (line, key, value, most) => LogText.AppendPair(line, key, value, most));
        return line.ToString();
    }

    private static string Json(List<(string Key, string Value, int MostBytes)> pairs)
    {
        var line = new StringBuilder("{");
        Append(line, pairs, static (line, key, value, most) =>
        {
            line.Append(line.Length > 1 ? ",\"" : "\"");
            LogText.AppendEscaped(line, key, 200);
            line.Append("\":\"");
            LogText.AppendEscaped(line, value, most);
            line.Append('"');
        });
        return line.Append('}').ToString();
    }

    private static void Append(StringBuilder line, List<(string Key, string Value, int MostBytes)> pairs, Action<StringBuilder, string, string, int> append)
    {
        // A key's name, its quotes and the mark of a cut.
        const int PairOverheadBytes = 220;
        var bytes = 0;
        foreach (var (key, value, most) in pairs)
        {
            var left = MostBytes - bytes - PairOverheadBytes;
            if (left < 0)
            {
                append(line, "cut", "true", 100);
                return;
            }

            var before = line.Length;
            append(line, key.Length > 100 ? key[..100] : key, value, Math.Min(most, left));
            bytes += Encoding.UTF8.GetByteCount(line.ToString(before, line.Length - before));
        }
    }

    /// <summary>Placeholders of messages are written <c>SlotName</c>; their key in a line is <c>slot_name</c>.</summary>
    private static string KeyOf(string placeholder)
    {
        var key = new StringBuilder();
        for (var i = 0; i < placeholder.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(placeholder[i]) && !char.IsAsciiLetterUpper(placeholder[i - 1]) && placeholder[i - 1] != '_')
            {
                key.Append('_');
            }

            key.Append(char.ToLowerInvariant(placeholder[i]));
        }

        return key.ToString();
    }

    private static string TextOf(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Type and message of the error and of what caused it.</summary>
    private static string ChainOf(Exception error)
    {
        var text = new StringBuilder();
        for (var current = error; current is not null; current = current.InnerException)
        {
            text.Append(text.Length > 0 ? " <- " : "").Append(current.GetType().Name).Append(": ").Append(current.Message);
        }

        return text.ToString();
    }
}
