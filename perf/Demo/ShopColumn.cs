using System.Globalization;
using System.Text.Json;

namespace Penstock.Demo;

/// <summary>How a column's value is told in an event, which decides how the two sides are made comparable.</summary>
internal enum ShopValue
{
    /// <summary>A JSON number, string or boolean that reads as Postgres prints the value.</summary>
    Plain,

    /// <summary>timestamptz: an ISO 8601 string in UTC with as many decimals as needed; compared with six.</summary>
    Instant,

    /// <summary>An array of text: a JSON array; compared as its elements with bars between, of which the shop's have none.</summary>
    TextArray,
}

/// <summary>A column, and its value as text from both sides: the table and the event.</summary>
internal sealed record ShopColumn(string Name, ShopValue Value = ShopValue.Plain)
{
    /// <summary>What an unchanged value that Postgres did not send is told as.</summary>
    private const string Unavailable = "__debezium_unavailable_value";

    /// <summary>The SQL expression for the value as comparable text.</summary>
    public string Sql => Value switch
    {
        ShopValue.Instant => $"to_char({Name} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        ShopValue.TextArray => $"array_to_string({Name}, '|', 'null')",
        _ => $"{Name}::text",
    };

    /// <summary>The value in an event as comparable text; <paramref name="before"/> if the event says that it did not change.</summary>
    public string? From(JsonElement row, string? before)
    {
        JsonElement value = row.GetProperty(Name);
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.String:
                string text = value.GetString() ?? "";
                return text == Unavailable ? before : Value == ShopValue.Instant ? SixDecimals(text) : text;
            case JsonValueKind.Array:
                return string.Join('|', value.EnumerateArray().Select(item => item.GetString() ?? "null"));
            default:
                return value.GetRawText();
        }
    }

    private static string SixDecimals(string iso) => DateTimeOffset
        .Parse(iso, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
