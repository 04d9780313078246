using System.Globalization;
using Penstock.Servers;

namespace Penstock.Load;

/// <summary>Rows, and how they are changed: the SQL files of the folder Workloads, in the schema <c>penstock_bench</c>.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Table">The file that makes the table and the procedure <c>load(transactions, size)</c>.</param>
/// <param name="Before">The file that is run behind the rows that were there before; null for none.</param>
/// <param name="Change">The file with the procedure <c>change(transactions, size)</c> over those rows; null where the inserts themselves are measured.</param>
/// <param name="RecordsPerRow">Two where a tombstone follows.</param>
internal sealed record Workload(string Name, string Table, string? Before, string? Change, int RecordsPerRow)
{
    public static readonly Workload[] All =
    [
        new("orders", "orders", null, null, 1),
        new("tiny", "tiny", null, null, 1),
        new("wide", "wide", null, null, 1),
        new("jsonb", "jsonb", null, null, 1),
        new("update", "orders", null, "update", 1),
        new("update-full", "orders", "identity-full", "update", 1),
        new("delete", "orders", null, "delete", 2),
        new("mixed", "orders", null, "mixed", 1),
        new("toast", "orders", "body-apart", "update", 1),
    ];

    public static Workload Find(string name) => Array.Find(All, workload => workload.Name == name)
        ?? throw new ServerException($"there is no workload '{name}'; there are {string.Join(", ", All.Select(workload => workload.Name))}");

    /// <summary>Makes the table, and the rows that have to be there before.</summary>
    public async Task PrepareAsync(BenchScene scene, long rows)
    {
        await scene.ExecuteAsync(Sql(Table)).ConfigureAwait(false);
        if (Change is not null)
        {
            await scene.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"CALL penstock_bench.load({(rows + 999) / 1000}, 1000)")).ConfigureAwait(false);
            await scene.ExecuteAsync((Before is null ? "" : Sql(Before)) + Sql(Change)).ConfigureAwait(false);
        }
    }

    /// <summary>The orders' table, empty, with everything that a pipeline needs to stream from it.</summary>
    public static async Task MakeOrdersReadyAsync(BenchScene scene)
    {
        await Find("orders").PrepareAsync(scene, 0).ConfigureAwait(false);
        await scene.CreateTopicsAsync(["orders"], 1).ConfigureAwait(false);
        await scene.PublishAsync().ConfigureAwait(false);
        await scene.CreateSlotAsync(BenchScene.Name).ConfigureAwait(false);
    }

    /// <summary>Writes the backlog.</summary>
    public Task WriteAsync(BenchScene scene, long rows, int rowsPerTransaction) => scene.ExecuteAsync(string.Create(
        CultureInfo.InvariantCulture, $"CALL penstock_bench.{(Change is null ? "load" : "change")}({rows / rowsPerTransaction}, {rowsPerTransaction})"));

    /// <summary>Makes many tables of the form of <c>orders</c>; returns their names.</summary>
    public static async Task<IReadOnlyList<string>> MakeTablesAsync(BenchScene scene, int tables)
    {
        await scene.ExecuteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            CREATE PROCEDURE penstock_bench.spread(transactions int, size int) LANGUAGE plpgsql AS $do$
            BEGIN
              FOR t IN 0..transactions - 1 LOOP
                EXECUTE format('INSERT INTO penstock_bench.orders_%s (customer_id, status, amount, quantity, placed_at, note)
                  SELECT i, %L, 12.34, 3, clock_timestamp(), md5(i::text) FROM generate_series(1, %s) i', 1 + t % {{tables}}, 'new', size);
                COMMIT;
              END LOOP;
            END $do$;
            """)).ConfigureAwait(false);
        string[] names = [.. Enumerable.Range(1, tables).Select(number => string.Create(CultureInfo.InvariantCulture, $"orders_{number}"))];
        foreach (string[] some in names.Chunk(200))
        {
            await scene.ExecuteAsync(string.Concat(some.Select(name => $"CREATE TABLE penstock_bench.{name} (LIKE penstock_bench.orders INCLUDING ALL);"))).ConfigureAwait(false);
        }

        // It was the pattern only: captured with the others, it would want a topic of its own.
        await scene.ExecuteAsync("DROP TABLE penstock_bench.orders").ConfigureAwait(false);
        return names;
    }

    /// <summary>Writes the backlog into the tables of <see cref="MakeTablesAsync"/>, a transaction to each in turn.</summary>
    public static Task SpreadAsync(BenchScene scene, long rows, int rowsPerTransaction) =>
        scene.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"CALL penstock_bench.spread({rows / rowsPerTransaction}, {rowsPerTransaction})"));

    private static string Sql(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Workloads", file + ".sql"));
}
