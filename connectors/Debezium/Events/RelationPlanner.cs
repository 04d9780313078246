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

    private readonly Dictionary<string, TransactionCount> _counts = new(StringComparer.Ordinal);

    private readonly EncoderTable _encoders = new(format.Values, catalog);

    private readonly bool _correct = format.Values.Compat == CompatMode.Correct;

    private volatile (string Table, ColumnSlot Slot)[] _planned = [];
    private volatile (string Table, string Column, string Type)[] _leftOut = [];

    /// <summary>The columns of all plans. Those of a replaced plan leave, and hand on what they have counted; only a column that is gone, or of another type, stays with its count. Any thread.</summary>
    public IReadOnlyList<(string Table, ColumnSlot Slot)> Planned => _planned;

    /// <summary>Counts for columns that are written in another form than their plan's.</summary>
    public void Track(string table, ColumnSlot[] slots) => _planned = [.. _planned, .. slots.Where(s => !Array.Exists(_planned, p => p.Slot == s)).Select(s => (table, s))];

    /// <summary>Captured columns that no event has, because Debezium does not know their type. Any thread.</summary>
    public IReadOnlyList<(string Table, string Column, string Type)> LeftOut => _leftOut;

    /// <summary>The catalogue's table of today, read anew: only a Relation message asks.</summary>
    public CatalogTable? Find(uint oid)
    {
        catalog.Invalidate(oid);
        return catalog.FindTable(oid);
    }

    /// <summary>A Type message came: what the catalogue said of the type may be old.</summary>
    public void Forget(uint typeOid) => catalog.Invalidate(typeOid);

    /// <summary>What the catalogue says about the types of a relation that are not built in, and about what these are made of.</summary>
    public CatalogType[] TypesOf(Relation relation)
    {
        var types = new List<CatalogType>();
        foreach (var column in relation.Columns)
        {
            // An array of a domain over a domain: the chain ends at a built-in type, or where the catalogue does not know further.
            for (uint oid = column.TypeOid; oid >= PostgresCatalog.FirstUserOid && !types.Exists(t => t.Oid == oid) && catalog.FindType(oid) is { } type;)
            {
                types.Add(type);
                oid = type.ElementOid != 0 ? type.ElementOid : type.BaseOid;
            }
        }

        return [.. types];
    }

    /// <summary>The plan of a relation.</summary>
    /// <param name="message">The Relation message.</param>
    /// <param name="relation">The same, read.</param>
    /// <param name="table">The catalogue's table of today; null if it is gone.</param>
    /// <param name="origin">Where the rows come from.</param>
    /// <param name="replaced">The plan that this one takes the place of.</param>
    public RelationPlan Build(byte[] message, Relation relation, CatalogTable? table, RowOrigin origin, RelationPlan? replaced)
    {
        string name = $"{relation.Schema}.{relation.Name}";
        if (relation.Schema == OwnSchema || !selection.Includes(relation.Schema, relation.Name))
        {
            return RelationPlan.Empty(message, relation, table, name, relation.Schema == OwnSchema);
        }

        string[] keyColumns = EventKeys.Columns(format, relation, table);
        var fields = new List<(ColumnSlot Slot, SchemaNode Schema)>();
        var keyFields = new (ColumnSlot Slot, SchemaNode Schema)?[keyColumns.Length];
        var headerKey = new ColumnSlot?[keyColumns.Length];
        for (int i = 0; i < relation.Columns.Length; i++)
        {
            var column = relation.Columns[i];
            int keyPlace = Array.IndexOf(keyColumns, column.Name);
            bool inRow = selection.IncludesColumn(relation.Schema, relation.Name, column.Name);
            if (keyPlace < 0 && !inRow)
            {
                continue;
            }

            if (Encoder(name, table, column, origin) is not { } encoder)
            {
                LeaveOut((name, column.Name, Find(table, column)?.Type ?? $"type {column.TypeOid}"));
                continue;
            }

            // Debezium reads the catalogue through the column lists: what is not captured is optional and without default, in the key as well.
            var described = inRow ? Find(table, column) : null;
            // Of a column that is dropped meanwhile only the message speaks, and REPLICA IDENTITY FULL flags every column.
            bool notNull = inRow && ((described?.NotNull ?? (column.IsKey && relation.ReplicaIdentity != 'f')) || catalog.FindType(column.TypeOid) is { Kind: 'd', NotNull: true });
            if (keyPlace >= 0)
            {
                // Encoders of their own: what they lose is counted where the row is written.
                var own = inRow ? Encoder(name, table, column, origin)! : encoder;
                keyFields[keyPlace] = Field(column, i, described, notNull, own);
                headerKey[keyPlace] = Field(column, i, described, notNull, HeaderValue.Of(own)).Slot;
            }

            if (inRow)
            {
                bool required = notNull && (!_correct || IsAlwaysThere(relation, column, encoder));
                fields.Add(Changed(relation, column, Type(column, described, origin), Field(column, i, described, required, encoder)));
            }
        }

        // An index on an expression names no column of the table.
        bool hasKey = Array.Exists(relation.Columns, c => keyColumns.Contains(c.Name));
        EnsureNamesDiffer(name, fields.Select(f => f.Slot.Name).Zip(fields.Select(f => f.Schema.Field!)));
        Zone(relation, fields);
        Plan(name, fields, replaced?.Row ?? []);
        return Assemble(message, relation, table, name, fields, hasKey, [.. keyFields.OfType<(ColumnSlot, SchemaNode)>()], [.. headerKey.OfType<ColumnSlot>()]);
    }

    // Connect refuses a struct with two fields of one name, and Debezium stops.
    private static void EnsureNamesDiffer(string table, IEnumerable<(string Column, string Field)> fields)
    {
        if (fields.GroupBy(f => f.Field, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
        {
            throw new UnrepresentableValueException($"the columns {string.Join(" and ", twice.Select(f => f.Column))} of {table} both become the field {twice.Key}: leave one of them out with column.exclude.list, or see field.name.adjustment.mode");
        }
    }

    // A plan takes the place of another one: the list must not grow with every change of a table, nor with every change of its types.
    private void Plan(string table, List<(ColumnSlot Slot, SchemaNode Schema)> fields, ColumnSlot[] replaced)
    {
        foreach (var (slot, _) in fields)
        {
            slot.Unrepresented = Array.Find(replaced, r => r.Name == slot.Name && r.Type == slot.Type) is { } before ? Lost(before) : 0;
        }

        static long Lost(ColumnSlot slot) => slot.Unrepresented + slot.Encoder.Losses;
        bool Stays(ColumnSlot slot) => !Array.Exists(replaced, r => ReferenceEquals(r, slot)) || (Lost(slot) > 0 && !fields.Exists(f => f.Slot.Name == slot.Name && f.Slot.Type == slot.Type));
        _planned = [.. _planned.Where(p => Stays(p.Slot)), .. fields.Select(f => (table, f.Slot))];
    }

    private void LeaveOut((string Table, string Column, string Type) column) =>
        _leftOut = Array.IndexOf(_leftOut, column) < 0 ? [.. _leftOut, column] : _leftOut;

    private RelationPlan Assemble(
        byte[] message,
        Relation relation,
        CatalogTable? table,
        string name,
        List<(ColumnSlot Slot, SchemaNode Schema)> fields,
        bool hasKey,
        (ColumnSlot Slot, SchemaNode Schema)[] keyFields,
        ColumnSlot[] headerKey)
    {
        string topic = names.Table(relation.Schema, relation.Name);
        var row = EventSchemas.Table(names.Schema($"{topic}.Value"), [.. fields.Select(f => f.Schema)]);
        string? physical = keyFields.Length == 0 ? null : names.PhysicalTableField;
        var key = EventSchemas.Table(
            names.Schema($"{topic}.Key"),
            [.. keyFields.Select(f => f.Schema), .. physical is null ? [] : new[] { new SchemaNode { Type = "string", Field = physical } }]);
        string keyMembers = physical is null ? "" : $",{JsonLiteral.Quote(physical)}:{JsonLiteral.Quote(names.PhysicalTable(relation.Schema, relation.Name))}";
        var slots = InOrder(fields.Select(f => f.Slot));
        var keySlots = InOrder(keyFields.Select(f => f.Slot));
        var envelope = new EnvelopeShape(names.Schema($"{topic}.Envelope"), row, slots, format.ValueSchemas);
        return new RelationPlan
        {
            Message = message,
            Relation = relation,
            Catalog = table,
            Included = true,
            TraceParentColumn = format.TraceParentColumn is { } traceParent ? Array.FindIndex(relation.Columns, column => column.Name == traceParent) : -1,
            IsSignalTable = format.SignalTable is { } signals && (signals.Schema, signals.Name) == (relation.Schema, relation.Name),
            Table = tables.Add(name, string.Join(", ", keyFields.Select(f => f.Slot.Name))),
            Topic = topics.Add(topic),
            Row = slots,
            HasKey = hasKey,
            Key = keySlots,
            HeaderKey = InOrder(headerKey),
            KeyOpen = PayloadOpen(format.KeySchemas, key, ""),
            KeyClose = JsonLiteral.Bytes(keyMembers + "}"),
            KeyShape = keySlots.Length == 0 ? null : new KeyShape(key, keySlots, keyMembers, format.KeySchemas),
            ValueOpen = envelope.Open,
            Envelope = envelope,
            Types = format.TypesHeader ? TypesHeader.Of(relation, slots, catalog) : [],
            SourceTable = JsonLiteral.Bytes($"\"schema\":{JsonLiteral.Quote(relation.Schema)},\"table\":{JsonLiteral.Quote(relation.Name)},\"txId\":"),
            Name = name,
            RowSchema = row,
            Count = CountOf(name),
            KeyMayBeAbsent = _correct && EventKeys.MayBeAbsent(relation.ReplicaIdentity, keyFields.Select(f => relation.Columns[f.Slot.Index].IsKey)),
        };
    }

    private ValueEncoder? Encoder(string name, CatalogTable? table, RelationColumn column, RowOrigin origin) => format.Columns.PassesAsText($"{name}.{column.Name}")
        ? _encoders.AsText()
        : _encoders.Find(column.TypeOid, column.TypeModifier, origin, Find(table, column)?.Dimensions ?? 1);

    // What the server may leave out must be allowed to be null: in the old row all that is not part of the replica identity, in the new one a TOASTed value for which nothing can stand.
    private static bool IsAlwaysThere(Relation relation, RelationColumn column, ValueEncoder encoder) =>
        !encoder.NeedsNullForUnavailable && (column.IsKey || relation.ReplicaIdentity is not ('d' or 'i') || !Array.Exists(relation.Columns, c => c.IsKey));

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


    private (ColumnSlot Slot, SchemaNode Schema) Field(RelationColumn column, int index, CatalogColumn? described, bool notNull, ValueEncoder encoder)
    {
        string field = names.Field(column.Name);
        string? defaultJson = described is null ? null : _encoders.DefaultJson(encoder, described);
        byte[]? nullJson = defaultJson is not null && (notNull || format.ReplaceNullWithDefault)
            ? JsonLiteral.Bytes(defaultJson)
            : notNull ? null : JsonLiteral.Bytes("null");
        var slot = new ColumnSlot
        {
            // The brace of the first field is put in place when the order is known.
            Prefix = JsonLiteral.Bytes($",{JsonLiteral.Quote(field)}:"),
            Encoder = encoder,
            Index = index,
            Name = column.Name,
            Field = field,
            Type = described?.Type ?? $"type {column.TypeOid}",
            NullJson = nullJson,
            Optional = !notNull,
        };
        return (slot, encoder.Schema with { Field = field, Optional = !notNull, DefaultJson = defaultJson });
    }

    // What the options about single columns make of a field; keys stay as they are.
    private (ColumnSlot Slot, SchemaNode Schema) Changed(Relation relation, RelationColumn column, SourceType type, (ColumnSlot Slot, SchemaNode Schema) field)
    {
        var (slot, schema) = field;
        if (format.Columns.Find($"{relation.Schema}.{relation.Name}", column.Name, type, slot.Encoder, format.Values) is not { } change)
        {
            return field;
        }

        if (change.Encoder is ChangedEncoder changed)
        {
            // A NULL that a default replaces is replaced by JsonConverter, after the change; only a mask is put over it.
            byte[]? nullJson = !schema.Optional || changed is MaskedEncoder ? changed.ChangeDefault(slot.NullJson) : slot.NullJson;
            slot = slot with { Encoder = changed, NullJson = nullJson };
        }

        return (slot, schema with { Parameters = [.. schema.Parameters, .. change.Parameters] });
    }

    private SourceType Type(RelationColumn column, CatalogColumn? described, RowOrigin origin)
    {
        var type = SourceType.Of(column.TypeOid, column.TypeModifier, catalog);
        return origin == RowOrigin.Snapshot ? type.OfSnapshot(column.TypeModifier, described?.DefaultExpression) : type;
    }

    // TimezoneConverter works on envelopes: where a transform before it leaves none, it does nothing.
    private void Zone(Relation relation, List<(ColumnSlot Slot, SchemaNode Schema)> fields)
    {
        var (_, zones) = ChainRules.Follow(format.Transforms.Links, names.Table(relation.Schema, relation.Name), [.. fields.Select(f => f.Schema.Field!)]);
        foreach (var (zone, topic) in zones)
        {
            for (int i = 0; i < fields.Count; i++)
            {
                var (slot, schema) = fields[i];
                fields[i] = (slot with { Encoder = zone.Wrap(slot.Encoder, topic, relation.Name, schema.Field!) }, schema);
            }
        }
    }

    private static ColumnSlot[] InOrder(IEnumerable<ColumnSlot> fields)
    {
        ColumnSlot[] slots = [.. fields];
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
