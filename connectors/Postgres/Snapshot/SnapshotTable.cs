using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary>One table as a snapshot reads it.</summary>
/// <param name="Table">The catalogue's view of it.</param>
/// <param name="Fields">Expressions of the columns, each giving the text that pgoutput would send.</param>
/// <param name="Source">What stands behind FROM.</param>
/// <param name="RelationMessage">Stands before its first row.</param>
internal sealed record SnapshotTable(CatalogTable Table, string Fields, string Source, byte[] RelationMessage)
{
    // For each type of a column: the expression that gives the text of the type's output function, which is what pgoutput sends. A cast to text is that text for most types,
    // but some have a cast of their own that differs: bool ("true" for "t"), char(n) (no padding), inet (with mask), xml (with declaration), "char", name.
    // For those the output function itself is called. Domains are looked up by their base type.
    private const string OutputSql = """
        WITH RECURSIVE base(origin, typ) AS (
            SELECT o, CAST(o AS oid) FROM pg_catalog.unnest(@types) o
            UNION ALL
            SELECT b.origin, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typ WHERE t.typtype = 'd'
        )
        SELECT b.origin, n.nspname::text, p.proname::text
        FROM base b
        JOIN pg_catalog.pg_type t ON t.oid = b.typ AND t.typtype <> 'd'
        JOIN pg_catalog.pg_proc p ON p.oid = t.typoutput
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE t.oid NOT IN (25, 1043)
          AND EXISTS (SELECT FROM pg_catalog.pg_cast c WHERE c.castsource = t.oid AND c.casttarget = 25 AND c.castmethod <> 'i')
        """;

    // What the view lists are the columns that the stream has: those of a column list, or all that are not generated, or from 18 on also the generated ones that the publication is told to send.
    private const string PublishedSql = """
        SELECT unnest(t.attnames)::text FROM pg_catalog.pg_publication_tables t
        WHERE t.pubname = @publication AND t.schemaname = @schema AND t.tablename = @table
        """;

    private const int FirstVersionWithColumnLists = 15;
    private const int FirstVersionWithGenerated = 18;

    /// <summary>The statement that reads all rows, or those that a SELECT of the user's gives in place of the table.</summary>
    public string CopySql(uint oid, string? select) => $"COPY {SnapshotReading.Comment(oid)} (SELECT {Fields} FROM {(select is null ? Source : $"({select}\n)")} t) TO STDOUT (FORMAT binary)";

    /// <summary>Reads the table's columns inside the snapshot's transaction. Null if the table is gone.</summary>
    /// <param name="connection">The snapshot's.</param>
    /// <param name="oid">The table.</param>
    /// <param name="statement">The user's own SELECT, null for all rows.</param>
    /// <param name="publication">Whose columns are read; null for all.</param>
    /// <param name="byName">The fields refer to the table by its own name, as a condition of the user's may; else to <c>t</c>.</param>
    /// <exception cref="DatabaseException">The statement is no SELECT, or its columns are not the table's.</exception>
    public static SnapshotTable? Read(NpgsqlConnection connection, uint oid, string? statement = null, string? publication = null, bool byName = false)
    {
        var table = TableQueries.ReadTable(connection, oid);
        if (table is null)
        {
            return null;
        }

        // Keys and indexes may have columns that the rows have not: the table itself stays whole.
        var read = publication is null ? table : table with { Columns = Published(connection, table, publication) };
        // A partitioned table is read through its root only where the stream speaks of the root; of an ordinary one, inheritance children are tables of their own.
        string only = table.Kind == 'p' ? "" : "ONLY ";
        var types = statement is null
            ? table.Columns.ToDictionary(c => c.Name, c => c.TypeOid, StringComparer.Ordinal)
            : SnapshotStatement.Columns(connection, table, statement);
        string from = statement is null ? only + SqlName.Qualified(table.Schema, table.Name) : SnapshotStatement.AsTable(statement);
        return new SnapshotTable(table, string.Join(", ", ReadFields(connection, read, types, byName ? SqlName.Quote(table.Name) : "t")), from, Relation(read));
    }

