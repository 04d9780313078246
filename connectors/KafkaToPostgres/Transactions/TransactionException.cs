namespace Penstock.KafkaToPostgres.Transactions;

/// <summary>What is consumed cannot be applied in transactions of the source.</summary>
/// <param name="message">What is wrong, where, and what to set.</param>
public sealed class TransactionException(string message) : Exception(message)
{
    /// <summary>The way out that is always open.</summary>
    public const string OrByTable = "or set PENSTOCK_APPLY=table";
}
