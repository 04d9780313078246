using Penstock.Debezium.Events;
using Penstock.Engine.Buffers;
using Tuple = Penstock.Debezium.Events.Tuple;

namespace Penstock.Debezium.Transforms;

/// <summary>ExtractNewRecordState at work: envelopes become rows, and are written so at once. Allocates for rows that came as messages, and for each new set of dropped columns.</summary>
internal sealed class FlatRowStage(FlatRows options, StageTools tools) : TransformStage
{
    private readonly Dictionary<EnvelopeShape, FlatShape> _shapes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<FlatShape, Dictionary<byte[], FlatShape>> _partRows = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<KeyShape, Dictionary<byte[], KeyShape>> _partKeys = new(ReferenceEqualityComparer.Instance);
    private readonly TopicNumbers _routes = new(tools.Topics, name => name);
    private readonly byte[][] _headerNames = [.. options.Headers.Select(h => JsonLiteral.Bytes(h.Name))];
    private readonly JsonScratch _value = new();
    private bool _deleted;
    private byte[] _dropped = new byte[64];

    public override bool Apply(RecordDraft draft, scoped in RowChange change)
    {
        if (draft.IsNull)
        {
            AddOperation(draft);
            return options.Deletes == DeleteHandling.RewriteWithTombstone;
        }

        if (draft.Form is not (ValueForm.Envelope or ValueForm.Decoded))
        {
            return true;
        }

        AddHeaders(draft);
        return draft.Form == ValueForm.Decoded ? FlattenMessage(draft) : change.Row is not null && Flatten(draft, change);
    }

    public override ReadOnlySpan<byte> HeaderName(int index) => _headerNames[index % _headerNames.Length];

    // A tombstone has no envelope to copy from; it is a delete.
    public override ReadOnlySpan<byte> HeaderJson(int index, scoped in RowChange change) =>
        index >= options.Headers.Length ? "\"d\""u8 : Find(options.Headers[index], change);

    /// <summary>Writes the value; the draft is a row.</summary>
    public void WriteRow(RecordDraft draft, scoped in RowChange change, SlabWriter output)
    {
        var shape = draft.Flat!;
        output.Write(shape.Open);
        int start = output.RecordBytes;
        if (draft.Decoded is { } decoded)
        {
            output.Write(decoded.Schema.Fields.Length == 0 ? default : decoded.Json.AsSpan(..^1));
        }
        else if (shape.Slots.Length > 0)
        {
            tools.Notes?.Enter(_deleted ? LossNotes.Before : LossNotes.After);
            tools.Rows.Write(shape.Slots, default, change.Message, change.Row!, change.RowToasted, output);
            tools.Notes?.Enter([]);
        }

        if (shape.Rewrites)
        {
            output.Write(_deleted ? ",\"__deleted\":\"true\""u8 : ",\"__deleted\":\"false\""u8);
        }

        for (int i = 0; i < shape.Added.Length; i++)
        {
            output.Write(shape.Prefixes[i]);
            output.Write(Find(shape.Added[i], change));
        }

        if (output.RecordBytes == start)
        {
            output.WriteByte((byte)'{');
        }

        KeyShape.OpenBrace(output, start);
        output.Write(tools.Format.ValueSchemas ? "}}"u8 : "}"u8);
    }

    private bool Flatten(RecordDraft draft, scoped in RowChange change)
    {
        _deleted = draft.Operation == (byte)'d';
        if (_deleted && options.Deletes == DeleteHandling.Drop)
        {
            return false;
        }

        var shape = Shape(draft.Envelope!, change.Plan.Name);
        if (shape.Route is { } route)
        {
            Route(route, draft, change);
        }

        (draft.Flat, draft.FlatWriter) = (shape, this);
        draft.Form = !_deleted || options.Rewrites ? ValueForm.Row : options.Deletes == DeleteHandling.DeleteToTombstone ? ValueForm.Null : ValueForm.Gone;
        if (options.DropFieldsHeader is not null && draft.Changes is { } changes && changes.Marks(options.DropFieldsHeader, ref _dropped))
        {
            Drop(draft);
        }

        return true;
    }

