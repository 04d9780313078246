using System.Runtime.CompilerServices;
using Xunit.Abstractions;

namespace Penstock.Faults;

/// <summary>
/// What <c>./test faults</c> prints while it runs, a line a round: into the file that <c>PENSTOCK_FAULT_LINES</c> names, because a test's own output is shown at its end only. Thread-safe.
/// </summary>
internal static class FaultLines
{
    private static readonly Lock Gate = new();

    /// <summary>One line, also into the test's output.</summary>
    /// <param name="output">The test's own.</param>
    /// <param name="line">What came of the round.</param>
    /// <param name="test">Which test.</param>
    public static void WriteRound(this ITestOutputHelper output, string line, [CallerMemberName] string test = "")
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("PENSTOCK_FAULT_LINES") is not { Length: > 0 } file)
        {
            return;
        }

        lock (Gate)
        {
            File.AppendAllText(file, $"{test}: {line}\n");
        }
    }
}
