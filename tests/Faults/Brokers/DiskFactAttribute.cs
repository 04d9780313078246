using Penstock.Servers;

namespace Penstock.Faults.Brokers;

/// <summary>A test that needs brokers and a small disk for them: skipped, with the reason, where this process may not mount one.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DiskFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Refusal = new(TryMount);

    public DiskFactAttribute()
    {
        Skip = !KafkaCluster.IsAvailable ? KafkaCluster.UnavailableReason : Refusal.Value;
    }

    private static string? TryMount()
    {
        using var folder = new TemporaryFolder("disk");
        try
        {
            Command.RunAsync(["sh", "-c", "mount -t tmpfs -o size=1m tmpfs \"$1\" && umount \"$1\"", "mount", folder.FullPath], TimeSpan.FromSeconds(10)).GetAwaiter().GetResult();
            return null;
        }
        catch (ServerException)
        {
            return "no right to mount a small disk (root in a container without CAP_SYS_ADMIN, or not root)";
        }
    }
}
