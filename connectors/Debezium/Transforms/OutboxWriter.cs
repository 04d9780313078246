using System.Globalization;
using System.Text;
using System.Text.Json;
using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;

namespace Penstock.Debezium.Transforms;

/// <summary>A column of an outbox row: its schema, and its value as JSON.</summary>
internal sealed record OutboxColumn(SchemaNode Schema, byte[] Json)
{
    public bool IsNull => Json.AsSpan().SequenceEqual("null"u8);

    /// <summary>The text of a string column, else null.</summary>
    public string? Text => Schema.Type == "string" && !IsNull ? JsonDocument.Parse(Json).RootElement.GetString() : null;
}

/// <summary>
/// Writes outbox rows as the events that they hold. Each event costs some small allocations (its columns apart): outbox tables hold events of an application, not bulk.
/// </summary>
internal sealed class OutboxWriter(OutboxEvents options, EventFormat format, TopicTable topics)
{
    private readonly TopicNumbers _topics = new(topics, options.Topic);
    private readonly Dictionary<string, string> _schemaNames = new(StringComparer.Ordinal);
    private readonly bool _enveloped = Array.Exists(options.Additional, a => a.Placement == OutboxPlacement.Envelope);
    private readonly List<(byte[] Name, byte[] Json)> _headers = [];
    private Dictionary<string, OutboxColumn> _row = [];
    private string? _rowSchema;

    /// <summary>The event's topic.</summary>
    public int Topic { get; private set; }

    /// <summary>Its partition; -1 where the key decides.</summary>
    public int Partition { get; private set; }

    /// <summary>The record's time in milliseconds since 1970.</summary>
    public long TimestampMs { get; private set; }

    /// <summary>Whether its value is null, which transforms behind this one take for a tombstone.</summary>
    public bool IsNull { get; private set; }

    /// <summary>Whether it is a tombstone; else a null is written with the payload's schema.</summary>
    public bool IsTombstone { get; private set; }

    public int HeaderCount => _headers.Count;

    public ReadOnlySpan<byte> KeyJson => _row[options.Key].Json;

    public ReadOnlySpan<byte> HeaderName(int index) => _headers[index].Name;

    public ReadOnlySpan<byte> HeaderJson(int index) => _headers[index].Json;

    /// <summary>Takes the next row, and decides where its event goes.</summary>
    /// <param name="row">The columns by name.</param>
    /// <param name="rowSchema">Name of the row's schema, null for a row that came as a message.</param>
    /// <param name="nowMs">The envelope's time, which the record has if the row gives none.</param>
    /// <exception cref="TransformException">A column is missing or has the wrong type.</exception>
    public void Take(Dictionary<string, OutboxColumn> row, string? rowSchema, long nowMs)
    {
        (_row, _rowSchema) = (row, rowSchema);
        var payload = Column(options.Payload, "table.field.event.payload");
        var id = Column(options.Id, "table.field.event.id");
        Column(options.Key, "table.field.event.key");
        TimestampMs = Timestamp(nowMs);
        Topic = _topics.Find(Column(options.RouteBy, "route.by.field").Json);
        if (Topic < 0)
        {
            throw new TransformException($"the outbox row's column {options.RouteBy}, which route.by.field names, is null or no text");
        }

        IsTombstone = options.TombstoneOnEmpty && (payload.IsNull || payload.Text?.Trim().Length == 0);
        IsNull = IsTombstone || (payload.IsNull && !_enveloped);
        Partition = -1;
        _headers.Clear();
        _headers.Add(("id"u8.ToArray(), id.Json));
        foreach (var (name, placement, alias) in options.Additional)
        {
            if (options.IgnoreMissing && !row.ContainsKey(name))
            {
                continue;
            }

            var column = Column(name, "table.fields.additional.placement");
            if (placement == OutboxPlacement.Header)
            {
                _headers.Add((Encoding.UTF8.GetBytes(alias), column.Json));
            }
            else if (placement == OutboxPlacement.Partition)
            {
                Partition = column.IsNull ? -1 : column.Schema.Type == "int32"
                    ? int.Parse(column.Json, CultureInfo.InvariantCulture)
                    : throw new TransformException($"table.fields.additional.placement takes the partition from {name}, which is no integer");
            }
        }
    }

