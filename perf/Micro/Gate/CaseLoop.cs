using System.Diagnostics;
using Penstock.Micro.Cases;

namespace Penstock.Micro.Gate;

/// <summary>Runs one case over and over, for a profiler to look at, and prints the figures of the fastest and of the median round.</summary>
internal static class CaseLoop
{
    public static void Run(MicroCase looped, int seconds, TextWriter output)
    {
        var rounds = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            long round = Stopwatch.GetTimestamp();
            looped.Run();
            rounds.Add(Stopwatch.GetElapsedTime(round).TotalNanoseconds / looped.Operations);
        }

        // The first half is the compiler's.
        rounds.RemoveRange(0, rounds.Count / 2);
        rounds.Sort();
        output.WriteLine($"{looped.Name}: {rounds[0]:0.0} ns per {looped.Unit} in the fastest round, {rounds[rounds.Count / 2]:0.0} in the median one");
    }
}