    // A column that the rows do not have is NULL, as in Debezium.
    private static IEnumerable<string> ReadFields(NpgsqlConnection connection, CatalogTable table, IReadOnlyDictionary<string, uint> types, string alias)
    {
        var outputs = connection
            .List(OutputSql, r => (Type: (uint)r.GetInt64(0), Function: SqlName.Qualified(r.GetString(1), r.GetString(2))), ("types", types.Values.Distinct().Select(type => (long)type).ToArray()))
            .ToDictionary(o => o.Type, o => o.Function);
        return table.Columns.Select(c => !types.TryGetValue(c.Name, out uint type) ? "NULL::pg_catalog.text"
            : outputs.TryGetValue(type, out string? function) ? $"pg_catalog.textin({function}({alias}.{SqlName.Quote(c.Name)}))"
            : $"{alias}.{SqlName.Quote(c.Name)}::pg_catalog.text");
    }

    private static CatalogColumn[] Published(NpgsqlConnection connection, CatalogTable table, string publication)
    {
        int version = connection.PostgreSqlVersion.Major;
        var names = version < FirstVersionWithColumnLists
            ? []
            : connection.List(PublishedSql, r => r.GetString(0), ("publication", publication), ("schema", table.Schema), ("table", table.Name)).ToHashSet(StringComparer.Ordinal);
        return [.. table.Columns.Where(c => (names.Count == 0 || names.Contains(c.Name)) && (c.Generated.Length == 0 || (version >= FirstVersionWithGenerated && names.Contains(c.Name))))];
    }

    /// <summary>
    /// Whether the table, and every partition of it, has now the form that the snapshot shows. Tables of the catalogue are read as of the snapshot, catalogue functions answer as of now: they are compared.
    /// Call it with the table locked.
    /// </summary>
    public static bool IsAsItWas(NpgsqlConnection connection, uint oid) => connection.True(
        """
        SELECT pg_catalog.bool_and(c.relfilenode = 0 OR c.relfilenode = pg_catalog.pg_relation_filenode(c.oid))
           AND pg_catalog.bool_and(pg_catalog.to_regclass(pg_catalog.format('%I.%I', n.nspname, c.relname)) = c.oid::pg_catalog.regclass)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid IN (SELECT CAST(@oid AS oid) UNION SELECT relid FROM pg_catalog.pg_partition_tree(CAST(@oid AS oid)))
        """, ("oid", (long)oid));

    /// <summary>The Relation message as pgoutput writes it (logicalrep_write_rel), with generated columns, which Debezium's snapshots contain (captures A7).</summary>
    private static byte[] Relation(CatalogTable table)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write("R"u8);
        WriteUInt32(bytes, table.Oid);
        WriteText(bytes, table.Schema == "pg_catalog" ? "" : table.Schema);
        WriteText(bytes, table.Name);
        bytes.Write([(byte)table.ReplicaIdentity]);
        BinaryPrimitives.WriteInt16BigEndian(bytes.GetSpan(2), (short)table.Columns.Length);
        bytes.Advance(2);
        var identity = table.ReplicaIdentity switch
        {
            'd' => table.PrimaryKey,
            'i' => table.UniqueIndexes.FirstOrDefault(i => i.IsReplicaIdentity)?.Columns.OfType<string>().ToArray() ?? [],
            _ => [],
        };
        foreach (var column in table.Columns)
        {
            // REPLICA IDENTITY FULL makes every column part of the key.
            bytes.Write([(byte)(table.ReplicaIdentity == 'f' || identity.Contains(column.Name) ? 1 : 0)]);
            WriteText(bytes, column.Name);
            WriteUInt32(bytes, column.TypeOid);
            WriteUInt32(bytes, (uint)column.TypeModifier);
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteUInt32(ArrayBufferWriter<byte> bytes, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes.GetSpan(4), value);
        bytes.Advance(4);
    }

    private static void WriteText(ArrayBufferWriter<byte> bytes, string text)
    {
        bytes.Write(Encoding.UTF8.GetBytes(text));
        bytes.Write([(byte)0]);
    }
}
