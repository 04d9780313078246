using System.Diagnostics;

namespace Penstock.Engine.Operations;

/// <summary>
/// A named place at which a test can break the program: every hand-over has one. Only in builds of the configuration <c>Failpoints</c>; in all others the compiler leaves out the calls, and
/// what they would do is not there (<c>Faults/Failpoints</c>).
/// </summary>
public static partial class Failpoint
{
    /// <summary>The program has come to the place <paramref name="name"/>, a constant.</summary>
    [Conditional("FAILPOINTS")]
    public static void Reach(string name) => Act(name);

    static partial void Act(string name);
}
