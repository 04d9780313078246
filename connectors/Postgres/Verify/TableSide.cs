using Npgsql;
using NpgsqlTypes;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Verify;

/// <summary>A key with what its row is: the key's columns as text, and the row's checksum.</summary>
/// <param name="Key">Texts of the key's columns.</param>
/// <param name="Row">MD5 of all compared columns.</param>
public readonly record struct KeyedRow(string[] Key, Guid Row)
{
    /// <summary>The key as one text, in which no two keys are alike.</summary>
    public string Identity => string.Join('\0', Key.Select(part => part.Replace("\0", "\0\0", StringComparison.Ordinal)));
}

/// <summary>One of two tables that are compared: checksums of it, and rows by key. Both sides write values as the same text.</summary>
/// <param name="database">Where.</param>
/// <param name="connection">A connection without limits, its own.</param>
/// <param name="table">The table.</param>
/// <param name="values">SQL of each compared column's text, in an order that both sides share.</param>
/// <param name="keys">SQL of the key columns' texts, in the order of <paramref name="keyColumns"/>.</param>
/// <param name="keyColumns">The key's columns as this side has them.</param>
public sealed class TableSide(SourceDatabase database, NpgsqlConnection connection, ComparedTable table, IReadOnlyList<string> values, IReadOnlyList<string> keys, IReadOnlyList<ComparedColumn> keyColumns)
{
    /// <summary>Chunks by the first 16 bits of the key's hash: a table of 1,000,000,000 rows has 15,000 in each, and the checksums of all of them are 2 MB.</summary>
    public const int Chunks = 1 << 16;

    private const string ChunkOf = "('x' || substr(md5(k::text), 1, 4))::bit(16)::int";

    // The sum of 60 bits of each row's hash does not depend on an order, which two servers may not share.
    private string Rows => $"(SELECT ARRAY[{string.Join(", ", keys)}]::text[] AS k, md5(ROW({string.Join(", ", values)})::text) AS h FROM {table.QuotedName} t) r";

    /// <summary>Rows and checksum of each chunk; reads the table once.</summary>
    public (long[] Counts, string[] Sums) Checksums(CancellationToken stop)
    {
        long[] counts = new long[Chunks];
        string[] sums = new string[Chunks];
        Read(
            $"SELECT {ChunkOf} AS chunk, count(*), sum(('x' || substr(h, 1, 15))::bit(60)::bigint::numeric)::text FROM {Rows} GROUP BY 1",
            [],
            r =>
            {
                counts[r.GetInt32(0)] = r.GetInt64(1);
                sums[r.GetInt32(0)] = r.GetString(2);
            },
            stop);
        return (counts, sums);
    }

    /// <summary>The rows of some chunks; reads the table once.</summary>
    public Dictionary<string, KeyedRow> RowsOf(int[] chunks, CancellationToken stop) =>
        Keyed($"SELECT k, h::uuid FROM {Rows} WHERE {ChunkOf} = ANY($1)", [new NpgsqlParameter { Value = chunks }], stop);

    /// <summary>The rows of some keys, by the key's index.</summary>
    public Dictionary<string, KeyedRow> RowsOf(IReadOnlyCollection<string[]> wanted, CancellationToken stop)
    {
        string columns = string.Join(", ", keyColumns.Select(column => $"t.{SqlName.Quote(column.Name)}"));
        string typed = string.Join(", ", keyColumns.Select((column, i) => $"u.c{i}::{column.Type}"));
        string names = string.Join(", ", keyColumns.Select((_, i) => $"c{i}"));
        string arrays = string.Join(", ", keyColumns.Select((_, i) => $"${i + 1}::text[]"));
        return Keyed(
            $"SELECT ARRAY[{string.Join(", ", keys)}]::text[], md5(ROW({string.Join(", ", values)})::text)::uuid FROM {table.QuotedName} t WHERE ({columns}) IN (SELECT {typed} FROM unnest({arrays}) AS u ({names}))",
            [.. keyColumns.Select((_, i) => new NpgsqlParameter { Value = wanted.Select(key => key[i]).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text })],
            stop);
    }

    private Dictionary<string, KeyedRow> Keyed(string sql, NpgsqlParameter[] parameters, CancellationToken stop)
    {
        var rows = new Dictionary<string, KeyedRow>(StringComparer.Ordinal);
        Read(
            sql,
            parameters,
            r =>
            {
                var row = new KeyedRow(r.GetFieldValue<string[]>(0), r.GetGuid(1));
                rows[row.Identity] = row;
            },
            stop);
        return rows;
    }

    private void Read(string sql, NpgsqlParameter[] parameters, Action<NpgsqlDataReader> row, CancellationToken stop) => database.Translated(() =>
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        // A whole table is read: only the user ends that.
        using var reader = command.ExecuteReaderAsync(stop).GetAwaiter().GetResult();
        while (reader.ReadAsync(stop).GetAwaiter().GetResult())
        {
            row(reader);
        }

        return true;
    });
}
