using Penstock.Debezium.Columns;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Transforms;
using Penstock.Debezium.Values;
using Penstock.Engine.Flow;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>
/// Builds the plan of a relation from its Relation message (names, order, types) and the catalogue (keys, nullability, defaults). Where the two disagree the message wins; a
/// table that is gone from the catalogue gets its key from the message's key flags.
/// </summary>
internal sealed class RelationPlanner(EventFormat format, ICatalog catalog, ITableSelection selection, TopicTable topics, TopicNames names, TableNames tables)
{
    /// <summary>Postgres' own schema of this pipeline: progress marks, never captured.</summary>
    private const string OwnSchema = "penstock";

    private static readonly SchemaNode PhysicalTable = new() { Type = "string", Field = "__dbz__physicalTableIdentifier" };

    private static readonly SchemaNode NoRow = EventSchemas.Table("", []);

    private static readonly TransactionCount NotCounted = new("");

    private readonly Dictionary<string, TransactionCount> _counts = new(StringComparer.Ordinal);

    // The transform that adds a field to a row copies the row, and takes defaults for nulls on the way.
    private readonly bool _replaceNullWithDefault = format.ReplaceNullWithDefault || format.Transforms.Flat is { Rewrites: true, ReplaceNullWithDefault: true };

    private readonly EncoderTable _encoders = new(format.Values, catalog);

    private volatile (string Table, ColumnSlot Slot)[] _planned = [];

    /// <summary>The columns of all plans ever made, replaced ones too: their counts go on counting. Any thread.</summary>
    public IReadOnlyList<(string Table, ColumnSlot Slot)> Planned => _planned;

    /// <summary>The catalogue's table of today, read anew: only a Relation message asks.</summary>
    public CatalogTable? Find(uint oid)
    {
        catalog.Invalidate(oid);
        return catalog.FindTable(oid);
    }

    /// <summary>A Type message came: what the catalogue said of the type may be old.</summary>
    public void Forget(uint typeOid) => catalog.Invalidate(typeOid);

    public RelationPlan Build(byte[] message, Relation relation, CatalogTable? table, RowOrigin origin)
    {
        string name = $"{relation.Schema}.{relation.Name}";
        if (relation.Schema == OwnSchema || !selection.Includes(relation.Schema, relation.Name))
        {
            return Excluded(message, relation, table, name);
        }

        string[] keyColumns = KeyColumns(relation, table);
        var fields = new List<(ColumnSlot Slot, SchemaNode Schema)>();
        var keyFields = new (ColumnSlot Slot, SchemaNode Schema)?[keyColumns.Length];
        for (int i = 0; i < relation.Columns.Length; i++)
        {
            var column = relation.Columns[i];
            int keyPlace = Array.IndexOf(keyColumns, column.Name);
            bool inRow = selection.IncludesColumn(relation.Schema, relation.Name, column.Name);
            if ((keyPlace < 0 && !inRow) || _encoders.Find(column.TypeOid, column.TypeModifier, origin) is not { } encoder)
            {
                continue;
            }

            // Debezium reads the catalogue through the column lists: what is not captured is optional and without default, in the key as well.
            var described = inRow ? Find(table, column) : null;
            // Of a column that is dropped meanwhile only the message speaks, and REPLICA IDENTITY FULL flags every column.
            bool notNull = inRow && ((described?.NotNull ?? (column.IsKey && relation.ReplicaIdentity != 'f')) || catalog.FindType(column.TypeOid) is { Kind: 'd', NotNull: true });
            if (keyPlace >= 0)
            {
                keyFields[keyPlace] = Field(column, i, described, notNull, encoder);
            }

            if (inRow)
            {
                fields.Add(Zoned(relation, Changed(relation, column, Field(column, i, described, notNull, encoder))));
            }
        }

        return Assemble(message, relation, table, name, fields, [.. keyFields.OfType<(ColumnSlot, SchemaNode)>()]);
    }

