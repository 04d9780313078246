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
        ["hstore"] = new(c => new HstoreEncoder(c.Modes.HstoreAsMap, c.Placeholder, c.OfDomain), new ArrayTraits()),
        ["ltree"] = new(c => new TextEncoder("io.debezium.data.Ltree", c.Placeholder), new ArrayTraits(NullSpoilsArray: true, JavaClass: "java.lang.Object")),
        ["isbn"] = new(c => new TextEncoder(null, c.Placeholder), null),
        ["geometry"] = new(c => new GeometryEncoder("Geometry", c.IsCorrect ? c.Placeholder.Geometry : null), new ArrayTraits(Delimiter: (byte)':')),
        ["geography"] = new(c => new GeometryEncoder("Geography", c.IsCorrect ? c.Placeholder.Geometry : null), new ArrayTraits(Delimiter: (byte)':')),
        ["vector"] = new(c => VectorEncoder.Doubles(c.IsCorrect), null),
        ["halfvec"] = new(c => VectorEncoder.Floats(c.IsCorrect), null),
        ["sparsevec"] = new(c => new SparseVectorEncoder(c.IsCorrect), null),
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
