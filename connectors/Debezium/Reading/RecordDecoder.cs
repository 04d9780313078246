using System.Buffers.Binary;
using Penstock.Debezium.Reading.Fields;
using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading;

/// <summary>What the decoder needs of the settings.</summary>
public sealed record DecoderOptions
{
    public ReadingFormat Format { get; init; } = new();

    /// <summary><c>delete.enabled</c>.</summary>
    public bool WithDeletes { get; init; } = true;

    /// <summary><c>truncate.enabled</c>.</summary>
    public bool WithTruncates { get; init; }

    /// <summary><c>collection.name.format</c> uses fields of the source block.</summary>
    public bool NamesComeFromSource { get; init; }

    /// <summary>The table's schema ("" for the search path) and name for a topic, and the source's schema and table ("" where they are not used).</summary>
    public required Func<string, string, string, (string Schema, string Name)> TableOf { get; init; }

    /// <summary>Whether a field of a topic is taken: <c>field.include.list</c>, <c>field.exclude.list</c>.</summary>
    public required Func<string, string, bool> IsTaken { get; init; }

    /// <summary>Rows have keys: not <c>primary.key.mode=none</c>.</summary>
    public bool WithKey { get; init; } = true;

    /// <summary>Records come in the order of whole transactions, and what was applied before has been taken out: <c>apply=transaction</c>.</summary>
    public bool IsAssembled { get; init; }

    /// <summary><c>primary.key.fields</c>; empty for the key of the record.</summary>
    public IReadOnlyList<string> KeyFields { get; init; } = [];
}