    private RelationPlan Assemble(
        byte[] message,
        Relation relation,
        CatalogTable? table,
        string name,
        List<(ColumnSlot Slot, SchemaNode Schema)> fields,
        (ColumnSlot Slot, SchemaNode Schema)[] keyFields)
    {
        _planned = [.. _planned, .. fields.Select(f => (name, f.Slot))];
        string own = names.Table(relation.Schema, relation.Name);
        string? routed = format.Transforms.Router?.Topic(own);
        string topic = routed ?? own;
        var row = EventSchemas.Table(names.Schema($"{topic}.Value"), [.. fields.Select(f => f.Schema)]);
        string? physical = keyFields.Length == 0 ? null : names.PhysicalTable(relation.Name);
        var key = EventSchemas.Table(names.Schema($"{topic}.Key"), [.. keyFields.Select(f => f.Schema), .. physical is null ? [] : new[] { PhysicalTable }]);
        string keyClose = physical is null ? "" : $",\"{PhysicalTable.Field}\":{JsonLiteral.Quote(physical)}";
        string headerKeyClose = keyClose;
        if (routed is not null && keyFields.Length > 0 && format.Transforms.Router!.KeyField is { } field)
        {
            key = key with { Fields = [.. key.Fields, PhysicalTable with { Field = field }] };
            keyClose += $",{JsonLiteral.Quote(field)}:{JsonLiteral.Quote(format.Transforms.Router.KeyValue(own))}";
        }

        var envelope = EventSchemas.Envelope(names.Schema($"{topic}.Envelope"), row);
        var slots = InOrder(fields);
        return new RelationPlan
        {
            Message = message,
            Relation = relation,
            Catalog = table,
            Included = true,
            Table = tables.Add(name, string.Join(", ", keyFields.Select(f => f.Slot.Name))),
            Topic = topics.Add(topic),
            Row = slots,
            Key = InOrder(keyFields),
            KeyOpen = PayloadOpen(format.KeySchemas, key, ""),
            KeyClose = JsonLiteral.Bytes(keyClose + "}"),
            HeaderKeyClose = JsonLiteral.Bytes(headerKeyClose + "}"),
            ValueOpen = PayloadOpen(format.ValueSchemas, envelope, "{\"before\":"),
            SourceTable = JsonLiteral.Bytes($"\"schema\":{JsonLiteral.Quote(relation.Schema)},\"table\":{JsonLiteral.Quote(relation.Name)},\"txId\":"),
            Name = name,
            RowSchema = row,
            Flat = format.Transforms.Flat is { } flat ? FlatShape.Build(flat, row, slots, format.ValueSchemas) : null,
            Count = CountOf(name),
        };
    }

    private TransactionCount CountOf(string name)
    {
        if (!_counts.TryGetValue(name, out var count))
        {
            _counts.Add(name, count = new TransactionCount(name));
        }

        return count;
    }

    /// <summary><c>{"schema":...,"payload":</c> if asked for, and then <paramref name="then"/>.</summary>
    internal static byte[] PayloadOpen(bool withSchema, SchemaNode schema, string then) => withSchema
        ? [.. "{\"schema\":"u8, .. SchemaWriter.Write(schema), .. ",\"payload\":"u8, .. JsonLiteral.Bytes(then)]
        : JsonLiteral.Bytes(then);

    private static RelationPlan Excluded(byte[] message, Relation relation, CatalogTable? table, string name) => new()
    {
        Message = message,
        Relation = relation,
        Catalog = table,
        Included = false,
        Table = -1,
        Topic = -1,
        Row = [],
        Key = [],
        KeyOpen = [],
        KeyClose = [],
        HeaderKeyClose = [],
        ValueOpen = [],
        SourceTable = [],
        Name = name,
        RowSchema = NoRow,
        Count = NotCounted,
    };

