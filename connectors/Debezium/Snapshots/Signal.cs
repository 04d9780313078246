using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Debezium.Events;

namespace Penstock.Debezium.Snapshots;

/// <summary>A row of the signal table (section 1.5).</summary>
/// <param name="Id">Chosen by who signals; the id of the notifications about it.</param>
/// <param name="Type">The action.</param>
/// <param name="Data">JSON, or null.</param>
internal sealed record Signal(string Id, string Type, string? Data)
{
    /// <summary>Reads <see cref="Data"/>; no data is the empty object.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="problem">What is wrong with it; holds nothing of the data.</param>
    public bool TryRead(out SignalRequest request, out string problem)
    {
        request = SignalRequest.Empty;
        problem = "";
        if (string.IsNullOrEmpty(Data))
        {
            return true;
        }

        try
        {
            using var document = JsonDocument.Parse(Data);
            request = SignalRequest.Read(document.RootElement);
            return true;
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            problem = error is JsonException ? "its data is not JSON" : $"its data cannot be read: {error.Message}";
            return false;
        }
    }
}

/// <summary>How tables are read.</summary>
internal enum SnapshotKind
{
    /// <summary>In chunks, between the changes.</summary>
    Incremental,

    /// <summary>At once, while the stream waits.</summary>
    Blocking,
}

/// <summary>What the data of a signal asks for.</summary>
/// <param name="Collections">Regular expressions over <c>schema.table</c>, or names.</param>
/// <param name="Kind">How; null where the word is not known.</param>
/// <param name="Conditions">For tables: SQL for the rows (incremental), or a whole SELECT (blocking); the first that matches counts.</param>
/// <param name="Surrogate">Column to walk by instead of the key, or null.</param>
/// <param name="Message">Of a log signal.</param>
internal sealed record SignalRequest(
    IReadOnlyList<string> Collections, SnapshotKind? Kind, IReadOnlyList<(Regex Table, string Name, string? Filter)> Conditions, string? Surrogate, string? Message)
{
    public static SignalRequest Empty { get; } = new([], SnapshotKind.Incremental, [], null, null);

    /// <exception cref="InvalidOperationException">A member is of another type than it should be.</exception>
    /// <exception cref="ArgumentException">A regular expression cannot be read.</exception>
    public static SignalRequest Read(JsonElement data) => new(
        [.. Items(data, "data-collections").Select(item => item.GetString()!.Trim())],
        (Text(data, "type") ?? "incremental").ToUpperInvariant() switch { "INCREMENTAL" => SnapshotKind.Incremental, "BLOCKING" => SnapshotKind.Blocking, _ => null },
        [.. Items(data, "additional-conditions").Select(Condition)],
        Text(data, "surrogate-key") is { } surrogate && !string.IsNullOrWhiteSpace(surrogate) ? surrogate : null,
        Text(data, "message"));

    /// <summary>What the signal says about the rows of a table, or null.</summary>
    public string? FilterOf(string table) =>
        Conditions.Where(condition => condition.Table.IsMatch(table)).Select(condition => condition.Filter).FirstOrDefault() is { Length: > 0 } filter ? filter : null;

    private static (Regex, string, string?) Condition(JsonElement item)
    {
        string table = Text(item, "data-collection") ?? throw new FormatException("an additional condition has no data-collection");
        return (AnchoredPattern.Compile(table), table, Text(item, "filter"));
    }

    private static JsonElement[] Items(JsonElement data, string name) =>
        data.TryGetProperty(name, out var items) && items.ValueKind != JsonValueKind.Null ? [.. items.EnumerateArray()] : [];

    private static string? Text(JsonElement data, string name) => data.TryGetProperty(name, out var text) ? text.GetString() : null;
}
