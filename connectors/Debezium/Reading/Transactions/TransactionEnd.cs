using System.Buffers.Text;
using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading.Transactions;

/// <summary>What the END record of a transaction says.</summary>
/// <param name="Id">The transaction's number.</param>
/// <param name="Position">Where its commit stands in the source's log, and when it was.</param>
/// <param name="Collections">The tables that it changed, with the number of events of each; messages are left out.</param>
public sealed record TransactionEnd(long Id, SourcePosition Position, IReadOnlyList<(string Name, long Events)> Collections)
{
    /// <summary>Events of all tables.</summary>
    public long Events { get; } = Collections.Sum(collection => collection.Events);

    /// <summary>Reads a record of the transaction topic.</summary>
    /// <param name="value">Its value, JSON with or without a schema.</param>
    /// <param name="end">What it says, of an END.</param>
    /// <returns>False for a BEGIN.</returns>
    /// <exception cref="MalformedEventException">The record is not one of a transaction topic.</exception>
    public static bool TryRead(ReadOnlySpan<byte> value, out TransactionEnd? end)
    {
        end = null;
        var whole = JsonScanner.Whole(value);
        if (whole.TryMember(value, "payload"u8, out var payload))
        {
            whole = payload;
        }

        if (!whole.TryMember(value, "status"u8, out var status) || !whole.TryMember(value, "id"u8, out var id) || id.Kind != JsonKind.Text || !EventTransaction.TryNumbers(id.In(value), out long number, out long lsn))
        {
            throw new MalformedEventException("the record has neither status nor id of a transaction");
        }

        if (!status.In(value).SequenceEqual("END"u8))
        {
            return false;
        }

        long timeMs = whole.TryMember(value, "ts_ms"u8, out var time) && Utf8Parser.TryParse(time.In(value), out long parsed, out _) ? parsed : 0;
        end = new TransactionEnd(number, new SourcePosition(0, lsn, timeMs, 0), CollectionsOf(value, whole));
        return true;
    }

    private static List<(string Name, long Events)> CollectionsOf(ReadOnlySpan<byte> value, in JsonValue end)
    {
        var collections = new List<(string, long)>();
        if (!end.TryMember(value, "data_collections"u8, out var list) || list.Kind != JsonKind.Array)
        {
            return collections;
        }

        var elements = new JsonScanner(value, list);
        while (elements.TryNext(out var element))
        {
            if (!element.TryMember(value, "data_collection"u8, out var name) || name.Kind != JsonKind.Text
                || !element.TryMember(value, "event_count"u8, out var count) || !Utf8Parser.TryParse(count.In(value), out long events, out _))
            {
                throw new MalformedEventException("an END record has a collection without a name or a count");
            }

            string text = name.TextIn(value);
            if (!IsOfMessages(text))
            {
                collections.Add((text, events));
            }
        }

        return collections;
    }

    // Debezium names each message's collection by a Java object identity.
    private static bool IsOfMessages(string collection) =>
        collection == "LOGICAL_DECODING_MESSAGE" || collection.StartsWith("io.debezium.connector.postgresql.LogicalDecodingMessage", StringComparison.Ordinal);
}
