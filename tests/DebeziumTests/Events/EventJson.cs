using System.Text.Json;

namespace Penstock.DebeziumTests.Events;

/// <summary>Looks into an event.</summary>
internal static class EventJson
{
    public static JsonElement Member(string json, params string[] path)
    {
        using var document = JsonDocument.Parse(json);
        var element = document.RootElement;
        foreach (string name in path)
        {
            element = element.GetProperty(name);
        }

        return element.Clone();
    }
}
