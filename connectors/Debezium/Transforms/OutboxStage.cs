using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>The outbox EventRouter at work: inserts become the events that they hold, everything else of the table ends here. Allocates for each event.</summary>
internal sealed class OutboxStage(OutboxEvents options, StageTools tools) : TransformStage
{
    private readonly OutboxWriter _writer = new(options, tools.Format, tools.Topics);
    private readonly JsonScratch _value = new();

    private long _ignoredUpdates;

    // Those that table.op.invalid.behavior lets pass by: Debezium warns of each.
    public override (string What, long Records) LeftOut => ("updates of outbox rows", Volatile.Read(ref _ignoredUpdates));

    public override bool Apply(RecordDraft draft, scoped in RowChange change)
    {
        if (draft.IsNull)
        {
            return false;
        }

        if (draft.Form is not (ValueForm.Envelope or ValueForm.Decoded))
        {
            return true;
        }

        if (draft.Form == ValueForm.Envelope && !IsInsert(draft.Operation))
        {
            return false;
        }

        var row = draft.Decoded?.Columns ?? Columns(change);
        _writer.Take(row, draft.Decoded is null ? draft.Envelope!.Row.Name : null, tools.Clock.Ms);
        draft.Form = ValueForm.Outbox;
        draft.Outbox = _writer;
        draft.Key = null;
        draft.Topic = _writer.Topic;
        draft.Partition = _writer.Partition;
        draft.TimestampMs = _writer.TimestampMs;
        for (int i = 0; i < _writer.HeaderCount; i++)
        {
            draft.AddHeader(this, i);
        }

        return true;
    }

    public override ReadOnlySpan<byte> HeaderName(int index) => _writer.HeaderName(index);

    public override ReadOnlySpan<byte> HeaderJson(int index, scoped in RowChange change) => _writer.HeaderJson(index);

    private bool IsInsert(byte operation)
    {
        if (operation == (byte)'u')
        {
            Volatile.Write(ref _ignoredUpdates, _ignoredUpdates + 1);
            if (options.FailOnUpdate)
            {
                throw new TransformException("an update of an outbox row, and table.op.invalid.behavior is fatal");
            }
        }

        return operation is (byte)'c' or (byte)'r';
    }

    private Dictionary<string, OutboxColumn> Columns(scoped in RowChange change)
    {
        var row = new Dictionary<string, OutboxColumn>(StringComparer.Ordinal);
        var schema = change.Plan.RowSchema;
        for (int i = 0; i < change.Plan.Row.Length; i++)
        {
            tools.Rows.WriteColumn(change.Plan.Row[i], change.Message, change.After!, change.Toasted, _value.Begin());
            row.Add(schema.Fields[i].Field!, new OutboxColumn(schema.Fields[i], _value.Span.ToArray()));
        }

        return row;
    }
}
