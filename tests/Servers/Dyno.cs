using System.Globalization;

namespace Penstock.Servers;

/// <summary>
/// A program in the surroundings of a platform's container: an ordinary user, a file system that cannot be written but for a small temporary folder, and a limit of memory beyond which the kernel kills.
/// Only a privileged process can make one (cgroups, mounts, another user); <see cref="Missing"/> says what it lacks.
/// </summary>
public sealed class Dyno : IAsyncDisposable
{
    private const string LimitV1 = "memory.limit_in_bytes";
    private const string LimitV2 = "memory.max";

    // Join the cgroup while it can be written; then mounts of this process' own, then the user, then the program in the same process.
    private const string Script = """
        set -e
        echo $$ > "$1/cgroup.procs"
        mount -t tmpfs -o size=16m,mode=1777 tmpfs "$2"
        mount -o remount,bind,ro /
        shift 2
        exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs -- "$@"
        """;

    private readonly string _cgroup;
    private readonly TemporaryFolder _temporary;

    private Dyno(string cgroup, TemporaryFolder temporary, PipelineProcess process)
    {
        _cgroup = cgroup;
        _temporary = temporary;
        Process = process;
    }

    /// <summary>Why none can be made here; null if one can.</summary>
    public static string? Missing { get; } = FindMissing();

    public PipelineProcess Process { get; }

    /// <summary>The most memory that the whole container has had, caches of files included.</summary>
    public long PeakMemoryBytes
    {
        get
        {
            string file = Path.Combine(_cgroup, IsV1 ? "memory.max_usage_in_bytes" : "memory.peak");
            return File.Exists(file) ? long.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : Process.PeakMemoryBytes;
        }
    }

    private static bool IsV1 => Directory.Exists("/sys/fs/cgroup/memory");

    /// <summary>Starts a program.</summary>
    /// <param name="memoryBytes">The limit.</param>
    /// <param name="environment">Of the program.</param>
    /// <param name="command">The program and its arguments.</param>
    public static Dyno Start(long memoryBytes, IReadOnlyDictionary<string, string> environment, params IReadOnlyList<string> command)
    {
        string cgroup = Path.Combine(IsV1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup", $"penstock-{Guid.NewGuid():N}");
        Directory.CreateDirectory(cgroup);
        File.WriteAllText(Path.Combine(cgroup, IsV1 ? LimitV1 : LimitV2), memoryBytes.ToString(CultureInfo.InvariantCulture));
        var temporary = new TemporaryFolder("dyno");
        var settings = new Dictionary<string, string>(environment) { ["TMPDIR"] = temporary.FullPath, ["HOME"] = temporary.FullPath };
        var process = PipelineProcess.Start("unshare", settings, ["--mount", "--propagation", "private", "--", "sh", "-c", Script, "sh", cgroup, temporary.FullPath, .. command]);
        return new Dyno(cgroup, temporary, process);
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync().ConfigureAwait(false);
        _temporary.Dispose();
        for (int attempt = 0; attempt < 50 && Directory.Exists(_cgroup); attempt++)
        {
            try
            {
                Directory.Delete(_cgroup);
            }
            catch (IOException)
            {
                // The kernel frees the last process a moment after its end.
                await Task.Delay(20).ConfigureAwait(false);
            }
        }
    }

    private static string? FindMissing()
    {
        if (Environment.UserName != "root")
        {
            return "a container's surroundings (cgroup, mounts, another user) can be made by root only";
        }

        string probe = Path.Combine(IsV1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup", $"penstock-probe-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(probe);
            bool hasLimit = File.Exists(Path.Combine(probe, IsV1 ? LimitV1 : LimitV2));
            Directory.Delete(probe);
            return hasLimit ? null : "the kernel gives no cgroup with a limit of memory here";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"no cgroup can be made here: {e.Message}";
        }
    }
}
