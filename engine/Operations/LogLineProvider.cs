using System.Text;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Watching;

namespace Penstock.Engine.Operations;

/// <summary>
/// Writes every event as one line to a stream, usually standard output. A line that cannot be written (the reader of a pipe is gone, or stands still while more is said than is kept for it) is counted in
/// <see cref="LostLines"/>, and told in the log itself once that moves again: a pipeline does not stop because nobody listens.
/// </summary>
public sealed class LogLineProvider : ILoggerProvider
{
    private readonly LogQueue _queue;
    private readonly LogFormat _format;
    private readonly LogLevel _least;
    private readonly bool _withTime;
    private readonly TimeProvider _clock;

    /// <param name="output">Where lines go; not closed.</param>
    /// <param name="format">How a line is written.</param>
    /// <param name="least">The least severe events that are written.</param>
    /// <param name="withTime">Whether a line begins with its time; see <see cref="WantsTime"/>.</param>
    /// <param name="clock">The clock; null for the system's.</param>
    public LogLineProvider(Stream output, LogFormat format, LogLevel least, bool withTime, TimeProvider? clock = null)
    {
        _format = format;
        _least = least;
        _withTime = withTime;
        _clock = clock ?? TimeProvider.System;
        _queue = new LogQueue(output, lines => Bytes(LogLevel.Warning, "", "nobody read the log in time: lines before this one were dropped", [new("Lines", lines)], null));
    }

    /// <summary>Lines that could not be written.</summary>
    public long LostLines => _queue.Lost;

    /// <summary>
    /// Whether lines need a time of their own. Heroku (<c>DYNO</c>), systemd (<c>JOURNAL_STREAM</c>) and Kubernetes put one before each line; JSON lines go to collectors that
    /// look for it inside.
    /// </summary>
    public static bool WantsTime(LogFormat format, Func<string, string?> environment) =>
        format == LogFormat.Json || ((ReadOnlySpan<string>)["DYNO", "JOURNAL_STREAM", "KUBERNETES_SERVICE_HOST"]).ToArray().All(name => string.IsNullOrEmpty(environment(name)));

    /// <summary>A factory that writes to standard output as <paramref name="options"/> say.</summary>
    /// <param name="options">Format and least level.</param>
    /// <param name="problems">Hears warnings and errors whatever the level; null for nobody.</param>
    /// <param name="more">Adds who else gets what is logged; null for nobody.</param>
    public static ILoggerFactory StandardOutput(OperationsOptions options, RecentProblems? problems = null, Action<ILoggingBuilder>? more = null) => To(Console.OpenStandardOutput(), options, problems, more);

    /// <summary>The same to standard error, for commands whose output is read by programs.</summary>
    public static ILoggerFactory StandardError(OperationsOptions options) => To(Console.OpenStandardError(), options, null, null);

    private static ILoggerFactory To(Stream stream, OperationsOptions options, RecentProblems? problems, Action<ILoggingBuilder>? more) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(options.LogLevel).AddProvider(new LogLineProvider(stream, options.LogFormat, options.LogLevel, WantsTime(options.LogFormat, Environment.GetEnvironmentVariable)));
        if (problems is not null)
        {
            logging.AddFilter<RecentProblems>(null, LogLevel.Warning).AddProvider(problems);
        }

        more?.Invoke(logging);
    });

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose() => _queue.Dispose();

    private void Write(LogLevel level, string component, string message, IEnumerable<KeyValuePair<string, object?>> state, Exception? error) => _queue.Add(Bytes(level, component, message, state, error));

    private void Write(LogSample sample) => _queue.Add(Encoding.UTF8.GetBytes(LogLine.Compose(_format, _withTime ? _clock.GetUtcNow() : null, sample) + "\n"));

    private byte[] Bytes(LogLevel level, string component, string message, IEnumerable<KeyValuePair<string, object?>> state, Exception? error)
    {
        // A stack is for a defect: an error that ends the process. Everything else is said in words.
        var withStack = level >= LogLevel.Critical || _least <= LogLevel.Debug;
        return Encoding.UTF8.GetBytes(LogLine.Compose(_format, _withTime ? _clock.GetUtcNow() : null, level, component, message, state, error, withStack) + "\n");
    }

    private sealed class LineLogger(LogLineProvider provider, string component) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && logLevel >= provider._least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && state is LogSample sample)
            {
                provider.Write(sample);
            }
            else if (IsEnabled(logLevel))
            {
                // A person reads logfmt: each value once. JSON goes to a collector, which wants every value under its name.
                var values = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
                var (message, pairs) = provider._format == LogFormat.Json ? (formatter(state, exception), values) : MessageTemplate.Split(formatter(state, exception), values);
                provider.Write(logLevel, component, message, pairs, exception);
            }
        }
    }
}
