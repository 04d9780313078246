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

    // What the view lists are the columns that the stream has: those of a column list, or all that are not generated, or from 18 on also the generated ones that the publication is told to send.
    private const string PublishedSql = """
        SELECT unnest(t.attnames)::text FROM pg_catalog.pg_publication_tables t
        WHERE t.pubname = @publication AND t.schemaname = @schema AND t.tablename = @table
        """;

    private const int FirstVersionWithColumnLists = 15;
    private const int FirstVersionWithGenerated = 18;

    /// <summary>Reads the table's columns inside the snapshot's transaction. Null if the table is gone.</summary>
    /// <param name="connection">The snapshot's.</param>
    /// <param name="oid">The table.</param>
    /// <param name="publication">Whose columns are read; null for all.</param>
    public static SnapshotTable? Read(NpgsqlConnection connection, uint oid, string? publication = null)
    {
        var table = TableQueries.ReadTable(connection, oid);
        if (table is null)
        {
            return null;
        }

        if (publication is not null)
        {
            table = table with { Columns = Published(connection, table, publication) };
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

    private static CatalogColumn[] Published(NpgsqlConnection connection, CatalogTable table, string publication)
    {
        int version = connection.PostgreSqlVersion.Major;
        var names = version < FirstVersionWithColumnLists
            ? []
            : connection.List(PublishedSql, r => r.GetString(0), ("publication", publication), ("schema", table.Schema), ("table", table.Name)).ToHashSet(StringComparer.Ordinal);
        return [.. table.Columns.Where(c => (names.Count == 0 || names.Contains(c.Name)) && (c.Generated.Length == 0 || (version >= FirstVersionWithGenerated && names.Contains(c.Name))))];
    }

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
