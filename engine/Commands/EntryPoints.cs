using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Commands;

/// <summary>What the commands call; they know nothing else of the pipeline.</summary>
public sealed record EntryPoints<TOptions>
{
    /// <summary>Runs the pipeline until the token is cancelled (the first signal) or it ends by itself; gives the exit code.</summary>
    public required Func<TOptions, ILoggerFactory, HealthState, CancellationToken, Task<int>> RunAsync { get; init; }

    /// <summary>Looks at database and broker without changing either, tells of each finding; gives the exit code.</summary>
    public required Func<TOptions, ILoggerFactory, Action<CheckFinding>, CancellationToken, Task<int>> CheckAsync { get; init; }

    /// <summary>Pauses, resumes or restarts the pipeline by word in the source database, for whatever process runs it; writes what it did, and what is wrong; gives the exit code. Null where there is no such thing.</summary>
    public Func<TOptions, PauseWord, TextWriter, TextWriter, CancellationToken, Task<int>>? PauseAsync { get; init; }

    /// <summary>Applies again what was put aside; the flag allows it to overwrite what is newer. Null where nothing is ever put aside. Gives the exit code.</summary>
    public Func<TOptions, ILoggerFactory, TextWriter, bool, CancellationToken, Task<int>>? ReplayAsync { get; init; }

    /// <summary>Says how far the pipeline is, without being part of it; the flag asks for JSON. The log goes to standard error. Null where there is no such thing. Gives the exit code.</summary>
    public Func<TOptions, ILoggerFactory, TextWriter, bool, CancellationToken, Task<int>>? StatusAsync { get; init; }

    /// <summary>Says it again and again until the token is cancelled. Null where there is no such thing.</summary>
    public Func<TOptions, ILoggerFactory, TextWriter, CancellationToken, Task<int>>? WatchAsync { get; init; }

    /// <summary>Writes what has to be made before the first start, in the words of a target; runs nothing. Output, errors. Null where there is no such thing. Gives the exit code.</summary>
    public Func<TOptions, PlanRequest, TextWriter, TextWriter, int>? Plan { get; init; }

    /// <summary>Takes away what the pipeline has made, if the name that was typed is its own. Output, errors. Null where there is no such thing. Gives the exit code.</summary>
    public Func<TOptions, string, TextWriter, TextWriter, int>? Destroy { get; init; }

    /// <summary>Notes that the event at a position is to be left out. Output, errors. Null where there is no such thing. Gives the exit code.</summary>
    public Func<TOptions, string, TextWriter, TextWriter, int>? Skip { get; init; }

    /// <summary>Asks whatever process runs the pipeline to read tables again. Output, errors. Null where there is no such thing. Gives the exit code.</summary>
    public Func<TOptions, SnapshotAsked, TextWriter, TextWriter, int>? Snapshot { get; init; }

    /// <summary>Compares a table with its topic or its copy until it is done or the token is cancelled. Output, errors; the log goes to standard error. Null where there is no such thing. Gives the exit code, 1 where they differ.</summary>
    public Func<TOptions, VerifyRequest, ILoggerFactory, TextWriter, TextWriter, CancellationToken, Task<int>>? VerifyAsync { get; init; }

    /// <summary>Shows the events of a topic until the token is cancelled. Output, and what is wrong; the log goes to standard error. Null where there is no such thing. Gives the exit code.</summary>
    public Func<TOptions, TailRequest, ILoggerFactory, TextWriter, TextWriter, CancellationToken, Task<int>>? TailAsync { get; init; }

    /// <summary>Goes on where another tool was stopped, or says what would happen. Output, errors. Null where there is no such thing. Gives the exit code.</summary>
    public Func<TOptions, TakeoverRequest, TextWriter, TextWriter, CancellationToken, int>? Takeover { get; init; }

    /// <summary>The version of the librdkafka that is loaded.</summary>
    public required Func<string> LibrdkafkaVersion { get; init; }
}
