using Penstock.Debezium.Events;
using Penstock.Engine.Flow;

namespace Penstock.Debezium.Transforms;

/// <summary>Writes row events as the transforms want them, where the decoder would write an envelope.</summary>
internal sealed class ShapedRows
{
    private readonly TransformSet _transforms;
    private readonly RecordAssembler _records;
    private readonly EventBlocks _blocks;
    private readonly TopicNumbers _routes;
    private readonly OutboxWriter? _outbox;
    private readonly JsonScratch _value = new();
    private readonly byte[][] _headerNames;
    private readonly bool _readsBlocks;
    private readonly bool _schemas;
    private int _topic;
    private int _partition;

    public ShapedRows(EventFormat format, TopicTable topics, RecordAssembler records, EventBlocks blocks)
    {
        _transforms = format.Transforms;
        _records = records;
        _blocks = blocks;
        _routes = new TopicNumbers(topics, name => name);
        _schemas = format.ValueSchemas;
        _outbox = _transforms.Outbox is { } outbox ? new OutboxWriter(outbox, format, topics, records) : null;
        _headerNames = [.. (_transforms.Flat?.Headers ?? []).Select(h => JsonLiteral.Bytes(h.Name))];
        _readsBlocks = _transforms.Flat is { } flat && (flat.Fields.Length > 0 || flat.Headers.Length > 0);
    }

    /// <summary>The writer of outbox rows, which messages share; null without the transform.</summary>
    public OutboxWriter? Outbox => _outbox;

    /// <summary>Whether an event is followed by a tombstone.</summary>
    public bool KeepsTombstones => _transforms.Outbox is null && _transforms.Flat is null or { Deletes: DeleteHandling.RewriteWithTombstone };

    /// <summary>Writes key, value and headers of a record, ready to be finished; false where the event becomes no record.</summary>
    public bool Write(RowEvents rows, scoped in RowChange change)
    {
        _topic = _partition = -1;
        if (_transforms.Partition is { } partition && change.Row is not null)
        {
            _partition = partition.Compute(rows.Rows, change, _blocks);
        }

        if (_outbox is not null)
        {
            return WriteOutbox(_outbox, rows, change);
        }

        if (_transforms.Flat is { } flat)
        {
            return WriteFlat(flat, rows, change);
        }

        _records.Begin();
        rows.WriteKey(change);
        rows.WriteEnvelope(change);
        WriteHeaders(rows, change);
        return true;
    }

    /// <summary>Sends a finished record where the transforms want it.</summary>
    public void Direct(ref Record record)
    {
        record.Topic = _topic < 0 ? record.Topic : _topic;
        record.Partition = _partition < 0 ? record.Partition : _partition;
    }

    private bool WriteOutbox(OutboxWriter outbox, RowEvents rows, scoped in RowChange change)
    {
        if (_blocks.Counts)
        {
            _blocks.Set(change, withTransaction: true);
        }

        if (change.Operation == (byte)'u' && _transforms.Outbox!.FailOnUpdate)
        {
            throw new TransformException("an update of an outbox row, and table.op.invalid.behavior is fatal");
        }

        if (change.Operation is not ((byte)'c' or (byte)'r'))
        {
            return false;
        }

        var row = new Dictionary<string, OutboxColumn>(StringComparer.Ordinal);
        var schema = change.Plan.RowSchema;
        for (int i = 0; i < change.Plan.Row.Length; i++)
        {
            rows.Rows.WriteColumn(change.Plan.Row[i], change.Message, change.After!, change.Toasted, _value.Begin());
            row.Add(schema.Fields[i].Field!, new OutboxColumn(schema.Fields[i], _value.Span.ToArray()));
        }

        int headers = outbox.Write(row, schema.Name);
        rows.WriteHeaders(change.Other, headers + (_transforms.Changed?.Count ?? 0));
        _transforms.Changed?.Write(rows.Rows, change, _records.Output);
        outbox.WriteHeaders(row);
        (_topic, _partition) = (outbox.Topic, outbox.Partition);
        return true;
    }

    private bool WriteFlat(FlatRows flat, RowEvents rows, scoped in RowChange change)
    {
        if (_readsBlocks || _blocks.Counts)
        {
            _blocks.Set(change, withTransaction: true);
        }

        bool deleted = change.Operation == (byte)'d';
        if (change.Row is null || (deleted && flat.Deletes == DeleteHandling.Drop))
        {
            return false;
        }

        var shape = change.Plan.Flat!;
        _records.Begin();
        rows.WriteKey(change);
        if (shape.Route is { } route)
        {
            rows.Rows.WriteColumn(route, change.Message, change.Row, change.RowToasted, _value.Begin());
            _topic = _routes.Find(_value.Span);
        }

        if (deleted && flat.Deletes == DeleteHandling.DeleteToTombstone)
        {
            _records.NullValue();
        }
        else if (deleted && !flat.Rewrites)
        {
            _records.Output.Write(shape.Null);
            _records.EndValue();
        }
        else
        {
            WriteRow(flat, shape, rows, change, deleted);
        }

        WriteHeaders(rows, change);
        return true;
    }

    private void WriteRow(FlatRows flat, FlatShape shape, RowEvents rows, scoped in RowChange change, bool deleted)
    {
        var output = _records.Output;
        output.Write(shape.Open);
        int start = output.RecordBytes;
        rows.Rows.Write(change.Plan.Row, default, change.Message, change.Row!, change.RowToasted, output);
        // A table without columns: the object comes closed, and the first field that is added has no comma before it.
        int comma = change.Plan.Row.Length == 0 ? 1 : 0;
        if (comma == 1)
        {
            output.Retreat(output.RecordBytes - start);
            output.WriteByte((byte)'{');
        }

        if (flat.Rewrites)
        {
            output.Write((deleted ? ",\"__deleted\":\"true\""u8 : ",\"__deleted\":\"false\""u8)[comma..]);
            comma = 0;
        }

        for (int i = 0; i < flat.Fields.Length; i++)
        {
            output.Write(shape.Prefixes[i].AsSpan(comma));
            output.Write(_blocks.Find(flat.Fields[i]));
            comma = 0;
        }

        output.Write(_schemas ? "}}"u8 : "}"u8);
        _records.EndValue();
    }

    private void WriteHeaders(RowEvents rows, scoped in RowChange change)
    {
        rows.WriteHeaders(change.Other, (_transforms.Changed?.Count ?? 0) + _headerNames.Length);
        _transforms.Changed?.Write(rows.Rows, change, _records.Output);
        for (int i = 0; i < _headerNames.Length; i++)
        {
            HeaderText.Write(_headerNames[i], _blocks.Find(_transforms.Flat!.Headers[i]), _records.Output);
        }
    }
}
