using System.Globalization;
using System.Text;
using System.Text.Json;
using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;
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
internal sealed class OutboxWriter(OutboxEvents options, EventFormat format, TopicTable topics, RecordAssembler records)
{
    private readonly TopicNumbers _topics = new(topics, options.Topic);
    private readonly Dictionary<int, string> _schemaNames = [];
    private readonly bool _enveloped = Array.Exists(options.Additional, a => a.Placement == OutboxPlacement.Envelope);

    /// <summary>The topic of the record written last.</summary>
    public int Topic { get; private set; }

    /// <summary>The partition of the record written last; -1 where the key decides.</summary>
    public int Partition { get; private set; }

    /// <summary>Writes key and value, and says how many headers <see cref="WriteHeaders"/> will add.</summary>
    /// <param name="row">The columns by name.</param>
    /// <param name="rowSchema">Name of the row's schema, null for a row that came as JSON.</param>
    /// <exception cref="TransformException">A column is missing or has the wrong type.</exception>
    public int Write(IReadOnlyDictionary<string, OutboxColumn> row, string? rowSchema)
    {
        var payload = Column(row, options.Payload, "table.field.event.payload");
        Column(row, options.Id, "table.field.event.id");
        var key = Column(row, options.Key, "table.field.event.key");
        CheckTimestamp(row);
        var additional = options.Additional.Where(a => !options.IgnoreMissing || row.ContainsKey(a.Column)).ToList();
        Topic = _topics.Find(Column(row, options.RouteBy, "route.by.field").Json);
        if (Topic < 0)
        {
            throw new TransformException($"the outbox row's column {options.RouteBy}, which route.by.field names, is null, blank or no text");
        }

        Partition = -1;
        foreach (var (column, _, _) in additional.Where(a => a.Placement == OutboxPlacement.Partition))
        {
            var value = Column(row, column, "table.fields.additional.placement");
            Partition = value.IsNull ? -1 : value.Schema.Type == "int32"
                ? int.Parse(value.Json, CultureInfo.InvariantCulture)
                : throw new TransformException($"table.fields.additional.placement takes the partition from {column}, which is no integer");
        }

        records.Begin();
        records.Output.Write(RelationPlanner.PayloadOpen(format.KeySchemas, key.Schema with { Field = null }, ""));
        records.Output.Write(key.Json);
        records.Output.Write(format.KeySchemas ? "}"u8 : default);
        records.EndKey();
        if (options.TombstoneOnEmpty && (payload.IsNull || payload.Text?.Trim().Length == 0))
        {
            records.NullValue();
        }
        else
        {
            WriteValue(row, rowSchema, Expanded(payload), additional);
        }

        return 1 + additional.Count(a => a.Placement == OutboxPlacement.Header);
    }

    public void WriteHeaders(IReadOnlyDictionary<string, OutboxColumn> row)
    {
        HeaderText.Write("id"u8, row[options.Id].Json, records.Output);
        foreach (var (column, placement, name) in options.Additional)
        {
            if (placement == OutboxPlacement.Header && (!options.IgnoreMissing || row.ContainsKey(column)))
            {
                HeaderText.Write(Encoding.UTF8.GetBytes(name), Column(row, column, "table.fields.additional.placement").Json, records.Output);
            }
        }
    }

    private void WriteValue(
        IReadOnlyDictionary<string, OutboxColumn> row, string? rowSchema, OutboxColumn payload, List<(string Column, OutboxPlacement Placement, string Name)> additional)
    {
        var output = records.Output;
        if (!_enveloped)
        {
            output.Write(RelationPlanner.PayloadOpen(format.ValueSchemas, payload.Schema with { Field = null }, ""));
            output.Write(payload.Json);
        }
        else
        {
            (string Name, OutboxColumn Value)[] fields =
            [
                ("payload", payload),
                .. additional.Where(a => a.Placement == OutboxPlacement.Envelope).Select(a => (a.Name, Column(row, a.Column, "table.fields.additional.placement"))),
            ];
            output.Write(RelationPlanner.PayloadOpen(format.ValueSchemas, Schema(row, rowSchema, fields), ""));
            for (int i = 0; i < fields.Length; i++)
            {
                output.Write(JsonLiteral.Bytes($"{(i == 0 ? '{' : ',')}{JsonLiteral.Quote(fields[i].Name)}:"));
                output.Write(fields[i].Value.Json);
            }

            output.Write("}"u8);
        }

        output.Write(format.ValueSchemas ? "}"u8 : default);
        records.EndValue();
    }

    // The schema keeps the name that its first event gave it, whatever later ones are routed by: so does Debezium (case 23h).
    private SchemaNode Schema(IReadOnlyDictionary<string, OutboxColumn> row, string? rowSchema, (string Name, OutboxColumn Value)[] fields)
    {
        int? version = options.Version is null ? null
            : int.TryParse(Column(row, options.Version, "table.field.event.schema.version").Json, CultureInfo.InvariantCulture, out int number) ? number
            : throw new TransformException($"the outbox row's column {options.Version}, which table.field.event.schema.version names, is null or no integer");
        if (!_schemaNames.TryGetValue(version ?? -1, out string? name))
        {
            string routed = row[options.RouteBy].Text!;
            int dot = rowSchema?.LastIndexOf('.') ?? -1;
            name = rowSchema is null ? routed : $"{rowSchema[..(dot + 1)]}{routed}.{rowSchema[(dot + 1)..]}";
            _schemaNames.Add(version ?? -1, name);
        }

        return new SchemaNode { Type = "struct", Fields = [.. fields.Select(f => f.Value.Schema with { Field = f.Name })], Name = name, Version = version };
    }

    private OutboxColumn Expanded(OutboxColumn payload) =>
        options.Expand && payload.Text is { } text && options.Expansion.Expand(options.Payload, Encoding.UTF8.GetBytes(text)) is { } expanded
            ? new OutboxColumn(expanded.Schema, expanded.Json)
            : payload;

    private void CheckTimestamp(IReadOnlyDictionary<string, OutboxColumn> row)
    {
        if (options.Timestamp is not null && Column(row, options.Timestamp, "table.field.event.timestamp").Schema is var schema
            && (schema.Type != "int64" || schema.Name is not ("io.debezium.time.Timestamp" or "io.debezium.time.MicroTimestamp" or "io.debezium.time.NanoTimestamp")))
        {
            throw new TransformException($"table.field.event.timestamp names {options.Timestamp}, which is no timestamp without time zone");
        }
    }

    private static OutboxColumn Column(IReadOnlyDictionary<string, OutboxColumn> row, string name, string option) => row.TryGetValue(name, out var column)
        ? column
        : throw new TransformException($"there is no column {name} in the row, which {option} names: is this an outbox table? The EventRouter takes every table that is captured");
}
