using Microsoft.Extensions.Logging;

namespace Penstock.Engine.Telemetry;

/// <summary>Ends things that may hang in a receiver that does not answer: what takes longer is left to the end of the process.</summary>
internal static class BoundedEnd
{
    /// <summary>The packages give each signal five seconds; a stop as a whole has ten (<c>PENSTOCK_SHUTDOWN_TIMEOUT_MS</c>).</summary>
    public const int TimeoutMs = 2000;

    /// <summary>Ends them, one beside the other.</summary>
    public static void Dispose(params IEnumerable<IDisposable?> ending) => Task.WaitAll([.. ending.OfType<IDisposable>().Select(one => Task.Run(one.Dispose))], TimeoutMs);
}

/// <summary>A factory of loggers of which one exports: its end is bounded.</summary>
internal sealed class BoundedLoggerFactory(ILoggerFactory inner) : ILoggerFactory
{
    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public ILogger CreateLogger(string categoryName) => inner.CreateLogger(categoryName);

    public void Dispose() => BoundedEnd.Dispose(inner);
}
