namespace Penstock.Debezium.Events;

/// <summary>One row event before it is written.</summary>
internal readonly ref struct RowChange
{
    public required RelationPlan Plan { get; init; }

    /// <summary>The whole pgoutput message; of a logical message its content.</summary>
    public required ReadOnlySpan<byte> Message { get; init; }

    /// <summary>c, u, d, r or t; x for a tombstone, m for a logical message, b and e for the ends of a transaction, h for a heartbeat.</summary>
    public required byte Operation { get; init; }

    public required Tuple? Before { get; init; }

    public required Tuple? After { get; init; }

    /// <summary>The old row, which holds the TOASTed values that did not change; null if there is none.</summary>
    public required Tuple? Toasted { get; init; }

    public required ulong Lsn { get; init; }

    /// <summary>Part of a transaction: counted by the transaction's metadata.</summary>
    public required bool Counted { get; init; }

    public required OtherKey Other { get; init; }

    /// <summary>Prefix of a logical message.</summary>
    public ReadOnlySpan<byte> Prefix { get; init; }

    /// <summary>An event of no table.</summary>
    public static RowChange OfNoTable(byte operation, ulong lsn, bool counted, ReadOnlySpan<byte> prefix = default, ReadOnlySpan<byte> content = default) => new()
    {
        Plan = RelationPlan.OfNoTable,
        Message = content,
        Operation = operation,
        Before = null,
        After = null,
        Toasted = null,
        Lsn = lsn,
        Counted = counted,
        Other = OtherKey.None,
        Prefix = prefix,
    };

    /// <summary>The row that the event is about; null for a truncate.</summary>
    public Tuple? Row => After ?? Before;

    /// <summary>Where the unchanged values of <see cref="Row"/> are.</summary>
    public Tuple? RowToasted => After is null ? null : Toasted;
}
