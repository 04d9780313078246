using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Apply;

/// <summary>Looks tables of the target up.</summary>
public static class TargetCatalog
{
    private const string ColumnsSql = """
        WITH RECURSIVE base AS (
          SELECT a.attnum, a.attname::text AS name, a.atttypid AS oid, a.atttypmod AS modifier, a.attgenerated <> '' AS generated, a.attnotnull AS notnull,
                 a.atthasdef OR a.attidentity <> '' AS defaulted
          FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
          UNION ALL
          SELECT b.attnum, b.name, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE b.modifier END, b.generated, b.notnull, b.defaulted
          FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype = 'd')
        SELECT b.name, b.oid::bigint, b.modifier, format_type(b.oid, -1), CASE WHEN t.typcategory = 'A' THEN t.typelem::bigint ELSE 0 END, b.generated, b.notnull, b.defaulted
        FROM base b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype <> 'd' ORDER BY b.attnum
        """;

    private const string KeySql = """
        SELECT a.attname::text FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE i.indrelid = $1 AND i.indisprimary ORDER BY k.place
        """;

    // Chains are followed thirty tables far, so that circles end.
    private const string DepthSql = """
        WITH RECURSIVE referred AS (
          SELECT $1 AS oid, 0 AS depth
          UNION
          SELECT c.confrelid, r.depth + 1 FROM referred r JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype = 'f' AND c.confrelid <> r.oid WHERE r.depth < 30)
        SELECT max(depth) FROM referred
        """;

    /// <summary>The table, or null if there is none.</summary>
    /// <param name="connection">To the target.</param>
    /// <param name="schema">Its schema; "" for the first one of the search path that has it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="number">Its number among the tables of a run.</param>
    /// <param name="keyFields">Columns that make the key; empty for the primary key's.</param>
    /// <param name="withKey">False: rows have no key here.</param>
    public static TargetTable? Find(NpgsqlConnection connection, string schema, string name, int number, IReadOnlyList<string> keyFields, bool withKey)
    {
        string named = schema.Length == 0 ? SqlName.Quote(name) : SqlName.Qualified(schema, name);
        var found = Read(
            connection,
            "SELECT c.oid::bigint, n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p')",
            reader => (Oid: reader.GetInt64(0), Schema: reader.GetString(1)),
            named);
        if (found.Count == 0)
        {
            return null;
        }

        var columns = Read(
            connection,
            ColumnsSql,
            reader => new TargetColumn(
                reader.GetString(0), (uint)reader.GetInt64(1), reader.GetInt32(2), reader.GetString(3), (uint)reader.GetInt64(4), reader.GetBoolean(5), reader.GetBoolean(6), reader.GetBoolean(7)),
            (uint)found[0].Oid).Where(column => !column.IsGenerated).ToList();
        var key = !withKey ? [] : keyFields.Count > 0 ? keyFields : Read(connection, KeySql, reader => reader.GetString(0), (uint)found[0].Oid);
        var places = new List<int>();
        foreach (string field in key)
        {
            int place = columns.FindIndex(column => column.Name == field);
            if (place < 0)
            {
                throw new DatabaseException(FailureClass.Preflight, $"table {found[0].Schema}.{name} has no column \"{field}\", which PENSTOCK_PRIMARY_KEY_FIELDS names.");
            }

            places.Add(place);
        }

        return new TargetTable(found[0].Schema, name, columns, places) { Number = number, ReferenceDepth = Read(connection, DepthSql, reader => reader.GetInt32(0), (uint)found[0].Oid)[0] };
    }

    private static List<T> Read<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> row, object parameter)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(parameter is uint oid
            ? new NpgsqlParameter { Value = oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid }
            : new NpgsqlParameter { Value = parameter });
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(row(reader));
        }

        return rows;
    }
}
