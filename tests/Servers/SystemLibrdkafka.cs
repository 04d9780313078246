using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Penstock.Servers;

/// <summary>
/// Confluent.Kafka asks the loader for "librdkafka"; the distribution's runtime package has librdkafka.so.1 only. This answers the
/// question after the usual places have not: an event and not the assembly's single resolver, which the library under test may set.
/// </summary>
public static class SystemLibrdkafka
{
    private static readonly Lazy<bool> Used = new(() =>
    {
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) =>
            name == "librdkafka" && NativeLibrary.TryLoad("librdkafka.so.1", out nint library) ? library : 0;
        return true;
    });

    public static void Use() => _ = Used.Value;
}