/// <summary>
/// Turns records into changes: finds the table, drops what was applied before, and writes rows in the form in which they are copied. Called by one thread, in the order of each partition.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="find">Looks a table of the target up; null where there is none. Called once for each table.</param>
/// <param name="hasChanged">Asked before a row is refused: whether its table is no longer as it was when it was looked up.</param>
/// <param name="evolve">Makes a table what an event's schema wants, and gives it as it is then; told the table as it was known, or null. Null for <c>schema.evolution=none</c>.</param>
public sealed class RecordDecoder(
    DecoderOptions options, Func<string, string, TargetTable?> find, Func<TargetTable, bool>? hasChanged = null, Func<WantedTable, TargetTable?, TargetTable>? evolve = null)
{
    private readonly Placeholders _placeholders = new(options.Format.Placeholder);
    private readonly Dictionary<(string Schema, string Name), TargetTable?> _tables = [];
    private readonly Dictionary<string, Topic> _topics = [];

    /// <summary>Events that were dropped because their partition had them before.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Adds the record's change to the batch.</summary>
    /// <param name="key">The record's key; empty for none.</param>
    /// <param name="value">The record's value.</param>
    /// <param name="isTombstone">It has no value.</param>
    /// <param name="identity">The header <c>__penstock.position</c>; empty for none.</param>
    /// <param name="types">The header <c>__penstock.types</c>; empty for none.</param>
    /// <param name="partition">Where it comes from.</param>
    /// <param name="offset">Its place there.</param>
    /// <param name="record">Its index in the consumed batch.</param>
    /// <param name="output">Gets the change.</param>
    /// <exception cref="TableChangedException">The row does not fit the table as it was, and it is another one now.</exception>
    public void Decode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone, ReadOnlySpan<byte> identity, ReadOnlySpan<byte> types, PartitionPosition partition, long offset, int record, ChangeBatch output)
    {
        int index = output.Count;
        ref var change = ref output.Add();
        change.Partition = partition;
        change.Offset = offset;
        change.Record = record;
        if (offset < partition.AppliedOffset)
        {
            Duplicates++;
            return;
        }

        int from = output.Bytes;
        try
        {
            if (isTombstone)
            {
                Tombstone(key, partition, output, ref change);
            }
            else
            {
                var view = EventView.Of(value);
                view.Position = view.Position with { Ordinal = OrdinalOf(identity) };
                if (IsNew(view, partition))
                {
                    Event(key, view, types, partition, output, ref change);
                }
            }
        }
        catch (Exception unfit) when (unfit is UnfitValueException or MalformedEventException)
        {
            if (change.Table is { } table && hasChanged?.Invoke(table) == true)
            {
                throw new TableChangedException(table);
            }

            output.Rewind(from);
            output.Refuse(index, unfit.Message);
        }
    }

    private bool IsNew(in EventView view, PartitionPosition partition)
    {
        if (!view.IsEnvelope || view.Position.TimeMs == 0)
        {
            return true;
        }

        if (view.IsSnapshot)
        {
            // The snapshot's position is that of all it has read: a commit applied at or behind it means that the stream after the snapshot has been here.
            if (view.Position.Lsn <= partition.Applied.CommitLsn && view.Position.TimeMs <= partition.Applied.TimeMs)
            {
                Duplicates++;
                return false;
            }

            // Whatever stream follows is taken in its order.
            partition.Applied = new SourcePosition(0, 0, view.Position.TimeMs);
            return true;
        }

        if (!view.HasPosition)
        {
            return true;
        }

        if (!options.IsAssembled && view.Position.IsOlderThan(partition.Applied))
        {
            Duplicates++;
            return false;
        }

        partition.Applied = view.Position;
        return true;
    }

    private static long OrdinalOf(ReadOnlySpan<byte> identity)
    {
        int colon = identity.LastIndexOf((byte)':');
        return colon >= 0 && System.Buffers.Text.Utf8Parser.TryParse(identity[(colon + 1)..], out long ordinal, out _) ? ordinal : -1;
    }

    /// <summary>
    /// Behind a delete event a tombstone says nothing new, and read again it would delete a row that was made anew since. Only where events carry no position, as flattened ones, it is the delete.
    /// </summary>
    private void Tombstone(ReadOnlySpan<byte> key, PartitionPosition partition, ChangeBatch output, ref Change change)
    {
        if (partition.Applied.TimeMs != 0 || key.IsEmpty || !options.WithDeletes || options.NamesComeFromSource)
        {
            return;
        }

        var topic = TopicOf(partition.Topic);
        Delete(key, default, default, TableOf(topic, "", "") ?? throw NoTable(topic, "", "", key, default), topic, output, ref change);
    }

    private void Event(ReadOnlySpan<byte> key, in EventView view, ReadOnlySpan<byte> types, PartitionPosition partition, ChangeBatch output, ref Change change)
    {
        if (view.Operation == 'm')
        {
            return;
        }

        bool isDelete = view.Operation == 'd' || (!view.IsEnvelope && view.IsDeleted);
        if ((isDelete && !options.WithDeletes) || (view.Operation == 't' && !options.WithTruncates))
        {
            return;
        }

        var topic = TopicOf(partition.Topic);
        string Part(in EventView of, in JsonValue value) => options.NamesComeFromSource && value.Kind == JsonKind.Text ? value.TextIn(of.Json) : "";
        string sourceSchema = Part(view, view.SourceSchema), sourceTable = Part(view, view.SourceTable);
        var table = evolve is not null && (view.Schema.Kind == JsonKind.Object || !types.IsEmpty)
            ? Evolved(topic, sourceSchema, sourceTable, key, view, types)
            : TableOf(topic, sourceSchema, sourceTable) ?? throw NoTable(topic, sourceSchema, sourceTable, key, view);
        change.Table = table;
        if (view.Operation == 't')
        {
            change.Kind = ChangeKind.Truncate;
        }
        else if (isDelete)
        {
            Delete(key, view.Json, view.IsEnvelope ? view.Before : view.After, table, topic, output, ref change);
        }
        else if (view.After.Kind == JsonKind.Object)
        {
            var reader = ReaderOf(topic, table, view);
            change.RowOffset = output.Bytes;
            change.IsPartial = reader.Write(view.Json, view.After, output, keyOnly: false);
            RefuseUnknown(reader, table, topic, key, view);
            change.RowLength = output.Bytes - change.RowOffset;
            change.Kind = view.Operation is (byte)'c' or (byte)'r' ? ChangeKind.Create : ChangeKind.Write;
            CopyKey(table, output, ref change);
        }
        else
        {
            throw new MalformedEventException("the event has no row in it");
        }
    }

    private void Delete(ReadOnlySpan<byte> key, ReadOnlySpan<byte> json, in JsonValue before, TargetTable table, Topic topic, ChangeBatch output, ref Change change)
    {
        change.Table = table;
        if (table.Key.Count == 0)
        {
            throw new UnfitValueException("a row cannot be deleted from a table without a primary key: give it one, name columns in PENSTOCK_PRIMARY_KEY_FIELDS, or set PENSTOCK_DELETE_ENABLED=false");
        }

        var reader = ReaderOf(topic, table, default);
        change.RowOffset = output.Bytes;
        if (key.IsEmpty)
        {
            if (before.Kind != JsonKind.Object)
            {
                throw new MalformedEventException("the record has neither key nor former row");
            }

            reader.Write(json, before, output, keyOnly: true);
        }
        else
        {
            var view = EventView.Of(key);
            reader.Write(view.Json, view.After, output, keyOnly: true);
        }

        change.RowLength = output.Bytes - change.RowOffset;
        change.Kind = ChangeKind.Delete;
        CopyKey(table, output, ref change);
    }

    private static void CopyKey(TargetTable table, ChangeBatch output, ref Change change)
    {
        change.KeyOffset = output.Bytes;
        foreach (int place in table.Key)
        {
            int at = change.RowOffset;
            for (int i = 0; i < place; i++)
            {
                at += sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(output.Written(at, sizeof(int))));
            }

            int length = BinaryPrimitives.ReadInt32BigEndian(output.Written(at, sizeof(int)));
            if (length < 0)
            {
                throw new UnfitValueException($"the event has no value for key column \"{table.Columns[place].Name}\"");
            }

            int bytes = sizeof(int) + length;
            output.Free(bytes);
            output.Written(at, bytes).CopyTo(output.Free(bytes));
            output.Advance(bytes);
        }

        change.KeyLength = output.Bytes - change.KeyOffset;
    }

    private void RefuseUnknown(RowReader reader, TargetTable table, Topic topic, ReadOnlySpan<byte> key, in EventView view)
    {
        if (reader.Unknown.Count > 0)
        {
            string names = string.Join(", ", reader.Unknown.Select(name => $"\"{name}\""));
            throw new UnfitValueException(
                $"table {table} has no column {names}: add it, or leave it out with PENSTOCK_FIELD_EXCLUDE_LIST{(evolve is null ? "" : WantedTables.Suggestion(table.Schema, table.Name, view, key, options, topic.Name, reader.Unknown))}");
        }
    }

    private Topic TopicOf(string name)
    {
        if (!_topics.TryGetValue(name, out var topic))
        {
            _topics[name] = topic = new Topic(name);
        }

        return topic;
    }

    private TargetTable? TableOf(Topic topic, string sourceSchema, string sourceTable)
    {
        if (topic.Table is { } last && topic.SourceSchema == sourceSchema && topic.SourceTable == sourceTable)
        {
            return last;
        }

        var name = options.TableOf(topic.Name, sourceSchema, sourceTable);
        if (!_tables.TryGetValue(name, out var table))
        {
            table = find(name.Schema, name.Name);
            if (table is not null)
            {
                _tables[name] = table;
            }
        }

        (topic.Table, topic.SourceSchema, topic.SourceTable) = (table, sourceSchema, sourceTable);
        return table;
    }

    private UnfitValueException NoTable(Topic topic, string sourceSchema, string sourceTable, ReadOnlySpan<byte> key, in EventView view)
    {
        var (schema, name) = options.TableOf(topic.Name, sourceSchema, sourceTable);
        return new UnfitValueException(
            $"there is no table {(schema.Length == 0 ? name : $"{schema}.{name}")} in the target for topic {topic.Name}: create it, or name another one with PENSTOCK_COLLECTION_NAME_FORMAT{(evolve is null ? "" : WantedTables.Suggestion(schema, name, view, key, options, topic.Name, null))}");
    }

    /// <summary>
    /// The table of an event with a schema, or with a header of types, which is compared with the table whenever it is another one. A table that rows are on their way to must not change under them: they are read again.
    /// </summary>
    private TargetTable Evolved(Topic topic, string sourceSchema, string sourceTable, ReadOnlySpan<byte> key, in EventView view, ReadOnlySpan<byte> types)
    {
        bool hasSchema = view.Schema.Kind == JsonKind.Object;
        var schema = hasSchema ? view.Schema.In(view.Json) : types;
        if (topic.Table is { } last && topic.SourceSchema == sourceSchema && topic.SourceTable == sourceTable && schema.SequenceEqual(topic.Compared))
        {
            return last;
        }

        var name = options.TableOf(topic.Name, sourceSchema, sourceTable);
        var known = _tables.GetValueOrDefault(name);
        var table = evolve!(hasSchema ? WantedTables.Of(name.Schema, name.Name, view, key, options, topic.Name) : WantedTables.OfTypes(name.Schema, name.Name, types, view, key, options, topic.Name), known);
        if (known is not null && !table.IsAs(known))
        {
            throw new TableChangedException(known);
        }

        // The one that is known is the one whose number its rows have.
        _tables[name] = table = known ?? table;
        (topic.Table, topic.SourceSchema, topic.SourceTable, topic.Compared) = (table, sourceSchema, sourceTable, schema.ToArray());
        return table;
    }

    private RowReader ReaderOf(Topic topic, TargetTable table, in EventView view)
    {
        bool hasSchema = view.Schema.Kind == JsonKind.Object;
        if (topic.Reader is { } last && topic.ReaderTable == table && (!hasSchema || view.Schema.In(view.Json).SequenceEqual(topic.Schema)))
        {
            return last;
        }

        var fields = hasSchema ? EventSchema.Fields(view.Json, view.Schema) : null;
        topic.Schema = hasSchema ? view.Schema.In(view.Json).ToArray() : [];
        topic.ReaderTable = table;
        return topic.Reader = new RowReader(table, fields, options.Format, _placeholders, field => options.IsTaken(topic.Name, field));
    }

    private sealed class Topic(string name)
    {
        public string Name { get; } = name;

        public string SourceSchema { get; set; } = "";

        public string SourceTable { get; set; } = "";

        public TargetTable? Table { get; set; }

        public RowReader? Reader { get; set; }

        public TargetTable? ReaderTable { get; set; }

        public byte[] Schema { get; set; } = [];

        /// <summary>The schema that its table was compared with.</summary>
        public byte[] Compared { get; set; } = [];
    }
}
