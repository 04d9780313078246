using System.Globalization;

namespace Penstock.Postgres.Snapshot;

/// <summary>Which transactions a query has seen: the text of <c>pg_current_snapshot()</c>, <c>xmin:xmax:xip,xip,...</c> (manual, "Transaction ID and Snapshot Information Functions").</summary>
/// <remarks>Kept as the 32 bits that the replication stream tells of a transaction id, compared around the wrap as the server does.</remarks>
public sealed class TransactionVisibility
{
    private readonly uint _xmin;
    private readonly uint _xmax;
    private readonly HashSet<uint> _running;

    private TransactionVisibility(uint xmin, uint xmax, HashSet<uint> running)
    {
        _xmin = xmin;
        _xmax = xmax;
        _running = running;
    }

    /// <summary>Reads the function's text.</summary>
    /// <exception cref="FormatException">It is not of that form.</exception>
    public static TransactionVisibility Parse(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length != 3
            ? throw new FormatException($"'{text}' is not the text of pg_current_snapshot()")
            : new TransactionVisibility(
                Id(parts[0]), Id(parts[1]), [.. parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Id)]);
    }

    /// <summary>Whether the query has seen what the committed transaction <paramref name="id"/> did.</summary>
    public bool Shows(uint id) => Precedes(id, _xmin) || (Precedes(id, _xmax) && !_running.Contains(id));

    private static bool Precedes(uint left, uint right) => unchecked((int)(left - right)) < 0;

    private static uint Id(string text) => unchecked((uint)ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture));
}
