using System.Runtime.InteropServices;

namespace Penstock.Engine.Operations;

/// <summary>Keeps the C library's heap small: librdkafka's queue lives there.</summary>
public static partial class NativeHeap
{
    /// <summary>glibc's M_ARENA_MAX (malloc.h).</summary>
    private const int ArenaMax = -8;

    /// <summary>
    /// One arena for all threads. glibc gives each thread an arena of its own by default; records are allocated by one thread and freed by another, so freed memory stays in
    /// arenas that nobody allocates from: 139 MB instead of 99 MB at the peak of the same backlog. To be called before other threads begin; a C library without
    /// arenas (musl) has no such call and needs none.
    /// </summary>
    /// <returns>False where the C library does not know it.</returns>
    public static bool TryUseOneArena()
    {
        try
        {
            return SetOption(ArenaMax, 1) == 1;
        }
        catch (Exception missing) when (missing is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
