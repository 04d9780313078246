using System.Diagnostics;

namespace Penstock.Micro.Cases;

/// <summary>What a case allocates, and, for people to read only, how long its best round took.</summary>
/// <param name="BytesPerOperation">Bytes that this thread allocated per event, in the part of the run that allocated least.</param>
/// <param name="BestNs">Nanoseconds per event in the fastest round.</param>
internal sealed record AllocationMeter(double BytesPerOperation, double BestNs)
{
    // Rounds for the arrays and pools to reach their last size, and time for the compiler's last tier, which comes from a thread of its own 100 ms after the calls
    // that it counts: before that a loop may box or allocate what the last tier does not.
    private const int WarmRounds = 60;
    private const double WarmMs = 600;

    // What the code allocates, it allocates in every part. A single part may also pay for a pooled array that a collection elsewhere in the process has thrown away.
    private const int Parts = 3;

    /// <param name="measured">The case.</param>
    /// <param name="rounds">Batches in each of the three parts.</param>
    public static AllocationMeter Measure(MicroCase measured, int rounds)
    {
        long warm = Stopwatch.GetTimestamp();
        for (int i = 0; i < WarmRounds || Stopwatch.GetElapsedTime(warm).TotalMilliseconds < WarmMs; i++)
        {
            measured.Run();
        }

        double bestNs = double.MaxValue;
        long leastBytes = long.MaxValue;
        for (int part = 0; part < Parts; part++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < rounds; i++)
            {
                long start = Stopwatch.GetTimestamp();
                measured.Run();
                bestNs = Math.Min(bestNs, Stopwatch.GetElapsedTime(start).TotalNanoseconds);
            }

            leastBytes = Math.Min(leastBytes, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return new AllocationMeter((double)leastBytes / rounds / measured.Operations, bestNs / measured.Operations);
    }
}
