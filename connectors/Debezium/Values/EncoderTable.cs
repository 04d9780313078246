using Penstock.Debezium.Schemas;
using Penstock.Postgres.Catalog;

namespace Penstock.Debezium.Values;

/// <summary>
/// Finds the encoder of a column by its type (2.8): built-in types by OID, those of extensions by name, enums, domains and arrays by what they are made of.
/// </summary>
/// <param name="modes">Handling modes.</param>
/// <param name="catalog">Knows the types that are not built in.</param>
public sealed class EncoderTable(ValueModes modes, ICatalog catalog)
{
    // A domain over a domain over ...: Postgres has no limit, a cycle cannot be made. The bound only ends the loop on a broken catalogue.
    private const int DeepestDomain = 64;

    private const byte Comma = (byte)',';

    private readonly Placeholder _placeholder = new(modes.UnavailableValuePlaceholder);

    /// <summary>
    /// The encoder for a column of this type, or null where Debezium leaves the column out (unsupported type, <c>include.unknown.datatypes=false</c>).
    /// </summary>
    /// <param name="typeOid">atttypid.</param>
    /// <param name="typeModifier">atttypmod, -1 for none.</param>
    /// <param name="origin">Where the rows come from.</param>
    /// <param name="dimensions">attndims, for <see cref="CompatMode.Correct"/>.</param>
    public ValueEncoder? Find(uint typeOid, int typeModifier, RowOrigin origin, int dimensions = 1)
    {
        uint declaredOid = typeOid;
        (typeOid, typeModifier) = ResolveDomain(typeOid, typeModifier);
        if (modes.Compat == CompatMode.Correct)
        {
            return FindCorrect(typeOid, typeModifier, dimensions);
        }

        var context = new EncoderContext(modes, _placeholder, typeModifier, origin == RowOrigin.Snapshot ? ValuePath.Snapshot : ValuePath.Stream, OfDomain: typeOid != declaredOid);
        return FindArray(typeOid, context) ?? (IsArray(typeOid) ? null : FindScalar(typeOid, context));
    }

    /// <summary>The encoder that passes any type's text as it is.</summary>
    public ValueEncoder AsText() => new TextEncoder(null, _placeholder);

    /// <summary>
    /// JSON text of a column's default for the schema and for null values, or null where Debezium gives none (2.8 "Column defaults", capture A15).
    /// </summary>
    /// <param name="encoder">The column's encoder.</param>
    /// <param name="column">The column; its expression is the text of pg_get_expr.</param>
    public string? DefaultJson(ValueEncoder encoder, CatalogColumn column)
    {
        // Debezium looks the type up by the name of the column's own type: a domain has no default.
        string? typeName = BuiltInTypes.ByOid.TryGetValue(column.TypeOid, out var builtIn) ? builtIn.Name : null;
        var enumType = builtIn is null && catalog.FindType(column.TypeOid) is { Kind: 'e' } found ? found : null;
        return column.DefaultExpression is not { } expression || encoder is not WireEncoder wire ? null
            : modes.Compat == CompatMode.Correct ? ConstantDefault.ToJson(wire, expression, typeName, column.TypeModifier, enumType)
            : ColumnDefault.ToJson(wire, expression, typeName, column.TypeModifier, enumType);
    }

    /// <summary>Every type has a form, and it is the same on every path.</summary>
    private ValueEncoder FindCorrect(uint oid, int modifier, int dimensions)
    {
        var context = new EncoderContext(modes, _placeholder, modifier, ValuePath.Stream);
        if (BuiltInTypes.IsPlainVector(oid))
        {
            return EncoderChoice.Unknown(context);
        }

        if (BuiltInTypes.ByArrayOid.TryGetValue(oid, out var known) || BuiltInTypes.UnknownByArrayOid.TryGetValue(oid, out known))
        {
            return NestedArrayEncoder.Of(known.Create!(context), known.Array?.Delimiter ?? Comma, dimensions, _placeholder, known.ArrayPlaceholder?.Invoke(context));
        }

        if (oid == BuiltInTypes.RefCursorArray)
        {
            return NestedArrayEncoder.Of(EncoderChoice.Unknown(context), Comma, dimensions, _placeholder);
        }

        if (!BuiltInTypes.ByOid.ContainsKey(oid) && catalog.FindType(oid) is { Kind: 'b', ElementOid: not 0 } array)
        {
            byte delimiter = catalog.FindType(array.ElementOid) is { } element && ExtensionTypes.ByName.TryGetValue(element.Name, out var extension) && extension.Array is { } traits ? traits.Delimiter : Comma;
            var (elementOid, elementModifier) = ResolveDomain(array.ElementOid, modifier);
            return NestedArrayEncoder.Of(FindCorrect(elementOid, elementModifier, 1), delimiter, dimensions, _placeholder);
        }

        return FindScalar(oid, context)!;
    }

