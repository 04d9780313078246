using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Penstock.Kafka.Connection;

/// <summary>
/// Certificates as a file that librdkafka can open: in memory where the system has files without a name (Linux), so that nothing need be writable and nothing is left behind by a kill; else a private file
/// of the temporary folder.
/// </summary>
internal sealed partial class CaFile : IDisposable
{
    /// <summary><c>MFD_CLOEXEC</c>.</summary>
    private const uint CloseOnExec = 1;

    private readonly int _descriptor;

    private CaFile(string path, int descriptor)
    {
        Path = path;
        _descriptor = descriptor;
    }

    /// <summary>What to open.</summary>
    public string Path { get; }

    public static CaFile Write(string pem)
    {
        int descriptor = OperatingSystem.IsLinux() ? Create("penstock-ca", CloseOnExec) : -1;
        string path = descriptor >= 0
            ? string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}")
            : System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"penstock-ca-{Environment.ProcessId}-{Guid.NewGuid():N}.pem");
        var options = new FileStreamOptions { Mode = descriptor >= 0 ? FileMode.Open : FileMode.CreateNew, Access = FileAccess.Write };
        if (descriptor < 0 && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(pem));
        return new CaFile(path, descriptor);
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = Close(_descriptor);
        }
        else
        {
            File.Delete(Path);
        }
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Create(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
