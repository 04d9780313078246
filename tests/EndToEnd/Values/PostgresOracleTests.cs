using System.Diagnostics;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;
using Penstock.Servers;
using Xunit.Abstractions;

namespace Penstock.EndToEnd.Values;

/// <summary>
/// Postgres as the oracle: generated values go into a real server, come out by its slot and by a snapshot, become events, and Postgres says whether what their JSON turns back into is what
/// it holds. What is lost on the way is listed with its reason, and the loss is what is compared then.
/// </summary>
/// <remarks><c>PENSTOCK_ORACLE_VALUES</c> sets how many values each column gets, <c>PENSTOCK_ORACLE_SEED</c> the seed, which is printed.</remarks>
public sealed class PostgresOracleTests(ITestOutputHelper log)
{
    private const int OrdinaryValues = 25;
    private const int OrdinarySeed = 20_260_815;
    private const int ShownDifferences = 3;
    private const int GeneratedSize = 50;
    private const string Slot = "oracle";

    [Fact]
    public async Task What_events_say_turns_back_into_what_Postgres_holds()
    {
        var watch = Stopwatch.StartNew();
        int count = Number("VALUES", OrdinaryValues);
        int seed = Number("SEED", OrdinarySeed);
        log.WriteLine($"PENSTOCK_ORACLE_SEED={seed} PENSTOCK_ORACLE_VALUES={count}");
        await using var server = await PostgresServer.CreateAsync();
        Assert.True(DatabaseUrl.TryParse(server.Url(), _ => null, out var url, out string? problem), problem);
        using var database = new SourceDatabase(url!);
        await using var connection = new NpgsqlConnection(server.ConnectionString());
        await connection.OpenAsync();
        await ExecuteAsync(connection, OracleSql.Setup);
        var columns = await WithTypesAsync(connection);
        foreach (var column in columns)
        {
            await ExecuteAsync(connection, $"CREATE TABLE {column.Table} (id int PRIMARY KEY, v {column.Type})");
        }

        Assert.Equal(OracleColumns.Without.Order(StringComparer.Ordinal), await TypesWithoutColumnAsync(connection));
        await ExecuteAsync(connection, $"CREATE PUBLICATION {Slot} FOR ALL TABLES");
        await ExecuteAsync(connection, $"SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput')");
        int values = 0;
        for (int i = 0; i < columns.Count; i++)
        {
            values += await FillAsync(connection, columns[i], columns[i].Texts.Sample(count, new Rnd((ulong)seed + (ulong)i), GeneratedSize));
        }

        Assert.True(Lsn.TryParse((string)(await ScalarAsync(connection, "SELECT pg_current_wal_lsn()::text"))!, out var end));
        string figures = $"{values} values in {columns.Count} columns, filled after {watch.Elapsed.TotalSeconds:0.0} s";
        var differences = new List<string>();
        var losses = new SortedSet<string>(StringComparer.Ordinal);
        int compared = 0;
        foreach (var path in new[] { OraclePath.Stream, OraclePath.Snapshot })
        {
            var readings = OracleFormats.All.Select(f => new EventValues(database, f.Format)).ToList();
            if (path == OraclePath.Stream)
            {
                // A keepalive, or another commit, brings the position of the last one.
                EventValues.Stream(database, Slot, connection.PostgreSqlVersion.Major, end.Value, readings);
            }
            else
            {
                EventValues.Snapshot(database, readings);
            }

            for (int f = 0; f < readings.Count; f++)
            {
                Assert.Equal(values, readings[f].Events);
                foreach (var column in columns)
                {
                    var (name, format) = OracleFormats.All[f];
                    var reading = column.Read(format.Values, path);
                    compared += await CompareAsync(connection, column, reading, readings[f], $"{column.Name} ({column.Type}), {name}, {path}", differences);
                    if (reading.Loss is { } loss)
                    {
                        losses.Add($"{format.Values.Compat}, {column.Type}: {loss}");
                    }
                }

                readings[f].Dispose();
            }
        }

        log.WriteLine($"{figures}; {compared} events of {OracleFormats.All.Length} formats by stream and snapshot compared after {watch.Elapsed.TotalSeconds:0.0} s");
        log.WriteLine($"losses:\n  {string.Join("\n  ", losses)}");
        Assert.True(differences.Count == 0, $"seed {seed}, {differences.Count} differences:\n{string.Join('\n', differences.Take(100))}");
        Assert.True(values > columns.Count * count / 2, $"only {values} of the generated values are values of their types");
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable($"PENSTOCK_ORACLE_{name}"), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    // Columns whose extension can be made; the others are told and left out.
    private async Task<List<OracleColumn>> WithTypesAsync(NpgsqlConnection connection)
    {
        var missing = new HashSet<string>();
        foreach (string extension in OracleColumns.All.Select(c => c.Extension).OfType<string>().Distinct())
        {
            if (await ScalarAsync(connection, $"SELECT 1 FROM pg_available_extensions WHERE name = '{extension}'") is null)
            {
                missing.Add(extension);
                log.WriteLine($"extension {extension} is not installed: its columns are left out");
                continue;
            }

            await ExecuteAsync(connection, $"CREATE EXTENSION {extension}");
        }

        return [.. OracleColumns.All.Where(c => c.Extension is null || !missing.Contains(c.Extension))];
    }

    // What a new version of Postgres adds is to be added to the columns, too.
    private static async Task<List<string>> TypesWithoutColumnAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT format_type(t.oid, NULL) FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' AND e.typarray = t.oid
            WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm') AND (e.oid IS NULL OR e.typtype IN ('b', 'r', 'm') AND e.typname NOT LIKE 'pg\_%\_%')
            AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace AND a.attname = 'v' AND a.atttypid = t.oid)
            """,
            connection);
        var types = new List<string>();
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            types.Add(rows.GetString(0));
        }

        return [.. types.Order(StringComparer.Ordinal)];
    }

    // Texts that are no values of the type stay out; a NULL is always among the rows.
    private static async Task<int> FillAsync(NpgsqlConnection connection, OracleColumn column, IEnumerable<string> texts)
    {
        await using var command = new NpgsqlCommand(
            $"INSERT INTO {column.Table} SELECT n, x::{column.Type} FROM unnest($1::text[]) WITH ORDINALITY AS t(x, n) WHERE x IS NULL OR takes(x, $2)", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = texts.Append(null).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = column.Type });
        return await command.ExecuteNonQueryAsync();
    }

    private static async Task<int> CompareAsync(NpgsqlConnection connection, OracleColumn column, Reading reading, EventValues events, string place, List<string> differences)
    {
        var values = events.Values.Where(v => v.Key.Table == column.Table).ToList();
        if (reading == Reading.Absent)
        {
            if (values.Count > 0)
            {
                differences.Add($"{place}: the column should not be there");
            }

            return events.Absent.Count(a => a.Table == column.Table);
        }

        await using var command = new NpgsqlCommand(
            $"""
            SELECT s.id, left(s.v::text, 300), left(s.j, 300), left(s.back::text, 300)
            FROM (SELECT t.id, t.v, b.j, b.id IS NOT NULL AS came, ({reading.Back}) AS back FROM {column.Table} t LEFT JOIN unnest($1::int[], $2::text[]) AS b(id, j) ON t.id = b.id) s
            WHERE NOT coalesce(came AND ((v IS NOT DISTINCT FROM NULL AND j IS NULL) OR (v IS DISTINCT FROM NULL AND ({reading.Same}))), false)
            LIMIT {ShownDifferences}
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = values.Select(v => v.Key.Id).ToArray() });
        command.Parameters.Add(new NpgsqlParameter { Value = values.Select(v => v.Value).ToArray() });
        try
        {
            await using var rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                string Shown(int field) => rows.IsDBNull(field) ? "NULL" : $"'{rows.GetString(field)}'";
                differences.Add($"{place}: {Shown(1)} was written as {Shown(2)}, which reads {Shown(3)}");
            }
        }
        catch (PostgresException error)
        {
            differences.Add($"{place}: Postgres cannot read it: {error.MessageText} {error.Where}");
        }

        return values.Count;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
