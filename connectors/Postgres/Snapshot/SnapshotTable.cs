using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Npgsql;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Snapshot;

/// <summary>One table as the snapshot reads it: the COPY statement, and the Relation message that stands before its first row.</summary>
internal sealed record SnapshotTable(string CopySql, byte[] RelationMessage)
{
    // For each column: the expression that gives the text of the type's output function, which is what pgoutput sends. A cast to text is that text for most types,
    // but some have a cast of their own that differs: bool ("true" for "t"), char(n) (no padding), inet (with mask), xml (with declaration), "char", name.
    // For those the output function itself is called. Domains are looked up by their base type.
    private const string OutputSql = """
        WITH RECURSIVE base(attnum, typ) AS (
            SELECT a.attnum, a.atttypid FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = CAST(@oid AS oid) AND a.attnum > 0 AND NOT a.attisdropped
            UNION ALL
            SELECT b.attnum, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typ WHERE t.typtype = 'd'
        )
        SELECT b.attnum::int, n.nspname::text, p.proname::text
        FROM base b
        JOIN pg_catalog.pg_type t ON t.oid = b.typ AND t.typtype <> 'd'
        JOIN pg_catalog.pg_proc p ON p.oid = t.typoutput
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE t.oid NOT IN (25, 1043)
          AND EXISTS (SELECT FROM pg_catalog.pg_cast c WHERE c.castsource = t.oid AND c.casttarget = 25 AND c.castmethod <> 'i')
        """;

    /// <summary>Reads the table's columns inside the snapshot's transaction. Null if the table is gone.</summary>
    public static SnapshotTable? Read(NpgsqlConnection connection, uint oid)
    {
        var table = TableQueries.ReadTable(connection, oid);
        if (table is null)
        {
            return null;
        }

        var outputs = connection
            .List(OutputSql, r => (Number: r.GetInt32(0), Function: SqlName.Qualified(r.GetString(1), r.GetString(2))), ("oid", (long)oid))
            .ToDictionary(o => o.Number, o => o.Function);
        var fields = table.Columns.Select(c =>
            outputs.TryGetValue(c.Number, out string? function) ? $"pg_catalog.textin({function}(t.{SqlName.Quote(c.Name)}))" : $"t.{SqlName.Quote(c.Name)}::pg_catalog.text");
        // A partitioned table is read through its root only where the stream speaks of the root; of an ordinary one, inheritance children are tables of their own.
        string only = table.Kind == 'p' ? "" : "ONLY ";
        return new SnapshotTable(
            $"COPY (SELECT {string.Join(", ", fields)} FROM {only}{SqlName.Qualified(table.Schema, table.Name)} t) TO STDOUT (FORMAT binary)",
            Relation(table));
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
