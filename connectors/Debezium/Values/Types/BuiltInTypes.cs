using System.Collections.Frozen;

namespace Penstock.Debezium.Values;

/// <summary>A type with a fixed OID.</summary>
/// <param name="Oid">pg_type.oid.</param>
/// <param name="Name">typname, by which Debezium decides on defaults.</param>
/// <param name="ArrayOid">typarray; 0 for none.</param>
/// <param name="Create">Makes the encoder; null for a type that Debezium does not know.</param>
/// <param name="Array">How its arrays deviate; null where Debezium leaves them out whatever the options say (capture A9).</param>
/// <param name="ArrayPlaceholder">What stands for an unchanged TOASTed array of it; null for none.</param>
internal sealed record BuiltInType(
    uint Oid,
    string Name,
    uint ArrayOid,
    Func<EncoderContext, ValueEncoder>? Create,
    ArrayTraits? Array,
    Func<EncoderContext, byte[]?>? ArrayPlaceholder = null);

/// <summary>
/// Type to encoder to schema, for every type with a fixed OID (pg_type.dat). To add one: its encoder in this folder and its line here.
/// </summary>
internal static class BuiltInTypes
{
    public const uint Numeric = 1700;
    public const uint BitArray = 1561;

    private static readonly ArrayTraits Plain = new();

    // Values that Debezium converts with Object.toString: an inner array shows the identity of its Java object.
    private static readonly ArrayTraits Strings = new(JavaClass: "java.lang.String");
    private static readonly ArrayTraits PgObjects = new(JavaClass: "java.lang.Object");
    private static readonly ArrayTraits Uuids = new(JavaClass: "java.util.UUID");
    private static readonly ArrayTraits Numbers = new(SpecialSpoilsArray: true);

    private static readonly BuiltInType[] Known =
    [
        new(16, "bool", 1000, _ => new BooleanEncoder(), Plain),
        new(21, "int2", 1005, _ => IntegerEncoder.Int16(), Plain),
        new(23, "int4", 1007, _ => IntegerEncoder.Int32(), Plain, c => c.Placeholder.IntegerArray),
        new(20, "int8", 1016, _ => IntegerEncoder.Int64(), Plain, c => c.Placeholder.IntegerArray),
        new(26, "oid", 1028, _ => IntegerEncoder.Int64(), Plain),
        new(700, "float4", 1021, _ => new FloatEncoder(), Plain),
        new(701, "float8", 1022, _ => new DoubleEncoder(), Plain),
        new(Numeric, "numeric", 1231, EncoderChoice.Numeric, Numbers),
        new(790, "money", 791, EncoderChoice.Money, null),

        new(25, "text", 1009, Text(null), Strings, c => c.Placeholder.TextArray),
        new(1043, "varchar", 1015, Text(null), Strings, c => c.Placeholder.TextArray),
        new(1042, "bpchar", 1014, Text(null), Strings, c => c.Placeholder.TextArray),
        new(18, "char", 1002, Text(null), Strings),
        new(19, "name", 1003, EncoderChoice.Name, null),
        new(2950, "uuid", 2951, Text("io.debezium.data.Uuid"), Uuids, c => c.Placeholder.UuidArray),
        new(114, "json", 199, Text("io.debezium.data.Json"), Strings, c => c.Placeholder.TextArray),
        new(3802, "jsonb", 3807, Text("io.debezium.data.Json"), Strings, c => c.Placeholder.TextArray),
        new(142, "xml", 143, Text("io.debezium.data.Xml"), null),
        new(3614, "tsvector", 3643, Text("io.debezium.data.Tsvector"), new ArrayTraits(ItemsOptional: false, JavaClass: "java.lang.Object")),
        new(869, "inet", 1041, Text(null), PgObjects),
        new(650, "cidr", 651, Text(null), PgObjects),
        new(829, "macaddr", 1040, Text(null), PgObjects),
        new(774, "macaddr8", 775, Text(null), PgObjects),
        new(3904, "int4range", 3905, Text(null), PgObjects),
        new(3926, "int8range", 3927, Text(null), PgObjects),
        new(3906, "numrange", 3907, Text(null), PgObjects),
        new(3908, "tsrange", 3909, Text(null), PgObjects),
        new(3910, "tstzrange", 3911, Text(null), PgObjects),
        new(3912, "daterange", 3913, Text(null), PgObjects),

        new(17, "bytea", 1001, c => new ByteaEncoder(c), Plain, EncoderChoice.ByteaArrayPlaceholder),
        new(1560, "bit", BitArray, EncoderChoice.Bit, Plain),
        new(1562, "varbit", 1563, EncoderChoice.VarBit, null),

        new(1082, "date", 1182, EncoderChoice.Date, Plain, EncoderChoice.DateArrayPlaceholder),
        new(1083, "time", 1183, EncoderChoice.Time, Plain),
        new(1266, "timetz", 1270, EncoderChoice.ZonedTime, Plain),
        new(1114, "timestamp", 1115, EncoderChoice.Timestamp, Plain),
        new(1184, "timestamptz", 1185, EncoderChoice.ZonedTimestamp, Plain),
        new(1186, "interval", 1187, EncoderChoice.Interval, null),

        new(600, "point", 1017, _ => new PointEncoder(), null),
    ];

