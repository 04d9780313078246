using System.Collections.Frozen;

namespace Penstock.Debezium.Values;

/// <summary>A type of an extension, known by its name because its OID differs from database to database.</summary>
/// <param name="Create">Makes the encoder.</param>
/// <param name="Array">How its arrays deviate; null where Debezium does not know them.</param>
internal sealed record ExtensionType(Func<EncoderContext, ValueEncoder> Create, ArrayTraits? Array);

/// <summary>Type name to encoder to schema, for the extensions that Debezium knows.</summary>
internal static class ExtensionTypes
{
    public static readonly FrozenDictionary<string, ExtensionType> ByName = new Dictionary<string, ExtensionType>
    {
        ["citext"] = new(c => new TextEncoder(null, c.Placeholder), new ArrayTraits()),
        ["hstore"] = new(c => new HstoreEncoder(c.Modes.HstoreAsMap, c.Placeholder), new ArrayTraits()),
        ["ltree"] = new(c => new TextEncoder("io.debezium.data.Ltree", c.Placeholder), new ArrayTraits(NullSpoilsArray: true, JavaClass: "java.lang.Object")),
        ["isbn"] = new(c => new TextEncoder(null, c.Placeholder), null),
        ["geometry"] = new(_ => new GeometryEncoder("Geometry"), new ArrayTraits(Delimiter: (byte)':')),
        ["geography"] = new(_ => new GeometryEncoder("Geography"), new ArrayTraits(Delimiter: (byte)':')),
        ["vector"] = new(_ => VectorEncoder.Doubles(), null),
        ["halfvec"] = new(_ => VectorEncoder.Floats(), null),
        ["sparsevec"] = new(_ => new SparseVectorEncoder(), null),
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
