namespace Penstock.Postgres.Connection;

/// <summary>What a failure means for the process.</summary>
public enum FailureClass
{
    /// <summary>A person has to change something first: exit code 3.</summary>
    Preflight,

    /// <summary>May pass by itself: retried with back-off, exit code 4 once the budget is spent.</summary>
    Unavailable,

    /// <summary>The slot is still held by another connection: retried <c>slot.max.retries</c> times every <c>slot.retry.delay.ms</c>, then exit code 4.</summary>
    SlotActive,
}

/// <summary>A failure of the database with a message for the user: what, where, what to type next. Carries no row values.</summary>
public sealed class DatabaseException(FailureClass failure, string message, string sqlState = "", Exception? inner = null) : Exception(message, inner)
{
    public FailureClass Failure { get; } = failure;

    /// <summary>The server's SQLSTATE, or "".</summary>
    public string SqlState { get; } = sqlState;

    /// <summary>The server stops, or has not finished starting: <c>admin_shutdown</c>, <c>crash_shutdown</c>, <c>cannot_connect_now</c>.</summary>
    public bool IsShutdown => SqlState is "57P01" or "57P02" or "57P03";
}
