namespace Penstock.Debezium.Events;

/// <summary>How many events of a table the transaction at hand has, for its metadata. Outlives the table's plans: DDL inside of a transaction makes a new plan.</summary>
internal sealed class TransactionCount(string table)
{
    /// <summary><c>schema.table</c>.</summary>
    public string Table { get; } = table;

    public long Events { get; set; }

    /// <summary>Which transaction <see cref="Events"/> counts.</summary>
    public long TransactionNumber { get; set; }
}
