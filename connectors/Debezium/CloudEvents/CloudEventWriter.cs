using System.Buffers.Text;
using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Transforms;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.CloudEvents;

/// <summary>
/// Writes a row's event as a CloudEvent in structured mode, JSON in JSON. The attributes come from the envelope's blocks, read back once; nothing is allocated per event.
/// </summary>
internal sealed class CloudEventWriter
{
    private const string Prefix = "iodebezium";

    private static readonly int Name = Place("source", "name");
    private static readonly int TimeMs = Place("source", "ts_ms");
    private static readonly int Lsn = Place("source", "lsn");
    private static readonly int TransactionId = Place("source", "txId");
    private static readonly int Sequence = Place("source", "sequence");
    private static readonly int Snapshot = Place("source", "snapshot");

    private readonly CloudEventOptions _options;
    private readonly EventBlocks _blocks;
    private readonly string _connector;
    private readonly byte[] _middle;
    private readonly (byte[] Open, int Place)[] _extensions;
    private readonly Dictionary<EnvelopeShape, byte[]> _dataOpen = new(ReferenceEqualityComparer.Instance);

    public CloudEventWriter(CloudEventOptions options, EventFormat format, EventBlocks blocks)
    {
        _options = options;
        _blocks = blocks;
        _connector = format.SourceConnector;
        string connector = JsonLiteral.Quote(format.SourceConnector)[1..^1];
        _middle = JsonLiteral.Bytes(
            $",\"source\":\"/debezium/{connector}/{JsonLiteral.Quote(format.TopicPrefix)[1..^1]}\",\"specversion\":\"1.0\",\"type\":\"io.debezium.connector.{connector}.DataChangeEvent\",\"time\":\"");
        _extensions = options.ExtensionAttributes
            ? [(Open("op"), Place("", "op")), .. Attributes("source", ""), .. Attributes("transaction", "tx")]
            : [];
    }

    /// <summary>Writes everything up to the value of <c>before</c>.</summary>
    public void WriteOpen(EnvelopeShape envelope, scoped in RowChange change, SlabWriter output)
    {
        WriteId(change, output);
        output.Write(_middle);
        WriteTime(_blocks.Find(TimeMs, change), output);
        output.Write("\",\"datacontenttype\":\"application/json\""u8);
        foreach (var (open, place) in _extensions)
        {
            output.Write(open);
            var value = _blocks.Find(place, change);
            // The event's fields are texts or nulls; a marker that is not there has its schema's default.
            bool isNumber = value[0] is >= (byte)'0' and <= (byte)'9' or (byte)'-';
            output.Write(isNumber ? "\""u8 : default);
            output.Write(place == Snapshot && value.SequenceEqual("null"u8) ? "\"false\""u8 : value);
            output.Write(isNumber ? "\""u8 : default);
        }

        output.Write(DataOpen(envelope));
    }

    /// <summary>Writes everything behind the value of <c>after</c>.</summary>
    public void WriteClose(SlabWriter output) => output.Write(_options.DataSchemas ? "}}}"u8 : "}}"u8);

    private void WriteId(scoped in RowChange change, SlabWriter output)
    {
        output.Write("{\"id\":\"name:"u8);
        output.Write(_blocks.Find(Name, change)[1..^1]);
        output.Write(";lsn:"u8);
        output.Write(_blocks.Find(Lsn, change));
        output.Write(";txId:"u8);
        output.Write(_blocks.Find(TransactionId, change));
        output.Write(";sequence:"u8);
        output.Write(_blocks.Find(Sequence, change)[1..^1]);
        output.Write("\""u8);
    }

    private static void WriteTime(ReadOnlySpan<byte> unixMs, SlabWriter output)
    {
        const int TimeBytes = 24;
        _ = Utf8Parser.TryParse(unixMs, out long ms, out _);
        DateTimeOffset.FromUnixTimeMilliseconds(ms).TryFormat(output.GetSpan(TimeBytes), out int written, "yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private byte[] DataOpen(EnvelopeShape envelope)
    {
        if (!_dataOpen.TryGetValue(envelope, out byte[]? open))
        {
            var data = new SchemaNode
            {
                Type = "struct",
                Name = $"io.debezium.connector.{_connector}.Data",
                Fields = [envelope.Row with { Field = "before", Optional = true }, envelope.Row with { Field = "after", Optional = true }],
            };
            open = [.. ",\"data\":"u8, .. RelationPlanner.PayloadOpen(_options.DataSchemas, data, "{\"before\":")];
            _dataOpen.Add(envelope, open);
        }

        return open;
    }

    private static IEnumerable<(byte[] Open, int Place)> Attributes(string block, string prefix) =>
        EventSchemas.FieldsOf(block).Select((field, i) => (Open(prefix + field.Field), EventBlocks.PlaceOf(block, i)));

    // Attributes have letters and digits only.
    private static byte[] Open(string field) => JsonLiteral.Bytes($",\"{Prefix}{string.Concat(field.Where(char.IsAsciiLetterOrDigit))}\":");

    private static int Place(string block, string field) => EventBlocks.PlaceOf(block, Array.FindIndex(EventSchemas.FieldsOf(block), f => f.Field == field));
}
