using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>What a record's value is at one point of the chain; transforms look at it as Debezium's look at a record's schema.</summary>
internal enum ValueForm
{
    /// <summary>The envelope of a row, or of a truncate.</summary>
    Envelope,

    /// <summary>The envelope of a row that came as a logical message.</summary>
    Decoded,

    /// <summary>A row alone.</summary>
    Row,

    /// <summary>A null with a row's schema: what ExtractNewRecordState makes of a delete.</summary>
    Gone,

    /// <summary>A null without schema: a tombstone.</summary>
    Null,

    /// <summary>The event that an outbox row holds.</summary>
    Outbox,

    /// <summary>Anything else, which transforms of rows pass on: messages, transactions, heartbeats.</summary>
    Other,
}

/// <summary>
/// A record as it goes through the chain: not its bytes, but how they will be written. Stages change it; <see cref="ShapedRecords"/> writes it at the end. One object for all records.
/// </summary>
internal sealed class RecordDraft
{
    private (TransformStage Stage, int Index)[] _headers = new (TransformStage, int)[8];

    /// <summary>c, u, d, r, t; x for a tombstone, m for a message, b and e for the ends of a transaction, h for a heartbeat.</summary>
    public byte Operation { get; private set; }

    /// <summary>The other key's header that a key change brings.</summary>
    public OtherKey Other { get; private set; }

    public int Topic { get; set; }

    /// <summary>-1 where the key decides.</summary>
    public int Partition { get; set; }

    /// <summary>The record's own time in milliseconds since 1970; -1 for none.</summary>
    public long TimestampMs { get; set; }

    /// <summary>Null for a null key, and for an outbox event's, which is no struct.</summary>
    public KeyShape? Key { get; set; }

    public ValueForm Form { get; set; }

    /// <summary>With <see cref="ValueForm.Envelope"/>.</summary>
    public EnvelopeShape? Envelope { get; set; }

    /// <summary>With <see cref="ValueForm.Row"/> and <see cref="ValueForm.Gone"/>.</summary>
    public FlatShape? Flat { get; set; }

    /// <summary>With <see cref="ValueForm.Row"/>: writes the row.</summary>
    public FlatRowStage? FlatWriter { get; set; }

    /// <summary>With <see cref="ValueForm.Outbox"/>: writes key and value.</summary>
    public OutboxWriter? Outbox { get; set; }

    /// <summary>The row of a logical message, once it was decoded.</summary>
    public DecodedRow? Decoded { get; set; }

    /// <summary>Which columns a <see cref="ChangedColumns"/> stage found changed; null for none.</summary>
    public ChangedColumns? Changes { get; set; }

    /// <summary>The headers that stages have added.</summary>
    public ReadOnlySpan<(TransformStage Stage, int Index)> Headers => _headers.AsSpan(0, HeaderCount);

    public int HeaderCount { get; private set; }

    /// <summary>Records of rows have the context headers; messages, transactions and heartbeats have none.</summary>
    public bool OfRow => Operation is (byte)'c' or (byte)'u' or (byte)'d' or (byte)'r' or (byte)'t' or (byte)'x';

    /// <summary>Whether the value is null.</summary>
    public bool IsNull => Form is ValueForm.Gone or ValueForm.Null || (Form == ValueForm.Outbox && Outbox!.IsNull);

    public RecordDraft Start(byte operation, OtherKey other, int topic, KeyShape? key, ValueForm form, EnvelopeShape? envelope)
    {
        (Operation, Other, Topic, Key, Form, Envelope) = (operation, other, topic, key, form, envelope);
        Partition = -1;
        TimestampMs = -1;
        HeaderCount = 0;
        Flat = null;
        FlatWriter = null;
        Outbox = null;
        Decoded = null;
        Changes = null;
        return this;
    }

    /// <summary>Adds a header, which <paramref name="stage"/> will write.</summary>
    public void AddHeader(TransformStage stage, int index)
    {
        if (HeaderCount == _headers.Length)
        {
            Array.Resize(ref _headers, _headers.Length * 2);
        }

        _headers[HeaderCount++] = (stage, index);
    }
}
