using Penstock.Engine.Flow;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>
/// A message of the stream that cannot become an event. Stops the pipeline (invariant 6); says where and what, never a value.
/// </summary>
/// <param name="reason">What is wrong.</param>
/// <param name="lsn">LSN of the change.</param>
/// <param name="table"><c>schema.table</c>, or "" where no table is involved.</param>
/// <param name="column">Column name, or "".</param>
/// <param name="type">The column's type, or "".</param>
/// <param name="position">The identity that the event would have; null for one outside of a transaction.</param>
/// <param name="inner">The error as the encoder or the reader saw it.</param>
public sealed class UndecodableEventException(string reason, ulong lsn, string table, string column, string type, EventPosition? position, Exception? inner)
    : Exception(Describe(reason, lsn, table, column, type, position), inner)
{
    public ulong Lsn { get; } = lsn;

    public string Table { get; } = table;

    public string Column { get; } = column;

    public string Type { get; } = type;

    /// <summary>The identity that the event would have.</summary>
    public EventPosition? Position { get; } = position;

    /// <summary>Nothing else hangs on the message: the event at <see cref="Position"/> can be left out.</summary>
    public bool IsOfOneEvent { get; init; }

    private static string Describe(string reason, ulong lsn, string table, string column, string type, EventPosition? position)
    {
        string place = table.Length == 0 ? "" : column.Length == 0 ? $"table {table}: " : $"column {table}.{column} ({type}): ";
        return $"cannot decode the change at {new Lsn(lsn)}{(position is null ? "" : $" (position {position})")}: {place}{reason}";
    }
}
