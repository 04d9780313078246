using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Penstock.Inspection.Tail;

/// <summary>A record as one JSON object: topic, partition, offset, timestamp, headers, and key and value as they are; bytes that are no JSON as a text.</summary>
internal static class EventJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(TailedEvent of)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteString("topic", of.Topic);
            json.WriteNumber("partition", of.Partition);
            json.WriteNumber("offset", of.Offset);
            if (of.RecordTimeMs >= 0)
            {
                json.WriteString("timestamp", DateTimeOffset.FromUnixTimeMilliseconds(of.RecordTimeMs).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            }

            json.WriteStartArray("headers");
            foreach (var (name, value) in of.Headers)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("value", value is null ? null : Encoding.UTF8.GetString(value));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Write(json, "key", of.RawKey);
            Write(json, "value", of.RawValue);
            json.WriteEndObject();
        }

        // Line ends between values of somebody's pretty JSON are spaces like any other; control characters inside of texts are escapes.
        return EventLine.Safe(Encoding.UTF8.GetString(bytes.WrittenSpan).Replace("\r", "", StringComparison.Ordinal).Replace('\n', ' ').Replace('\t', ' '));
    }

    private static void Write(Utf8JsonWriter json, string name, byte[]? raw)
    {
        json.WritePropertyName(name);
        if (raw is null)
        {
            json.WriteNullValue();
            return;
        }

        try
        {
            json.WriteRawValue(raw);
        }
        catch (JsonException)
        {
            json.WriteStringValue(Encoding.UTF8.GetString(raw));
        }
    }
}
