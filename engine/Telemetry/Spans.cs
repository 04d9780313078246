using System.Diagnostics;

namespace Penstock.Engine.Telemetry;

/// <summary>The product's spans. Without a listener (no <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>) none is made, and asking costs a field's read.</summary>
public static class Spans
{
    public const string SourceName = "Penstock";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Somebody wants spans.</summary>
    public static bool AreWanted => Source.HasListeners();

    /// <summary>A span that lasts until it is disposed of; null where nobody wants it.</summary>
    public static Activity? Begin(string name) => Source.StartActivity(name);

    /// <summary>A span that is over.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="beganAt">When it began; it ends now.</param>
    /// <param name="tags">What is known of it.</param>
    public static void Note(string name, DateTimeOffset beganAt, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        using var span = Source.StartActivity(name, ActivityKind.Internal, default(ActivityContext), startTime: beganAt);
        foreach (var tag in tags)
        {
            span?.SetTag(tag.Key, tag.Value);
        }
    }
}
