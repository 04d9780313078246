using System.Buffers.Text;
using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading.Transactions;

/// <summary>Whether a record is part of a transaction of the source.</summary>
public enum EventMembership
{
    /// <summary>A change with its place in a transaction.</summary>
    Member,

    /// <summary>A row of a snapshot, a message, or something that cannot be read: it is of none, and counts in none.</summary>
    Alone,

    /// <summary>A change that does not say of which: the source was told neither <c>provide.transaction.metadata</c> nor to leave the envelope.</summary>
    Unknown,
}

/// <summary>An event's place in the transaction it is of.</summary>
/// <param name="Id">The transaction's number: what stands before the colon. Behind it each record has an LSN of its own.</param>
/// <param name="TotalOrder">Its place among the transaction's events, from 1.</param>
/// <param name="Position">Its place in the source's log, with <paramref name="TotalOrder"/> as ordinal.</param>
public readonly record struct EventTransaction(long Id, long TotalOrder, SourcePosition Position)
{
    /// <summary>Looks for the <c>transaction</c> block of an event.</summary>
    /// <param name="value">A record's value, JSON.</param>
    /// <param name="place">The event's place, of a member.</param>
    public static EventMembership Of(ReadOnlySpan<byte> value, out EventTransaction place)
    {
        place = default;
        EventView view;
        try
        {
            view = EventView.Of(value);
        }
        catch (MalformedEventException)
        {
            // The decoder meets it again and says what becomes of it.
            return EventMembership.Alone;
        }

        if (view.IsOfSnapshot || view.Operation is (byte)'r' or (byte)'m')
        {
            return EventMembership.Alone;
        }

        if (!view.IsEnvelope || !view.Transaction.TryMember(value, "id"u8, out var id) || !TryNumbers(id.In(value), out long number, out _)
            || !view.Transaction.TryMember(value, "total_order"u8, out var order) || !Utf8Parser.TryParse(order.In(value), out long total, out _))
        {
            return EventMembership.Unknown;
        }

        place = new EventTransaction(number, total, view.Position with { Ordinal = total });
        return EventMembership.Member;
    }

    /// <summary>The name by which END records call the event's table, as <c>public.orders</c>.</summary>
    public static string CollectionOf(ReadOnlySpan<byte> value)
    {
        var view = EventView.Of(value);
        return $"{view.SourceSchema.TextIn(value)}.{view.SourceTable.TextIn(value)}";
    }

    /// <summary>The two numbers of an id as <c>766:31184448</c>.</summary>
    internal static bool TryNumbers(ReadOnlySpan<byte> id, out long transaction, out long lsn)
    {
        lsn = 0;
        int colon = id.IndexOf((byte)':');
        return Utf8Parser.TryParse(colon < 0 ? id : id[..colon], out transaction, out int used) && used > 0 && (colon < 0 || Utf8Parser.TryParse(id[(colon + 1)..], out lsn, out _));
    }
}
