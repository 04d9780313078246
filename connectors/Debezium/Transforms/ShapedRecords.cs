using System.Buffers.Binary;
using Penstock.Debezium.CloudEvents;
using Penstock.Debezium.Events;
using Penstock.Engine.Flow;

namespace Penstock.Debezium.Transforms;

/// <summary>
/// Takes records through the transforms before they are written, and writes what came of them. No transform sees bytes of a record: each shapes what will be written, so that a row
/// is written once, whatever the chain.
/// </summary>
internal sealed class ShapedRecords
{
    private readonly RecordAssembler _records;
    private readonly StageTools _tools;
    private readonly TransformChain _chain;
    private readonly CloudEventWriter? _cloudEvents;
    private readonly RecordDraft _draft = new();
    private readonly InheritedHeaders _inherited = new();

    public ShapedRecords(StageTools tools, RecordAssembler records)
    {
        _records = records;
        _tools = tools;
        _chain = new TransformChain(tools.Format.Transforms, tools);
        _cloudEvents = tools.Format.CloudEvents is { } options ? new CloudEventWriter(options, tools.Format, tools.Blocks) : null;
    }

    /// <inheritdoc cref="EventDecoder.LeftOutByTransforms"/>
    public IEnumerable<(string Transform, string What, long Records)> LeftOut => _chain.LeftOut;

    /// <summary>The key of the record at hand, as transforms left it.</summary>
    public KeyShape? Key => _draft.Key;

    /// <summary>Writes key, value and headers of a row's event or tombstone, ready to be finished; false where there is no record.</summary>
    public bool Write(RowEvents events, scoped in RowChange change)
    {
        var plan = change.Plan;
        var form = change.Operation == (byte)'x' ? ValueForm.Null : ValueForm.Envelope;
        _draft.Start(change.Operation, change.Other, plan.Topic, change.Row is null ? null : plan.KeyShape, form, plan.Envelope);
        _tools.Blocks.Begin(change.Operation);
        bool isTombstone = change.Operation == (byte)'x';
        if (!isTombstone)
        {
            _inherited.Clear();
        }

        bool remains = _chain.Run(_draft, change);
        if (change.Operation == (byte)'d')
        {
            _inherited.Keep(_draft, change);
        }

        if (!remains)
        {
            return false;
        }

        _records.Begin();
        WriteKey(change);
        if (_draft.Form == ValueForm.Envelope && _cloudEvents is not null)
        {
            _cloudEvents.WriteOpen(_draft.Envelope!, change, _records.Output);
            events.WriteRows(change);
            _cloudEvents.WriteClose(_records.Output);
            _records.EndValue();
        }
        else if (_draft.Form == ValueForm.Envelope)
        {
            events.WriteEnvelope(change, _draft.Envelope!.Open);
        }
        else
        {
            WriteValue(change);
        }

        events.WriteHeaders(change.Other, _draft.HeaderCount + (isTombstone ? _inherited.Count : 0));
        if (isTombstone)
        {
            _inherited.Write(_records.Output);
        }

        WriteAddedHeaders(change);
        return true;
    }

    /// <summary>Takes a record of no table through the chain: message, transaction, heartbeat. False where it ends there; else its writer goes on.</summary>
    public bool Begin(int topic, KeyShape key, scoped in RowChange change)
    {
        _draft.Start(change.Operation, OtherKey.None, topic, key, ValueForm.Other, null);
        _tools.Blocks.Begin(change.Operation);
        return _chain.Run(_draft, change);
    }

    /// <summary>Whether the value is still for the record's own writer to write; else <see cref="WriteWhole"/> does it all.</summary>
    public bool IsOwn => _draft.Form is ValueForm.Other;

    /// <summary>Whether values that are no row's envelope are null: Debezium's CloudEventsConverter has no form for them.</summary>
    public bool NullsOthers => _cloudEvents is not null;

    /// <summary>The row of a message whose envelope is to be written; null for anything else.</summary>
    public DecodedRow? DecodedEnvelope => _draft.Form == ValueForm.Decoded ? _draft.Decoded : null;

    /// <summary>Writes key and value of a message that became a row or an outbox event.</summary>
    public void WriteWhole(scoped in RowChange change)
    {
        _records.Begin();
        WriteKey(change);
        WriteValue(change);
    }

    /// <summary>Writes the headers of a record of no table, which has none but added ones.</summary>
    public void WriteHeaders(scoped in RowChange change)
    {
        if (_draft.HeaderCount > 0)
        {
            BinaryPrimitives.WriteInt16BigEndian(_records.Output.GetSpan(sizeof(short)), (short)_draft.HeaderCount);
            _records.Output.Advance(sizeof(short));
            WriteAddedHeaders(change);
        }
    }

    /// <summary>Sends a finished record where the transforms want it.</summary>
    public void Direct(ref Record record)
    {
        if (_records.IsNote)
        {
            return;
        }

        record.Topic = _draft.Topic;
        record.Partition = _draft.Partition < 0 ? record.Partition : _draft.Partition;
        record.TimestampMs = _draft.TimestampMs;
    }

    private void WriteKey(scoped in RowChange change)
    {
        if (_draft.Form == ValueForm.Outbox)
        {
            _draft.Outbox!.WriteKey(_records.Output);
        }
        else if (_draft.Key is { } key)
        {
            key.Write(_tools.Rows, change, _records.Output);
        }
        else
        {
            _records.NullKey();
            return;
        }

        _records.EndKey();
    }

    private void WriteValue(scoped in RowChange change)
    {
        if (_cloudEvents is not null)
        {
            _records.NullValue();
            return;
        }

        if (_draft.Form == ValueForm.Gone)
        {
            _records.Output.Write(_draft.Flat!.Null);
        }
        else if (_draft is { Form: ValueForm.Null } or { Outbox.IsTombstone: true })
        {
            _records.NullValue();
            return;
        }
        else if (_draft.Form == ValueForm.Row)
        {
            _draft.FlatWriter!.WriteRow(_draft, change, _records.Output);
        }
        else
        {
            _draft.Outbox!.WriteValue(_records.Output);
        }

        _records.EndValue();
    }

    private void WriteAddedHeaders(scoped in RowChange change)
    {
        foreach (var (stage, index) in _draft.Headers)
        {
            HeaderText.Write(stage.HeaderName(index), stage.HeaderJson(index, change), _records.Output);
        }
    }
}