    private bool FlattenMessage(RecordDraft draft)
    {
        _deleted = false;
        (draft.Flat, draft.FlatWriter) = (FlatShape.OfMessage(options, draft.Decoded!.Schema, tools.Format.ValueSchemas), this);
        draft.Form = ValueForm.Row;
        return options.RouteByField is null
            ? true
            : throw new TransformException("route.by.field does not go with logical messages that DecodeLogicalDecodingMessageContent makes rows of");
    }

    private FlatShape Shape(EnvelopeShape envelope, string table)
    {
        if (!_shapes.TryGetValue(envelope, out var shape))
        {
            shape = FlatShape.Build(options, envelope.Row, envelope.Slots, envelope.WithSchema, tools.Format.ReplaceNullWithDefault);
            _shapes.Add(envelope, shape);
            tools.Track(table, shape.Slots);
        }

        return shape;
    }

    private void Route(ColumnSlot route, RecordDraft draft, scoped in RowChange change)
    {
        // Of a NULL the default counts only where the row was copied before.
        if (change.Row!.Length(route.Index) != Tuple.Null || (options is { Rewrites: true, ReplaceNullWithDefault: true } && !_deleted))
        {
            tools.Rows.WriteColumn(route, change.Message, change.Row, change.RowToasted, _value.Begin());
            int topic = _routes.Find(_value.Span);
            draft.Topic = topic < 0 ? draft.Topic : topic;
        }
    }

    // Whatever is dropped from the row is dropped from the key first, by name.
    private void Drop(RecordDraft draft)
    {
        var shape = draft.Flat!;
        var marks = _dropped.AsSpan(0, shape.Slots.Length);
        if (options.DropFromKey && draft.Key is { } key)
        {
            Span<byte> inKey = stackalloc byte[key.Slots.Length];
            for (int i = 0; i < key.Slots.Length; i++)
            {
                int column = IndexOf(shape.Slots, key.Slots[i]);
                inKey[i] = column >= 0 && marks[column] != 0 && (!options.KeepSchemaCompatible || key.Schema.Fields[i].Optional) ? (byte)1 : (byte)0;
            }

            draft.Key = inKey.ContainsAnyExcept((byte)0) ? Part(_partKeys, key, inKey, static (whole, dropped) => whole.Without(dropped)) : key;
        }

        for (int i = 0; options.KeepSchemaCompatible && i < marks.Length; i++)
        {
            marks[i] = shape.IsOptional(i) ? marks[i] : (byte)0;
        }

        if (marks.ContainsAnyExcept((byte)0))
        {
            bool replaceNull = !tools.Format.ReplaceNullWithDefault;
            draft.Flat = Part(_partRows, shape, marks, (whole, dropped) => whole.Without(dropped, replaceNull));
        }
    }

    private static int IndexOf(ColumnSlot[] slots, ColumnSlot key)
    {
        for (int i = 0; i < slots.Length; i++)
        {
            if (slots[i].Index == key.Index)
            {
                return i;
            }
        }

        return -1;
    }

    private delegate T Leave<T>(T whole, ReadOnlySpan<byte> dropped);

    private static T Part<T>(Dictionary<T, Dictionary<byte[], T>> parts, T whole, ReadOnlySpan<byte> dropped, Leave<T> leave)
        where T : class
    {
        if (!parts.TryGetValue(whole, out var known))
        {
            parts.Add(whole, known = new Dictionary<byte[], T>(BytesComparer.Instance));
        }

        if (!known.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(dropped, out var part))
        {
            known.Add(dropped.ToArray(), part = leave(whole, dropped));
        }

        return part;
    }

    private void AddHeaders(RecordDraft draft)
    {
        for (int i = 0; i < options.Headers.Length; i++)
        {
            if (draft.Form != ValueForm.Decoded || FlatShape.IsInMessages(options.Headers[i]))
            {
                draft.AddHeader(this, i);
            }
        }
    }

    private void AddOperation(RecordDraft draft)
    {
        for (int i = 0; i < options.Headers.Length; i++)
        {
            if (options.Headers[i].Field == "op")
            {
                draft.AddHeader(this, options.Headers.Length + i);
            }
        }
    }

    /// <summary>The JSON of an added field.</summary>
    // A streamed event has no snapshot marker; only the envelope's schema has the default that is written for it.
    public ReadOnlySpan<byte> Find(AddedField field, scoped in RowChange change)
    {
        var value = tools.Blocks.Find(field, change);
        return field.IsSnapshotMarker && value.SequenceEqual("\"false\""u8) ? "null"u8 : value;
    }
}
