namespace Penstock.Debezium.Events;

/// <summary>How many events of a table the transaction at hand has, for its metadata. Outlives the table's plans: DDL inside of a transaction makes a new plan.</summary>
internal sealed class TransactionCount(string table)
{
    /// <summary><c>schema.table</c>.</summary>
    public string Table { get; } = table;

    /// <summary><c>{"data_collection":"schema.table","event_count":</c>, the beginning of its entry in the END record.</summary>
    public byte[] Json { get; } = JsonOf(table);

    public long Events { get; set; }

    /// <summary>Which transaction <see cref="Events"/> counts.</summary>
    public long TransactionNumber { get; set; }

    /// <summary>The beginning of a collection's entry in the END record.</summary>
    public static byte[] JsonOf(string collection) => JsonLiteral.Bytes($"{{\"data_collection\":{JsonLiteral.Quote(collection)},\"event_count\":");
}
