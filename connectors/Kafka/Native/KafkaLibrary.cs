using System.Runtime.InteropServices;

namespace Penstock.Kafka.Native;

/// <summary>The librdkafka that is loaded: for the start log and for decisions that depend on its version.</summary>
public static class KafkaLibrary
{
    /// <summary>SASL/SCRAM with brokers of Kafka 4 works from this version on; the client before it is refused by the broker without a usable message.</summary>
    public static readonly Version FirstWithScramForKafka4 = new(2, 6, 1);

    /// <summary>From this version on it can be said how long fetching waits when the consumer's queue was full; before it, that is a second.</summary>
    public static readonly Version FirstWithQueueBackoff = new(2, 2, 0);

    /// <summary>
    /// Loads the library. False if there is none; <paramref name="problem"/> then says what to install.
    /// </summary>
    public static bool TryLoad(out string problem)
    {
        try
        {
            _ = NativeKafka.Version();
            problem = "";
            return true;
        }
        catch (DllNotFoundException)
        {
            problem = "librdkafka was not found: install it (Debian, Ubuntu: apt-get install librdkafka1) or publish with the NuGet package librdkafka.redist"
                + " (-p:UseSystemLibrdkafka=false)";
            return false;
        }
    }

    /// <summary>Version of the loaded library, as in 2.0.2.</summary>
    /// <exception cref="DllNotFoundException">There is no librdkafka; see <see cref="TryLoad"/>.</exception>
    public static Version Version
    {
        get
        {
            // 0xMMmmrrpp: major, minor, revision, pre-release (0xff for a release).
            int hex = NativeKafka.Version();
            return new Version(hex >> 24 & 0xff, hex >> 16 & 0xff, hex >> 8 & 0xff);
        }
    }

    /// <summary>The file it was loaded from, or "" where the system does not tell (outside of Linux).</summary>
    public static string Path
    {
        get
        {
            _ = NativeKafka.Version();
            const string maps = "/proc/self/maps";
            if (!OperatingSystem.IsLinux() || !File.Exists(maps))
            {
                return "";
            }

            foreach (string line in File.ReadLines(maps))
            {
                int slash = line.IndexOf('/', StringComparison.Ordinal);
                if (slash > 0 && System.IO.Path.GetFileName(line.AsSpan(slash)).Contains("librdkafka", StringComparison.Ordinal))
                {
                    return line[slash..];
                }
            }

            return "";
        }
    }

    /// <summary>librdkafka's text for an error code.</summary>
    internal static string ErrorText(int code) => Marshal.PtrToStringUTF8(NativeKafka.ErrorToString(code)) ?? $"error {code}";
}
