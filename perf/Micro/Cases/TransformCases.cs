using Penstock.Debezium.Columns;
using Penstock.Debezium.Transforms;

namespace Penstock.Micro.Cases;

/// <summary>The orders again, with what options and transforms make of them.</summary>
internal static partial class DecoderCases
{
    public static DecoderCase OrdersUnwrapped() => new(
        "orders-unwrap",
        Plain with { Transforms = Transforms("unwrap", ("add.fields", "op,source.ts_ms,source.lsn,table"), ("add.headers", "op"), ("delete.tombstone.handling.mode", "rewrite")) },
        Orders(),
        Rows,
        Inserts(Orders()));

    public static DecoderCase OrdersRouted() => new(
        "orders-router", Plain with { Transforms = Transforms("router", ("topic.regex", "(.*)orders(.*)"), ("topic.replacement", "$1all$2")) }, Orders(), Rows, Inserts(Orders()));

    public static DecoderCase OrdersPartitioned() => new(
        "orders-partition",
        Plain with { Transforms = Transforms("partition", ("partition.payload.fields", "change.customer_id,change.status"), ("partition.topic.num", "12")) },
        Orders(),
        Rows,
        Inserts(Orders()));

    /// <summary>An update with its old row, all of whose columns are compared.</summary>
    public static DecoderCase OrdersUpdateWithChanges()
    {
        var table = Orders();
        return new("orders-update-changes", Plain with { Transforms = Transforms("changes", ("header.changed.name", "Changed"), ("header.unchanged.name", "Unchanged")) }, table, Rows, UpdatesOfState(table));
    }

    /// <summary>A column hashed, one masked.</summary>
    public static DecoderCase OrdersMasked() => new(
        "orders-masked",
        Plain with
        {
            Columns = ColumnRules.None
                .With("column.mask.hash.v2.SHA-256.with.salt.pepper", "public.orders.note")!
                .With("column.mask.with.8.chars", "public.orders.status")!,
        },
        Orders(),
        Rows,
        Inserts(Orders()));

    /// <summary>Notes of 20 to 40 characters cut to ten.</summary>
    public static DecoderCase OrdersTruncated() =>
        new("orders-truncated", Plain with { Columns = ColumnRules.None.With("column.truncate.to.10.chars", "public.orders.note")! }, Orders(), Rows, Inserts(Orders()));

    private static TransformSet Transforms(string alias, params (string Name, string Value)[] options)
    {
        var properties = options.ToDictionary(o => $"transforms.{alias}.{o.Name}", o => o.Value);
        properties["transforms"] = alias;
        return TransformSet.Parse(properties);
    }
}
