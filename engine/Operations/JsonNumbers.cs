using System.Text.Json;

namespace Penstock.Engine.Operations;

/// <summary>Figures that may not be known, in what <c>status --json</c> says.</summary>
public static class JsonNumbers
{
    public static void WriteNumberOrNull(this Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