    public void WriteKey(SlabWriter output)
    {
        var key = _row[options.Key];
        output.Write(RelationPlanner.PayloadOpen(format.KeySchemas, key.Schema with { Field = null }, ""));
        output.Write(key.Json);
        output.Write(format.KeySchemas ? "}"u8 : default);
    }

    /// <summary>Writes the value, which is not null.</summary>
    public void WriteValue(SlabWriter output)
    {
        var payload = Expanded(_row[options.Payload]);
        if (!_enveloped)
        {
            output.Write(RelationPlanner.PayloadOpen(format.ValueSchemas, payload.Schema with { Field = null }, ""));
            output.Write(payload.Json);
            output.Write(format.ValueSchemas ? "}"u8 : default);
            return;
        }

        (string Name, OutboxColumn Value)[] fields =
        [
            ("payload", payload),
            .. options.Additional
                .Where(a => a.Placement == OutboxPlacement.Envelope && (!options.IgnoreMissing || _row.ContainsKey(a.Column)))
                .Select(a => (a.Name, _row[a.Column])),
        ];
        output.Write(RelationPlanner.PayloadOpen(format.ValueSchemas, Schema(payload.Schema, fields), ""));
        for (int i = 0; i < fields.Length; i++)
        {
            output.Write(JsonLiteral.Bytes($"{(i == 0 ? '{' : ',')}{JsonLiteral.Quote(fields[i].Name)}:"));
            output.Write(fields[i].Value.Json);
        }

        output.Write(format.ValueSchemas ? "}}"u8 : "}"u8);
    }

    // The schema keeps the name that the first event with its version, or without versions with its payload's schema, gave it, whatever later ones are routed by: so does Debezium (case 23h).
    private SchemaNode Schema(SchemaNode payload, (string Name, OutboxColumn Value)[] fields)
    {
        int? version = options.Version is null ? null
            : int.TryParse(Column(options.Version, "table.field.event.schema.version").Json, CultureInfo.InvariantCulture, out int number) ? number
            : throw new TransformException($"the outbox row's column {options.Version}, which table.field.event.schema.version names, is null or no integer");
        string first = version is null ? Encoding.UTF8.GetString(SchemaWriter.Write(payload with { Field = null })) : $"{version}";
        if (!_schemaNames.TryGetValue(first, out string? name))
        {
            string routed = _row[options.RouteBy].Text!;
            int dot = _rowSchema?.LastIndexOf('.') ?? -1;
            name = _rowSchema is null ? routed : $"{_rowSchema[..(dot + 1)]}{routed}.{_rowSchema[(dot + 1)..]}";
            _schemaNames.Add(first, name);
        }

        return new SchemaNode { Type = "struct", Fields = [.. fields.Select(f => f.Value.Schema with { Field = f.Name })], Name = name, Version = version };
    }

    private OutboxColumn Expanded(OutboxColumn payload) =>
        options.Expand && payload.Text is { } text && options.Expansion.Expand(options.Payload, Encoding.UTF8.GetBytes(text)) is { } expanded
            ? new OutboxColumn(expanded.Schema, expanded.Json)
            : payload;

    private long Timestamp(long nowMs)
    {
        if (options.Timestamp is null)
        {
            return nowMs;
        }

        var column = Column(options.Timestamp, "table.field.event.timestamp");
        long unitsInMs = column.Schema is not { Type: "int64", Name: { } name } ? 0 : name switch
        {
            "io.debezium.time.Timestamp" => 1,
            "io.debezium.time.MicroTimestamp" => 1000,
            "io.debezium.time.NanoTimestamp" => 1_000_000,
            _ => 0,
        };
        if (unitsInMs == 0)
        {
            throw new TransformException($"table.field.event.timestamp names {options.Timestamp}, which is no timestamp without time zone");
        }

        long timestampMs = column.IsNull ? nowMs : long.Parse(column.Json, CultureInfo.InvariantCulture) / unitsInMs;
        return timestampMs >= 0
            ? timestampMs
            : throw new TransformException($"the outbox row's column {options.Timestamp}, which table.field.event.timestamp names, is before 1970: a record cannot have such a time");
    }

    private OutboxColumn Column(string name, string option) => _row.TryGetValue(name, out var column)
        ? column
        : throw new TransformException($"there is no column {name} in the row, which {option} names: if this is no outbox table, give the transform a predicate, or list unwrap beside it");
}
