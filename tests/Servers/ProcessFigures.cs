using System.Globalization;

namespace Penstock.Servers;

/// <summary>What /proc says of a running process.</summary>
public static class ProcessFigures
{
    // proc(5): times are in ticks of sysconf(_SC_CLK_TCK), which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Peak resident memory in bytes (VmHWM); null if the process is gone.</summary>
    public static long? PeakMemoryBytes(int processId) => Field(processId, "VmHWM:") is { } text
        ? long.Parse(text.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture) * 1024
        : null;

    /// <summary>Resident memory now in bytes (VmRSS); null if the process is gone.</summary>
    public static long? MemoryBytes(int processId) => Field(processId, "VmRSS:") is { } text
        ? long.Parse(text.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture) * 1024
        : null;

    /// <summary>User and system time of all threads so far; null if the process is gone.</summary>
    public static TimeSpan? CpuTime(int processId)
    {
        if (Stat(processId) is not { } fields)
        {
            return null;
        }
        // Fields 14 and 15 of proc_pid_stat(5); the list starts at field 3, the state.
        double ticks = double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>True if the process exists and is not a zombie.</summary>
    public static bool Runs(int processId) => Stat(processId) is { } fields && fields[0] is not ("Z" or "X");

    /// <summary>The ids of the direct children of a process.</summary>
    public static IReadOnlyList<int> Children(int processId)
    {
        string parent = processId.ToString(CultureInfo.InvariantCulture);
        List<int> children = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) && Stat(id) is { } fields && fields[1] == parent)
            {
                children.Add(id);
            }
        }
        return children;
    }

    // The fields after the command name, which is in parentheses and may hold anything.
    private static string[]? Stat(int processId)
    {
        string? line = Read(processId, "stat");
        return line is { Length: > 0 } ? line[(line.LastIndexOf(')') + 2)..].Split(' ') : null;
    }

    private static string? Field(int processId, string name)
    {
        foreach (string line in (Read(processId, "status") ?? "").Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                return line[name.Length..].Trim();
            }
        }
        return null;
    }

    private static string? Read(int processId, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/{file}");
        }
        catch (IOException)
        {
            // The process ended: either its folder is gone or reading answers ESRCH.
            return null;
        }
    }
}
