using System.Text.Json;
using Penstock.Engine.Flow;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>An event that was left out because somebody asked for it. Names and numbers, never values.</summary>
/// <param name="Position">Its identity.</param>
/// <param name="Table"><c>schema.table</c>, or "".</param>
/// <param name="Operation">As in events; <c>x</c> a tombstone.</param>
/// <param name="Reason">Why it could not go, as far as the decoder knows.</param>
public sealed record SkippedEvent(EventPosition Position, string Table, char Operation, string Reason);

/// <summary>
/// Events of the stream to leave out, each by its identity: a note takes its place and its ordinal, so that the identities of all others stay. What the transaction's metadata counts is as if it had never been.
/// </summary>
/// <param name="positions">Which.</param>
/// <param name="topic">Where notes go.</param>
/// <param name="skipped">Told of each before its note is on its way; may do I/O, because it is rare. Told again of one that comes again.</param>
public sealed class EventSkips(IReadOnlySet<EventPosition> positions, string topic, Action<SkippedEvent> skipped)
{
    /// <summary>The note keeps a key of up to so many bytes: one that is larger may be what could not be delivered.</summary>
    internal const int KeptKeyBytes = 4096;

    /// <summary>Why, where it is an event that the broker would not take.</summary>
    private const string Asked = "left out by skip --position";

    /// <summary>Where notes go.</summary>
    public string Topic { get; } = topic;

    /// <summary>Whether an event is one of them. Heartbeats, notes, metadata and rows of snapshots never are.</summary>
    internal bool Has(byte operation, EventPosition position) => operation is (byte)'c' or (byte)'u' or (byte)'d' or (byte)'x' or (byte)'t' or (byte)'m' && positions.Contains(position);

    /// <summary>Tells of one, and gives its note.</summary>
    /// <param name="event">What is known of it.</param>
    /// <param name="topic">Where it would have gone, or "".</param>
    internal byte[] Note(SkippedEvent @event, string topic)
    {
        if (@event.Reason.Length == 0)
        {
            @event = @event with { Reason = Asked };
        }

        skipped(@event);
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            table = @event.Table,
            topic,
            op = @event.Operation.ToString(),
            lsn = new Lsn(@event.Position.CommitLsn).ToString(),
            ordinal = @event.Position.Ordinal,
            reason = @event.Reason,
        });
    }
}
