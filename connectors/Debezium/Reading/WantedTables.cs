using System.Text.Json;
using Penstock.Debezium.Reading.Fields;
using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading;

/// <summary>What an event says of its table. Made once for each new schema, so it may use documents.</summary>
internal static class WantedTables
{
    /// <summary>The table by the event's schema.</summary>
    /// <param name="schema">The table's schema.</param>
    /// <param name="name">Its name.</param>
    /// <param name="view">An event with a schema.</param>
    /// <param name="key">The record's key.</param>
    /// <param name="options">Which fields are taken, and what the key is.</param>
    /// <param name="topic">The topic's name.</param>
    /// <exception cref="UnfitValueException">A field has no type, or the key is not of the row.</exception>
    public static WantedTable Of(string schema, string name, in EventView view, ReadOnlySpan<byte> key, DecoderOptions options, string topic)
    {
        try
        {
            using var document = JsonDocument.Parse(view.Schema.In(view.Json).ToArray());
            var columns = RowOf(document.RootElement).Where(field => IsColumn(field.GetProperty("field").GetString()!, options, topic)).Select(SchemaTypes.Column).ToList();
            return new WantedTable(schema, name, columns, KeyOf(key, [.. columns.Select(column => column.Name)], options));
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new MalformedEventException("the event's schema is not one of Kafka Connect");
        }
    }

    /// <summary>The table by the header <c>__penstock.types</c>.</summary>
    /// <param name="schema">The table's schema.</param>
    /// <param name="name">Its name.</param>
    /// <param name="types">The header.</param>
    /// <param name="view">An event without a schema.</param>
    /// <param name="key">The record's key.</param>
    /// <param name="options">Which fields are taken, and what the key is.</param>
    /// <param name="topic">The topic's name.</param>
    /// <exception cref="UnfitValueException">A field has no type, or the key is not of the row.</exception>
    public static WantedTable OfTypes(string schema, string name, ReadOnlySpan<byte> types, in EventView view, ReadOnlySpan<byte> key, DecoderOptions options, string topic)
    {
        var columns = ToldTypes.Columns(types).Where(column => IsColumn(column.Name, options, topic)).ToList();
        HashSet<string> told = [.. columns.Select(column => column.Name)];
        if (view.After.Kind == JsonKind.Object)
        {
            var members = new JsonScanner(view.Json, view.After);
            while (members.TryNext(out var member, out _))
            {
                string field = member.TextIn(view.Json);
                if (IsColumn(field, options, topic) && !told.Contains(field))
                {
                    throw new UnfitValueException($"no type is told for field \"{field}\" (a domain?): add its column yourself, or leave it out with PENSTOCK_FIELD_EXCLUDE_LIST{Suggestion(schema, name, view, key, options, topic, null)}");
                }
            }
        }

        return new WantedTable(schema, name, columns, KeyOf(key, told, options));
    }

    /// <summary>
    /// For an event without a schema: a statement that makes the table or adds the columns, with types that the JSON suggests, and a word of warning.
    /// </summary>
    /// <param name="schema">The table's schema.</param>
    /// <param name="name">Its name.</param>
    /// <param name="view">An event without a schema.</param>
    /// <param name="key">The record's key.</param>
    /// <param name="options">Which fields are taken, and what the key is.</param>
    /// <param name="topic">The topic's name.</param>
    /// <param name="missing">Columns to add; null to make the table.</param>
    public static string Suggestion(string schema, string name, in EventView view, ReadOnlySpan<byte> key, DecoderOptions options, string topic, IReadOnlyCollection<string>? missing)
    {
        if (view.After.Kind != JsonKind.Object)
        {
            return "";
        }

        using var document = JsonDocument.Parse(view.After.In(view.Json).ToArray());
        WantedColumn[] columns = [.. document.RootElement.EnumerateObject().Where(member => IsColumn(member.Name, options, topic)).Select(member => new WantedColumn(member.Name, member.Value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Number => "numeric",
            JsonValueKind.Object or JsonValueKind.Array => "jsonb",
            _ => "text",
        }))];
        var wanted = new WantedTable(schema, name, columns, missing is null ? KeyOf(key, [.. columns.Select(column => column.Name)], options) : []);
        string statement = missing is null ? TableDdl.Create(wanted) : TableDdl.Add(wanted, columns.Where(column => missing.Contains(column.Name)));
        return $". Events without schemas do not say types: turn schemas on at the source, or PENSTOCK_TYPES_HEADER_ENABLED at postgres-to-kafka, or run this with the source's own types, which are only guessed here: {statement};";
    }

    private static IEnumerable<JsonElement> RowOf(JsonElement schema)
    {
        if (!schema.TryGetProperty("fields", out var fields) || fields.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        foreach (var field in fields.EnumerateArray())
        {
            if (field.TryGetProperty("field", out var name) && name.GetString() is "after" or "before" && field.TryGetProperty("type", out var type) && type.GetString() == "struct")
            {
                return RowOf(field);
            }
        }

        return fields.EnumerateArray();
    }

    // Metadata of flattened events (__op, __deleted) is no column.
    private static bool IsColumn(string field, DecoderOptions options, string topic) => !field.StartsWith("__", StringComparison.Ordinal) && options.IsTaken(topic, field);

    private static List<string> KeyOf(ReadOnlySpan<byte> key, HashSet<string> columns, DecoderOptions options)
    {
        if (!options.WithKey)
        {
            return [];
        }

        List<string> names = [.. options.KeyFields];
        if (names.Count == 0 && !key.IsEmpty)
        {
            var view = EventView.Of(key);
            using var document = JsonDocument.Parse(view.After.In(view.Json).ToArray());
            names.AddRange(document.RootElement.EnumerateObject().Select(member => member.Name));
        }

        return names.FirstOrDefault(name => !columns.Contains(name)) is { } other
            ? throw new UnfitValueException($"the key has a field \"{other}\" that the row does not have: create the table yourself, or name the key with PENSTOCK_PRIMARY_KEY_FIELDS")
            : names;
    }
}
