using Npgsql;

namespace Penstock.Postgres.Apply;

/// <summary><c>insert.mode</c>: what becomes of a row.</summary>
public enum InsertMode
{
    Upsert,
    Insert,
    Update,
}

/// <summary>A change that cannot be applied whatever is tried.</summary>
/// <param name="Batch">It stands in this batch.</param>
/// <param name="Index">At this place.</param>
/// <param name="Reason">In words; without values of the row.</param>
/// <param name="SqlState">The server's, or "".</param>
public readonly record struct Poison(ChangeBatch Batch, int Index, string Reason, string SqlState);

/// <summary>Where changes go that cannot be applied.</summary>
public interface IPoisonPolicy
{
    /// <summary>Puts the change aside, inside the transaction that passes it by.</summary>
    /// <returns>False: the pipeline stops at it.</returns>
    bool TryPutAside(NpgsqlConnection connection, Poison poison);
}

/// <summary>What was done by one transaction.</summary>
public readonly record struct Applied(int Changes, int Rows, int PutAside);

/// <summary>A table of the target is no longer as it was when it was looked at: what is on its way is to be read anew.</summary>
/// <param name="table">Which.</param>
public sealed class TableChangedException(TargetTable table) : Exception($"table {table} was altered while rows for it were on their way: they are read again");

/// <summary>The pipeline stops at this change.</summary>
public sealed class PoisonException(string message) : Exception(message);
