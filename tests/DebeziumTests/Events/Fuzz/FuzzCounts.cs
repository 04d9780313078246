namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>What a run has seen.</summary>
internal sealed record FuzzCounts
{
    /// <summary>Messages that differ from every message of a server and that were decoded or refused.</summary>
    public long Mutated { get; set; }

    public long MutatedDecoded { get; set; }

    public long MutatedRefused { get; set; }

    /// <summary>Messages as a server wrote them, some in a wrong order.</summary>
    public long Whole { get; set; }

    public long Records { get; set; }

    /// <summary>Accepted messages whose records were compared with a second reading.</summary>
    public long Compared { get; set; }

    /// <summary>Messages that a second decoder got too, with other bytes around them.</summary>
    public long Twice { get; set; }

    public double SlowestMs { get; set; }

    /// <summary>The most that was allocated in one call, without regard to the message's length.</summary>
    public long MostAllocatedBytes { get; set; }

    public void Add(FuzzCounts other)
    {
        Mutated += other.Mutated;
        MutatedDecoded += other.MutatedDecoded;
        MutatedRefused += other.MutatedRefused;
        Whole += other.Whole;
        Records += other.Records;
        Compared += other.Compared;
        Twice += other.Twice;
        SlowestMs = Math.Max(SlowestMs, other.SlowestMs);
        MostAllocatedBytes = Math.Max(MostAllocatedBytes, other.MostAllocatedBytes);
    }
}
