using System.Globalization;
using Penstock.Debezium.Values;
using Penstock.Postgres.Catalog;

namespace Penstock.Debezium.Columns;

/// <summary>
/// A column's type as pgjdbc describes it: name, length and scale, which <c>column.propagate.source.type</c> puts into the schema (capture 17g; the numbers are those of pgjdbc's TypeInfoCache).
/// </summary>
internal sealed record SourceType(string Name, int Length, int? Scale)
{
    /// <summary>Whether JDBC counts the type among CHAR and VARCHAR, whose values masks and hashes change; not so citext, uuid, json and others that are text in events.</summary>
    public bool IsCharacters { get; init; }

    /// <summary>Length of a type that has none.</summary>
    public const int Unlimited = int.MaxValue;

    // What Postgres keeps of a second; no modifier of a time is larger.
    private const int MostFractionDigits = 6;

    // VARHDRSZ: the length word that Postgres counts into the modifiers of numeric, char and varchar.
    private const int HeaderBytes = 4;

    /// <summary>The parameters of the column's schema, in Debezium's order.</summary>
    /// <param name="column">The column's name.</param>
    public KeyValuePair<string, string>[] Parameters(string column) =>
    [
        new("__debezium.source.column.type", Name.ToUpperInvariant()),
        new("__debezium.source.column.length", Length.ToString(CultureInfo.InvariantCulture)),
        .. Scale is { } scale ? [new KeyValuePair<string, string>("__debezium.source.column.scale", scale.ToString(CultureInfo.InvariantCulture))] : Array.Empty<KeyValuePair<string, string>>(),
        new("__debezium.source.column.name", column),
    ];

    /// <summary>The same type as DatabaseMetaData describes it, which a snapshot reads: serial columns have names of their own, a numeric without a modifier has no length.</summary>
    /// <param name="modifier">atttypmod, -1 for none.</param>
    /// <param name="defaultExpression">The column's default as pg_get_expr tells it; null for none.</param>
    public SourceType OfSnapshot(int modifier, string? defaultExpression)
    {
        bool isSerial = defaultExpression?.Contains("nextval(", StringComparison.Ordinal) == true;
        return Name switch
        {
            "numeric" when modifier < 0 => this with { Length = 0, Scale = null },
            "int2" when isSerial => this with { Name = "smallserial" },
            "int4" when isSerial => this with { Name = "serial" },
            "int8" when isSerial => this with { Name = "bigserial" },
            _ => this,
        };
    }

    public static SourceType Of(uint oid, int modifier, ICatalog catalog)
    {
        // A live catalogue knows the built-in types too, but not their lengths.
        if (!BuiltInTypes.ByOid.ContainsKey(oid) && !BuiltInTypes.ByArrayOid.ContainsKey(oid) && catalog.FindType(oid) is { } own)
        {
            return own.Kind == 'd' ? Of(own.BaseOid, own.BaseModifier, catalog) with { Name = own.Name } : new SourceType(own.Name, Unlimited, 0) { IsCharacters = own.Kind == 'e' };
        }

        if (BuiltInTypes.ByArrayOid.TryGetValue(oid, out var element) && element.Oid != oid)
        {
            return Of(element.Oid, modifier, catalog) with { Name = $"_{element.Name}", IsCharacters = false };
        }

        string name = BuiltInTypes.ByOid.TryGetValue(oid, out var type) ? type.Name : oid.ToString(CultureInfo.InvariantCulture);
        return new SourceType(name, LengthOf(name, modifier), ScaleOf(name, modifier)) { IsCharacters = name is "text" or "varchar" or "bpchar" or "char" or "name" };
    }

    private static int LengthOf(string type, int modifier) => type switch
    {
        "int2" => 5,
        "int4" or "oid" => 10,
        "int8" => 19,
        "float4" => 8,
        "float8" => 17,
        // The most digits a numeric has before and behind the point, with sign and point.
        "numeric" => modifier < HeaderBytes ? 131_089 : (modifier - HeaderBytes) >> 16,
        "bool" or "char" => 1,
        "bpchar" or "varchar" => modifier < HeaderBytes ? Unlimited : modifier - HeaderBytes,
        "bit" or "varbit" => modifier < 0 ? Unlimited : modifier,
        "date" => 13,
        "time" => 8 + FractionWidth(modifier),
        "timetz" => 14 + FractionWidth(modifier),
        "timestamp" => 22 + FractionWidth(modifier),
        "timestamptz" => 28 + FractionWidth(modifier),
        "interval" => 49,
        _ => Unlimited,
    };

    private static int ScaleOf(string type, int modifier) => type switch
    {
        "float4" => 8,
        "float8" => 17,
        "numeric" => modifier < HeaderBytes ? 0 : (modifier - HeaderBytes) & 0xFFFF,
        "time" or "timetz" or "timestamp" or "timestamptz" => modifier is < 0 or > MostFractionDigits ? MostFractionDigits : modifier,
        "interval" => modifier < 0 ? 6 : modifier & 0xFFFF,
        _ => 0,
    };

    // Point and digits; pgjdbc counts one digit as two.
    private static int FractionWidth(int modifier) => modifier switch
    {
        < 0 or > MostFractionDigits => MostFractionDigits + 1,
        0 => 0,
        1 => 3,
        _ => modifier + 1,
    };
}