    // message.key.columns, else the primary key, else the first unique index by name, partial ones and those on nullable columns too, expressions not (capture A19).
    private string[] KeyColumns(Relation relation, CatalogTable? table)
    {
        if (format.MessageKeys.Find(relation.Schema, relation.Name) is { } own)
        {
            return own;
        }

        if (table is null)
        {
            // REPLICA IDENTITY FULL flags every column: that is no key.
            return relation.ReplicaIdentity == 'f' ? [] : [.. relation.Columns.Where(c => c.IsKey).Select(c => c.Name)];
        }

        if (table.PrimaryKey.Length > 0)
        {
            return table.PrimaryKey;
        }

        var index = table.UniqueIndexes
            .OrderBy(i => i.Name, StringComparer.Ordinal)
            .FirstOrDefault(i => i.Columns.Length > 0 && Array.TrueForAll(i.Columns, c => c is not null));
        return index is null ? [] : [.. index.Columns.Select(c => c!)];
    }

    private (ColumnSlot Slot, SchemaNode Schema) Field(RelationColumn column, int index, CatalogColumn? described, bool notNull, ValueEncoder encoder)
    {
        string field = names.Field(column.Name);
        string? defaultJson = described is null ? null : _encoders.DefaultJson(encoder, described);
        byte[]? nullJson = defaultJson is not null && (notNull || _replaceNullWithDefault)
            ? JsonLiteral.Bytes(defaultJson)
            : notNull ? null : JsonLiteral.Bytes("null");
        var slot = new ColumnSlot
        {
            // The brace of the first field is put in place when the order is known.
            Prefix = JsonLiteral.Bytes($",{JsonLiteral.Quote(field)}:"),
            Encoder = encoder,
            Index = index,
            Name = column.Name,
            Type = described?.Type ?? $"type {column.TypeOid}",
            NullJson = nullJson,
            PlainInHeader = encoder.Schema.Name == "org.apache.kafka.connect.data.Decimal",
        };
        return (slot, encoder.Schema with { Field = field, Optional = !notNull, DefaultJson = defaultJson });
    }

    // What the options about single columns make of a field; keys stay as they are.
    private (ColumnSlot Slot, SchemaNode Schema) Changed(Relation relation, RelationColumn column, (ColumnSlot Slot, SchemaNode Schema) field)
    {
        string table = $"{relation.Schema}.{relation.Name}";
        string name = $"{table}.{column.Name}";
        var type = SourceType.Of(column.TypeOid, column.TypeModifier, catalog);
        var (slot, schema) = field;
        var encoder = format.Columns.Wrap(name, slot.Encoder, format.Values, type.Length);
        if (encoder != slot.Encoder)
        {
            slot = slot with { Encoder = encoder, NullJson = encoder is MaskedEncoder masked ? masked.Mask : slot.NullJson };
            schema = schema with { Parameters = encoder.Schema.Parameters };
        }

        return format.Columns.TellsSourceType(name, $"{table}.{type.Name}") ? (slot, schema with { Parameters = [.. schema.Parameters, .. type.Parameters(column.Name)] }) : (slot, schema);
    }

    private (ColumnSlot Slot, SchemaNode Schema) Zoned(Relation relation, (ColumnSlot Slot, SchemaNode Schema) field) => format.Transforms.Zone is not { } zone
        ? field
        : (field.Slot with { Encoder = zone.Wrap(field.Slot.Encoder, names.Table(relation.Schema, relation.Name), relation.Name, field.Schema.Field!) }, field.Schema);

    private static ColumnSlot[] InOrder(IEnumerable<(ColumnSlot Slot, SchemaNode Schema)> fields)
    {
        ColumnSlot[] slots = [.. fields.Select(f => f.Slot)];
        if (slots.Length > 0)
        {
            slots[0].Prefix[0] = (byte)'{';
        }

        return slots;
    }

    // A column of the same name and type: a dropped and re-created one of another type says nothing about this row's.
    private static CatalogColumn? Find(CatalogTable? table, RelationColumn column) =>
        table is null ? null : Array.Find(table.Columns, c => c.Name == column.Name && c.TypeOid == column.TypeOid);
}
