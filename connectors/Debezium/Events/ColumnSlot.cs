using Penstock.Debezium.Values;

namespace Penstock.Debezium.Events;

/// <summary>One field of a key or a row: everything about the column that is known before its values come.</summary>
internal sealed record ColumnSlot
{
    /// <summary><c>{"name":</c> for the first field of the struct, <c>,"name":</c> for the others.</summary>
    public required byte[] Prefix { get; init; }

    public required ValueEncoder Encoder
    {
        get;
        init
        {
            field = value;
            ReadsAsNull = value.ReadsAsNull;
        }
    }

    /// <summary>The encoder's answer, asked once.</summary>
    public bool ReadsAsNull { get; private init; }

    /// <summary>Place in the tuple.</summary>
    public required int Index { get; init; }

    public required string Name { get; init; }

    /// <summary>Name of the field.</summary>
    public required string Field { get; init; }

    /// <summary>The type as the catalogue or the Relation message names it, for messages.</summary>
    public required string Type { get; init; }

    /// <summary>What a NULL is written as; null where the encoder's zero stands for it (NOT NULL without a default: capture A14).</summary>
    public required byte[]? NullJson { get; init; }

    /// <summary>Whether a NULL is a null, whatever is written for it.</summary>
    public required bool Optional { get; init; }

    /// <summary>Values that have no form in Debezium's format and were written as null, which Debezium does silently. Written by the decoder's thread only.</summary>
    public long Unrepresented;
}
