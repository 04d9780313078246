using Penstock.Postgres.Catalog;

namespace Penstock.Micro.Cases;

/// <summary>A column of a table that exists only here, and the text that Postgres would send for it.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Type">As format_type() writes it.</param>
/// <param name="TypeOid">OID of a built-in type (pg_type.dat).</param>
/// <param name="Modifier">atttypmod.</param>
/// <param name="NotNull">Whether NULLs are refused.</param>
/// <param name="Text">The value of a row, by the row's number; null for NULL.</param>
internal sealed record SampleColumn(string Name, string Type, uint TypeOid, int Modifier, bool NotNull, Func<int, string?> Text)
{
    public CatalogColumn Catalog(int number) => new(Name, number, Type, TypeOid, Modifier, NotNull, "", "", null, Type.EndsWith("[]", StringComparison.Ordinal) ? 1 : 0);

    public static SampleColumn Int64(string name, Func<int, string?> text) => new(name, "bigint", 20, -1, true, text);

    public static SampleColumn Int32(string name, Func<int, string?> text) => new(name, "integer", 23, -1, true, text);

    public static SampleColumn Words(string name, bool notNull, Func<int, string?> text) => new(name, "text", 25, -1, notNull, text);

    /// <summary>numeric(precision, scale): the modifier is both in one number, plus the size of a varlena's header.</summary>
    public static SampleColumn Numeric(string name, int precision, int scale, Func<int, string?> text) =>
        new(name, $"numeric({precision},{scale})", 1700, ((precision << 16) | scale) + 4, true, text);
}