    private ValueEncoder? FindScalar(uint oid, EncoderContext context)
    {
        if (BuiltInTypes.ByOid.TryGetValue(oid, out var builtIn))
        {
            return builtIn.Create!(context);
        }

        if (catalog.FindType(oid) is { } type)
        {
            if (type.Kind == 'e')
            {
                return new TextEncoder("io.debezium.data.Enum", _placeholder, new KeyValuePair<string, string>("allowed", string.Join(',', type.EnumLabels)));
            }

            if (type.Kind == 'b' && ExtensionTypes.ByName.TryGetValue(type.Name, out var extension))
            {
                return extension.Create(context);
            }
        }

        return !modes.IncludeUnknown && !context.IsCorrect ? null : BuiltInTypes.UnknownByOid.TryGetValue(oid, out var geometric)
            ? geometric.Create!(context)
            : EncoderChoice.Unknown(context);
    }

    private bool IsArray(uint oid) => BuiltInTypes.ByArrayOid.ContainsKey(oid) || BuiltInTypes.UnknownByArrayOid.ContainsKey(oid)
        || BuiltInTypes.IsDroppedArray(oid) || BuiltInTypes.IsPlainVector(oid) || catalog.FindType(oid) is { Kind: 'b', ElementOid: not 0 };

    private ValueEncoder? FindArray(uint oid, EncoderContext context)
    {
        context = context with { Path = ValuePath.ArrayElement };
        if (BuiltInTypes.IsPlainVector(oid))
        {
            return new EmptyArrayEncoder(oid == BuiltInTypes.OidVector ? IntegerEncoder.Int64() : IntegerEncoder.Int16());
        }

        if (BuiltInTypes.IsDroppedArray(oid))
        {
            return null;
        }

        if (oid == BuiltInTypes.BitArray)
        {
            // The schema is that of a single bit string, which no array fits (capture A9).
            var schema = context.Modifier > 1 ? BitsEncoder.SchemaOf(context.Modifier) : new SchemaNode { Type = "boolean" };
            return new NullEncoder(schema, [.. "null"u8], readsAsNull: false);
        }

        if (BuiltInTypes.ByArrayOid.TryGetValue(oid, out var element))
        {
            return new ArrayEncoder(element.Create!(context), element.Array!, context.OfDomain ? null : element.ArrayPlaceholder?.Invoke(context));
        }

        if (BuiltInTypes.UnknownByArrayOid.TryGetValue(oid, out var unknown))
        {
            return modes.IncludeUnknown ? new ArrayEncoder(unknown.Create!(context), unknown.Array!, null) : null;
        }

        return IsArray(oid) ? FindCatalogArray(catalog.FindType(oid)!.ElementOid, context) : null;
    }

    private ArrayEncoder? FindCatalogArray(uint elementOid, EncoderContext context)
    {
        var element = catalog.FindType(elementOid);
        if (element is { Kind: 'e' })
        {
            return new ArrayEncoder(FindScalar(elementOid, context)!, new ArrayTraits(ItemsOptional: false, JavaClass: "java.lang.String"), null);
        }

        if (element is { Kind: 'b' } && ExtensionTypes.ByName.TryGetValue(element.Name, out var extension))
        {
            // Elements of a type that is known only as a column's type are required in the schema, like all that Debezium finds by itself.
            return new ArrayEncoder(extension.Create(context), extension.Array ?? new ArrayTraits(ItemsOptional: false), null);
        }

        return modes.IncludeUnknown ? new ArrayEncoder(EncoderChoice.Unknown(context), new ArrayTraits(ItemsOptional: false), null) : null;
    }

    private (uint Oid, int Modifier) ResolveDomain(uint oid, int modifier)
    {
        for (int depth = 0; depth < DeepestDomain && !BuiltInTypes.ByOid.ContainsKey(oid); depth++)
        {
            if (catalog.FindType(oid) is not { Kind: 'd', BaseOid: not 0 } domain)
            {
                break;
            }

            modifier = modifier == -1 ? domain.BaseModifier : modifier;
            oid = domain.BaseOid;
        }

        return (oid, modifier);
    }
}
