using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Penstock.Kafka.Native;

/// <summary>
/// Finds librdkafka: the package's own library where it was restored, else the system's.
/// </summary>
/// <remarks>
/// Distributions install the run-time library as <c>librdkafka.so.1</c>; the name without a version, which Confluent.Kafka asks for, is only in the
/// development package. Both assemblies resolve to the same file, so that there is one librdkafka in the process.
/// </remarks>
internal static class LibraryLoader
{
    /// <summary>The name under which this assembly and Confluent.Kafka import it.</summary>
    internal const string ImportName = "librdkafka";

    // The package's builds for glibc with Kerberos, without it, and for musl. The first needs libsasl2.so.3, which Debian and Ubuntu do not have (theirs is libsasl2.so.2): there the second is the one that loads.
    private static readonly string[] PackageNames = [ImportName, "centos8-librdkafka", "alpine-librdkafka"];

    private static readonly string[] SystemNames = ["librdkafka.so.1", "librdkafka.1.dylib"];

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The resolver must be in place before the first import of either assembly, whoever makes it.")]
    internal static void Register()
    {
        NativeLibrary.SetDllImportResolver(typeof(Confluent.Kafka.Library).Assembly, Resolve);
        NativeLibrary.SetDllImportResolver(typeof(LibraryLoader).Assembly, Resolve);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != ImportName)
        {
            return 0;
        }

        // The restored package lies in runtimes/<rid>/native, which the search for Confluent.Kafka's assembly knows.
        foreach (string packageName in PackageNames)
        {
            if (NativeLibrary.TryLoad(packageName, typeof(Confluent.Kafka.Library).Assembly, searchPath, out nint packaged))
            {
                return packaged;
            }
        }

        foreach (string systemName in SystemNames)
        {
            if (NativeLibrary.TryLoad(systemName, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }
}
