using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Catalog;

/// <summary>SQL over pg_type and pg_enum, one type at a time: a database may hold hundreds of thousands (every table makes two).</summary>
internal static class TypeQueries
{
    private const string TypeSql = """
        SELECT n.nspname::text, t.typname::text, t.typtype::text,
               CASE WHEN t.typcategory = 'A' THEN t.typelem::bigint ELSE 0 END, t.typbasetype::bigint, t.typtypmod, t.typnotnull
        FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        WHERE t.oid = CAST(@oid AS oid)
        """;

    private const string LabelSql = "SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = CAST(@oid AS oid) ORDER BY e.enumsortorder";

    private const string EnumsAndDomainsSql = """
        SELECT t.oid::bigint, n.nspname::text, t.typname::text, t.typtype::text, t.typbasetype::bigint, t.typtypmod, t.typnotnull,
               ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        WHERE t.typtype IN ('e', 'd') AND t.oid >= CAST(@first AS oid)
        """;

    /// <summary>The types of which ALTER TYPE and ALTER DOMAIN change what schemas tell.</summary>
    public static List<CatalogType> ReadEnumsAndDomains(NpgsqlConnection connection) => connection.List(
        EnumsAndDomainsSql,
        r => new CatalogType(
            (uint)r.GetInt64(0),
            r.GetString(1),
            r.GetString(2),
            r.GetString(3)[0],
            0,
            (uint)r.GetInt64(4),
            r.GetInt32(5),
            r.GetBoolean(6),
            r.GetFieldValue<string[]>(7)),
        ("first", (long)PostgresCatalog.FirstUserOid));

    public static CatalogType? ReadType(NpgsqlConnection connection, uint oid)
    {
        var parameter = ("oid", (object)(long)oid);
        var type = connection.List(
            TypeSql,
            r => new CatalogType(
                oid,
                r.GetString(0),
                r.GetString(1),
                r.GetString(2)[0],
                (uint)r.GetInt64(3),
                (uint)r.GetInt64(4),
                r.GetInt32(5),
                r.GetBoolean(6),
                []),
            parameter).FirstOrDefault();
        return type is { Kind: 'e' } ? type with { EnumLabels = [.. connection.List(LabelSql, r => r.GetString(0), parameter)] } : type;
    }
}
