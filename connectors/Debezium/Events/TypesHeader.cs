using System.Buffers.Binary;
using Penstock.Debezium.Columns;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>
/// The header <c>__penstock.types</c> (<c>types.header.enabled</c>): the columns of an event's table as <c>{"id":"bigint","amount":"numeric(12,2)"}</c>, by which a consumer of events without schemas can make
/// the table. Made once for each version of the relation.
/// </summary>
public static class TypesHeader
{
    public static ReadOnlySpan<byte> Name => "__penstock.types"u8;

    /// <summary>The header as it stands in a record: the name and the value, each behind its length.</summary>
    /// <param name="relation">The table of the stream.</param>
    /// <param name="fields">Its fields in events.</param>
    /// <param name="catalog">For types that are not built in.</param>
    internal static byte[] Of(Relation relation, IEnumerable<ColumnSlot> fields, ICatalog catalog)
    {
        var types = fields
            .Select(field => (field.Field, Type: TypeOf(field, relation.Columns[field.Index].TypeOid, catalog)))
            .Where(field => field.Type.Length > 0)
            .Select(field => $"{JsonLiteral.Quote(field.Field)}:{JsonLiteral.Quote(field.Type)}");
        byte[] value = JsonLiteral.Bytes($"{{{string.Join(',', types)}}}");
        byte[] entry = new byte[sizeof(int) + Name.Length + sizeof(int) + value.Length];
        BinaryPrimitives.WriteInt32BigEndian(entry, Name.Length);
        Name.CopyTo(entry.AsSpan(sizeof(int)));
        BinaryPrimitives.WriteInt32BigEndian(entry.AsSpan(sizeof(int) + Name.Length), value.Length);
        value.CopyTo(entry, (2 * sizeof(int)) + Name.Length);
        return entry;
    }

    // What a mask or a hash makes is a text, and so are labels of an enum. Of a domain the name says nothing elsewhere, and it is left out, as is a column that the catalogue does not have any more.
    private static string TypeOf(ColumnSlot field, uint oid, ICatalog catalog)
    {
        if (field.Encoder is ChangedEncoder)
        {
            return "text";
        }

        var type = catalog.FindType(oid);
        bool isArray = type is { ElementOid: > 0 };
        return (isArray ? catalog.FindType(type!.ElementOid) : type)?.Kind switch
        {
            'e' => isArray ? "text[]" : "text",
            'd' => "",
            _ => field.Type.StartsWith("type ", StringComparison.Ordinal) ? "" : field.Type,
        };
    }
}
