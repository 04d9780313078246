using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Preflight;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>
/// Tables whose old rows, as the server sends them, do not hold the key of their events: deletes would go to a key of zeros and changes of the key would not be seen (captures B2). Debezium's
/// output is that, and it is said; where correctness is asked for, such a table is refused.
/// </summary>
internal static class KeyChecks
{
    public static IEnumerable<PreflightFinding> Run(SourceDatabase database, EventFormat format, PreflightResult seen)
    {
        if (seen.Publication is { Update: false, Delete: false })
        {
            return [];
        }

        // Under DEFAULT identity the old row has the primary key, under FULL everything: only what was chosen by hand can miss.
        var chosen = seen.Captured.Where(t => t.ReplicaIdentity == 'i' || (t.ReplicaIdentity == 'd' && format.MessageKeys != MessageKeyColumns.None)).ToList();
        using var catalog = new PostgresCatalog(database);
        return [.. chosen.Select(t => Find(t, catalog.FindTable(t.Oid), format)).OfType<PreflightFinding>()];
    }

    private static PreflightFinding? Find(CapturedTable captured, CatalogTable? table, EventFormat format)
    {
        if (table is null || EventKeys.OutsideOfIdentity(format, table) is not { Length: > 0 } missing)
        {
            return null;
        }

        bool isError = format.Values.Compat == CompatMode.Correct;
        string otherWay = isError ? "; or leave the key as it is with PENSTOCK_COMPAT=strict-debezium, as Debezium does" : "";
        return new PreflightFinding(
            "key",
            isError,
            $"the key of table {captured.FullName} has {string.Join(", ", missing.Select(SqlName.Quote))}, which its replica identity does not send with an old row: its deletes get a key of zeros, "
            + $"and changes of the key are not seen. Type: ALTER TABLE {captured.QuotedName} REPLICA IDENTITY FULL;{otherWay}");
    }
}