    private static readonly ArrayTraits UnknownItems = new(ItemsOptional: false);

    /// <summary>Types that Debezium writes as bytes with <c>include.unknown.datatypes</c>, else leaves out, and whose text is not that of Postgres.</summary>
    private static readonly BuiltInType[] Geometrics =
    [
        new(603, "box", 1020, EncoderChoice.Geometric, UnknownItems with { Delimiter = (byte)';' }),
        new(601, "lseg", 1018, EncoderChoice.Geometric, UnknownItems),
        new(602, "path", 1019, EncoderChoice.Geometric, UnknownItems),
        new(604, "polygon", 1027, EncoderChoice.Geometric, UnknownItems),
        new(628, "line", 629, EncoderChoice.Geometric, UnknownItems),
        new(718, "circle", 719, EncoderChoice.Geometric, UnknownItems),
    ];

    /// <summary>Arrays of types that Debezium does not know: array OID and element OID.</summary>
    private static readonly (uint Array, uint Element)[] UnknownArrays =
    [
        (3221, 3220), (3645, 3615), (4073, 4072), (2949, 2970), (5039, 5038), // pg_lsn, tsquery, jsonpath, txid_snapshot, pg_snapshot
        (6150, 4451), (6151, 4532), (6152, 4533), (6153, 4534), (6155, 4535), (6157, 4536), // multiranges
        (1011, 28), (1012, 29), (1010, 27), (271, 5069), (1034, 1033), // xid, cid, tid, xid8, aclitem
        (1008, 24), (2207, 2202), (2208, 2203), (2209, 2204), // regproc, regprocedure, regoper, regoperator
        (2210, 2205), (2211, 2206), // regclass, regtype
        (4097, 4096), (4090, 4089), (4192, 4191), (3735, 3734), (3770, 3769), // regrole, regnamespace, regcollation, regconfig, regdictionary
        (3644, 3642), (2287, 2249), // gtsvector, record
    ];

    /// <summary>refcursor[]: listed by Debezium among the arrays without support.</summary>
    public const uint RefCursorArray = 2201;

    public const uint Int2Vector = 22;
    public const uint OidVector = 30;

    /// <summary>int2vector and oidvector: arrays to the catalogue, but their text is not an array's.</summary>
    public static bool IsPlainVector(uint oid) => oid is Int2Vector or OidVector;

    public static readonly FrozenDictionary<uint, BuiltInType> ByOid = Known.ToFrozenDictionary(type => type.Oid);

    /// <summary>The element type's entry, by the OID of the array.</summary>
    public static readonly FrozenDictionary<uint, BuiltInType> ByArrayOid = Known.Where(type => type.ArrayOid != 0).ToFrozenDictionary(type => type.ArrayOid);

    /// <summary>Types for <c>include.unknown.datatypes=true</c> that need more than <see cref="OpaqueEncoder"/>, or are arrays.</summary>
    public static readonly FrozenDictionary<uint, BuiltInType> UnknownByArrayOid = Geometrics
        .Concat(UnknownArrays.Select(pair => new BuiltInType(pair.Element, "", pair.Array, EncoderChoice.Unknown, UnknownItems)))
        .ToFrozenDictionary(type => type.ArrayOid);

    public static readonly FrozenDictionary<uint, BuiltInType> UnknownByOid = Geometrics.ToFrozenDictionary(type => type.Oid);

    /// <summary>Arrays that never appear, whatever the options say.</summary>
    public static bool IsDroppedArray(uint oid) => oid == RefCursorArray || (ByArrayOid.TryGetValue(oid, out var element) && element.Array is null);

    private static Func<EncoderContext, ValueEncoder> Text(string? name) => c => new TextEncoder(name, c.Placeholder);
}
