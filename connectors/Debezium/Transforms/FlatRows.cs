namespace Penstock.Debezium.Transforms;

/// <summary>What becomes of deletes: <c>delete.tombstone.handling.mode</c>.</summary>
internal enum DeleteHandling
{
    /// <summary>A delete has a null value with the row's schema; tombstones are dropped.</summary>
    Tombstone,

    /// <summary>Neither delete nor tombstone.</summary>
    Drop,

    /// <summary>The old row with <c>__deleted</c>; tombstones are dropped.</summary>
    Rewrite,

    /// <summary>The old row with <c>__deleted</c>, and the tombstone.</summary>
    RewriteWithTombstone,

    /// <summary>The delete itself is a tombstone.</summary>
    DeleteToTombstone,
}

/// <summary>Options of ExtractNewRecordState: the row alone instead of the envelope.</summary>
internal sealed class FlatRows : Transform
{
    private FlatRows(TransformOptions options)
    {
        Deletes = options.Text("delete.tombstone.handling.mode", "tombstone") switch
        {
            "tombstone" => DeleteHandling.Tombstone,
            "drop" => DeleteHandling.Drop,
            "rewrite" => DeleteHandling.Rewrite,
            "rewrite-with-tombstone" => DeleteHandling.RewriteWithTombstone,
            "delete-to-tombstone" => DeleteHandling.DeleteToTombstone,
            _ => throw options.Wrong("delete.tombstone.handling.mode", "is none of tombstone, drop, rewrite, rewrite-with-tombstone, delete-to-tombstone"),
        };
        Fields = Added(options, "add.fields");
        Headers = Added(options, "add.headers");
        RouteByField = options.Text("route.by.field");
        ReplaceNullWithDefault = options.Flag("replace.null.with.default", true);
        DropFieldsHeader = options.Text("drop.fields.header.name");
        DropFromKey = options.Flag("drop.fields.from.key", false);
        KeepSchemaCompatible = options.Flag("drop.fields.keep.schema.compatible", true);
    }

    public DeleteHandling Deletes { get; }

    public bool Rewrites => Deletes is DeleteHandling.Rewrite or DeleteHandling.RewriteWithTombstone;

    /// <summary><c>add.fields</c>.</summary>
    public AddedField[] Fields { get; }

    /// <summary><c>add.headers</c>.</summary>
    public AddedField[] Headers { get; }

    /// <summary>Column that names the topic, or null.</summary>
    public string? RouteByField { get; }

    /// <summary>Whether a NULL becomes the column's default, which Debezium does where it adds <c>__deleted</c>.</summary>
    public bool ReplaceNullWithDefault { get; }

    /// <summary>Header of an ExtractChangedRecordState whose columns are left out, or null.</summary>
    public string? DropFieldsHeader { get; }

    /// <summary><c>drop.fields.from.key</c>.</summary>
    public bool DropFromKey { get; }

    /// <summary><c>drop.fields.keep.schema.compatible</c>: only optional columns are left out.</summary>
    public bool KeepSchemaCompatible { get; }

    public static FlatRows Read(TransformOptions options) => new(options);

    public override TransformStage Open(StageTools tools) => new FlatRowStage(this, tools);

    private static AddedField[] Added(TransformOptions options, string name)
    {
        // An empty variable counts as not given, so two quotes stand for the empty prefix as well.
        string prefix = options.IsEmpty($"{name}.prefix") ? "" : options.Text($"{name}.prefix", "__") is var text && text == "\"\"" ? "" : text;
        return [.. options.List(name).Select(field => AddedField.Parse(field, prefix) ?? throw options.Wrong(name, $"names {field}, which is no field of source, transaction or the envelope"))];
    }
}
