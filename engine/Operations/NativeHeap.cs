using System.Runtime.InteropServices;

namespace Penstock.Engine.Operations;

/// <summary>Keeps the C library's heap small: librdkafka's queue lives there.</summary>
public static partial class NativeHeap
{
    /// <summary>glibc's M_MMAP_THRESHOLD (malloc.h).</summary>
    private const int MapThreshold = -3;

    /// <summary>glibc's own beginning; setting it keeps it there.</summary>
    private const int MapThresholdBytes = 128 * 1024;

    private const string ArenaMax = "MALLOC_ARENA_MAX";

    /// <summary>
    /// One arena for all threads, and large blocks mapped on their own. glibc gives each thread an arena of its own by default; records are allocated by one thread and freed by another, so freed memory stays in
    /// arenas that nobody allocates from: 150 to 178 MB instead of 110 at the peak of the same transaction of 1 GB. Only the environment can say so in time: when Main begins, threads of the runtime have made arenas,
    /// and a limit that is set then spreads all later threads over these. So the program becomes itself once more (execve: same process, same files), with <c>MALLOC_ARENA_MAX=1</c>, unless
    /// that is set to something already. And glibc moves its threshold for mapped blocks up to the size of those that are freed, after which requests of 1 MB are cut from the same heap as
    /// records and leave it full of holes. A C library without arenas (musl) is left as it is.
    /// </summary>
    /// <remarks>To be called first of all: nothing that was begun before is there afterwards.</remarks>
    public static void KeepSmall()
    {
        try
        {
            if (OperatingSystem.IsLinux() && HasArenas() && Environment.GetEnvironmentVariable(ArenaMax) is null)
            {
                // The managed environment is a copy: execv hands on the C library's.
                _ = SetVariable(ArenaMax, "1", 0);
                LeaveDiagnosticPort();
                string?[] arguments = [.. File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1], null];
                // Comes back only where it is not allowed; then the arenas stay many.
                _ = Execute("/proc/self/exe", arguments);
            }

            _ = SetOption(MapThreshold, MapThresholdBytes);
        }
        catch (Exception missing) when (missing is EntryPointNotFoundException or DllNotFoundException or IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

    /// <summary>
    /// The runtime listens at a socket that is named after process and start time, which both stay: with the old one in its place the new one finds the name taken, and dotnet-dump,
    /// dotnet-counters and dotnet-trace find nobody there.
    /// </summary>
    private static void LeaveDiagnosticPort()
    {
        foreach (string socket in Directory.EnumerateFiles(Path.GetTempPath(), $"dotnet-diagnostic-{Environment.ProcessId}-*-socket"))
        {
            File.Delete(socket);
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

    // What only glibc has, an address that nobody reads.
    [LibraryImport("libc", EntryPoint = "gnu_get_libc_version")]
    private static partial nint LibraryVersion();

    private static bool HasArenas() => LibraryVersion() != 0;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] arguments);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
