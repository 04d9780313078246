namespace Penstock.Engine.Commands;

/// <summary>How a check went.</summary>
public enum CheckState
{
    Pass,

    /// <summary>The pipeline may start; somebody should know.</summary>
    Warn,

    /// <summary>It may not.</summary>
    Fail,
}

/// <summary>What a check has found.</summary>
/// <param name="Id">Its short name, such as <c>wal_level</c> or <c>topic</c>; <c>database</c>, <c>target</c> and <c>Kafka</c> are the whole of a side.</param>
/// <param name="State">How it went.</param>
/// <param name="Message">What is wrong, where, what to type next; "" where nothing is.</param>
public sealed record CheckFinding(string Id, CheckState State, string Message)
{
    private const string Word = "type: ";

    /// <summary>What the message says to type, to its end; null where it does not.</summary>
    public string? WhatToType => Message.LastIndexOf(Word, StringComparison.Ordinal) is >= 0 and var at ? Message[(at + Word.Length)..] : null;
}
