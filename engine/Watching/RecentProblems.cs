using Microsoft.Extensions.Logging;

namespace Penstock.Engine.Watching;

/// <summary>A warning or an error of the log.</summary>
/// <param name="At">When.</param>
/// <param name="Level">How bad.</param>
/// <param name="Text">The message, cut to <see cref="RecentProblems.MostChars"/>.</param>
public sealed record Problem(DateTimeOffset At, LogLevel Level, string Text);

/// <summary>Listens to the log: counts its warnings and errors and keeps the last ones. Thread-safe.</summary>
public sealed class RecentProblems(TimeProvider? clock = null) : ILoggerProvider
{
    /// <summary>Problems that are kept.</summary>
    public const int MostKept = 50;

    /// <summary>Characters of a message that are kept: fifty of them are 100 KB at most.</summary>
    public const int MostChars = 1000;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Queue<Problem> _kept = new();
    private readonly long[] _counts = new long[3];

    public long Warnings => Interlocked.Read(ref _counts[0]);

    public long Errors => Interlocked.Read(ref _counts[1]);

    public long Fatal => Interlocked.Read(ref _counts[2]);

    /// <summary>The last ones, the newest first.</summary>
    public IReadOnlyList<Problem> Latest()
    {
        lock (_gate)
        {
            return [.. _kept.Reverse()];
        }
    }

    public ILogger CreateLogger(string categoryName) => new Listener(this);

    public void Dispose()
    {
    }

    private void Note(LogLevel level, string text)
    {
        Interlocked.Increment(ref _counts[level - LogLevel.Warning]);
        var problem = new Problem(_clock.GetUtcNow(), level, text.Length > MostChars ? text[..MostChars] + "…" : text);
        lock (_gate)
        {
            _kept.Enqueue(problem);
            while (_kept.Count > MostKept)
            {
                _kept.Dequeue();
            }
        }
    }

    private sealed class Listener(RecentProblems problems) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Warning or LogLevel.Error or LogLevel.Critical;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                problems.Note(logLevel, formatter(state, exception) + (exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})"));
            }
        }
    }
}
