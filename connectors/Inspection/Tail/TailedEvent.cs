using System.Globalization;
using System.Text;
using System.Text.Json;
using Penstock.Kafka.Consuming;

namespace Penstock.Inspection.Tail;

/// <summary>A record of a topic, taken apart for reading. Whatever it is, it is shown: bytes that are no event are text.</summary>
internal sealed class TailedEvent : IDisposable
{
    /// <summary>Letters of operations are those of the events; these two are for records that are none.</summary>
    public const char Tombstone = '-';

    /// <summary>A value without an envelope: a flattened row, or something else.</summary>
    public const char Plain = '=';

    private const string PositionHeader = "__penstock.position";

    private readonly JsonDocument? _key;
    private readonly JsonDocument? _value;

    public TailedEvent(string topic, in ScannedRecord record)
    {
        Topic = topic;
        Partition = record.Partition;
        Offset = record.Offset;
        RecordTimeMs = record.TimestampMs;
        Headers = record.Headers();
        RawKey = record.HasKey ? record.Key.ToArray() : null;
        RawValue = record.HasValue ? record.Value.ToArray() : null;
        _key = Json(RawKey);
        _value = Json(RawValue);
        Key = _key is null ? default : Payload(_key.RootElement);
        Operation = RawValue is null ? Tombstone : Plain;
        Table = "";
        TimeMs = RecordTimeMs;
        Position = Headers.FirstOrDefault(header => header.Key == PositionHeader).Value is { } position ? Encoding.UTF8.GetString(position) : "";
        if (_value is not null)
        {
            ReadValue(Payload(_value.RootElement));
        }
    }

    public string Topic { get; }

    public int Partition { get; }

    public long Offset { get; }

    /// <summary>The record's own time in milliseconds since 1970; -1 if it has none.</summary>
    public long RecordTimeMs { get; }

    public IReadOnlyList<KeyValuePair<string, byte[]?>> Headers { get; }

    public byte[]? RawKey { get; }

    public byte[]? RawValue { get; }

    /// <summary>The key without its schema; Undefined where it is no JSON, or not there.</summary>
    public JsonElement Key { get; }

    /// <summary>c, u, d, r, t, m, or one of the two constants.</summary>
    public char Operation { get; private set; }

    /// <summary><c>schema.table</c>, or the prefix of a logical message; "" where the event does not say.</summary>
    public string Table { get; private set; }

    /// <summary>When it was committed, in milliseconds since 1970; else the record's own time.</summary>
    public long TimeMs { get; private set; }

    /// <summary>Its place in the source's log as header or event say; "" where neither does.</summary>
    public string Position { get; private set; }

    /// <summary>The old row; Undefined or Null where there is none.</summary>
    public JsonElement Before { get; private set; }

    /// <summary>The new row; of a message the message, of a value without an envelope the value.</summary>
    public JsonElement After { get; private set; }

    public void Dispose()
    {
        _key?.Dispose();
        _value?.Dispose();
    }

    private void ReadValue(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("op", out var op) || op.ValueKind != JsonValueKind.String || op.GetString() is not { Length: 1 } letter
            || !value.TryGetProperty("source", out var source) || source.ValueKind != JsonValueKind.Object)
        {
            After = value;
            return;
        }

        Operation = letter[0];
        Before = Member(value, "before");
        After = Member(value, Operation == 'm' ? "message" : "after");
        string schema = Text(Member(source, "schema")), table = Text(Member(source, "table"));
        Table = Operation == 'm' ? Text(Member(After, "prefix")) : schema.Length > 0 ? $"{schema}.{table}" : table;
        if (Member(source, "ts_ms") is { ValueKind: JsonValueKind.Number } time && time.TryGetInt64(out long ms) && ms > 0)
        {
            TimeMs = ms;
        }

        if (Position.Length == 0 && Member(source, "lsn") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out long lsn))
        {
            Position = string.Create(CultureInfo.InvariantCulture, $"{(ulong)lsn >> 32:X}/{(uint)lsn:X}");
        }
    }

    private static JsonDocument? Json(byte[]? bytes)
    {
        if (bytes is null)
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException)
        {
            // Not JSON: shown as the text it is.
            return null;
        }
    }

    /// <summary>What is inside of a schema, or of a CloudEvent.</summary>
    private static JsonElement Payload(JsonElement whole)
    {
        if (whole.ValueKind == JsonValueKind.Object && whole.TryGetProperty("specversion", out _) && whole.TryGetProperty("data", out var data))
        {
            whole = data;
        }

        return whole.ValueKind == JsonValueKind.Object && whole.GetPropertyCount() == 2 && whole.TryGetProperty("schema", out _) && whole.TryGetProperty("payload", out var payload) ? payload : whole;
    }

    private static JsonElement Member(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) ? value : default;

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
