using System.Runtime.InteropServices;

namespace Penstock.Engine.Operations;

/// <summary>Keeps the C library's heap small: librdkafka's queue lives there.</summary>
public static partial class NativeHeap
{
    /// <summary>glibc's M_ARENA_MAX (malloc.h).</summary>
    private const int ArenaMax = -8;

    /// <summary>glibc's M_MMAP_THRESHOLD (malloc.h).</summary>
    private const int MapThreshold = -3;

    /// <summary>glibc's own beginning; setting it keeps it there.</summary>
    private const int MapThresholdBytes = 128 * 1024;

    /// <summary>
    /// One arena for all threads, and large blocks mapped on their own. glibc gives each thread an arena of its own by default; records are allocated by one thread and freed by another, so freed memory stays in
    /// arenas that nobody allocates from: 139 MB instead of 99 MB at the peak of the same backlog. And it moves its threshold for mapped blocks up to the size of those
    /// that are freed, after which requests of 1 MB are cut from the same heap as records and leave it full of holes. To be called before other threads begin; a C library without
    /// arenas (musl) has no such call and needs none.
    /// </summary>
    /// <returns>False where the C library does not know it.</returns>
    public static bool TryKeepSmall()
    {
        try
        {
            return SetOption(ArenaMax, 1) == 1 && SetOption(MapThreshold, MapThresholdBytes) == 1;
        }
        catch (Exception missing) when (missing is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Gives what is free at the heap's end, and whole free pages in it, back to the system. Nothing where the C library cannot.</summary>
    public static void Trim()
    {
        try
        {
            _ = TrimHeap(0);
        }
        catch (Exception missing) when (missing is EntryPointNotFoundException or DllNotFoundException)
        {
            return;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint keepBytes);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
