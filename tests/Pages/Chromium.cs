using System.Diagnostics;

namespace Penstock.Pages;

/// <summary>The machine's own browser: <c>PENSTOCK_CHROMIUM</c>, or one of the usual names in PATH. Nothing is downloaded.</summary>
public static class Chromium
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>Null where there is none that starts.</summary>
    public static string? Path { get; } = Find();

    public const string UnavailableReason = "no Chromium on this machine: scripts/install --browser installs one where apt has it, PENSTOCK_CHROMIUM names one that is elsewhere";

    private static string? Find()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        var candidates = Environment.GetEnvironmentVariable("PENSTOCK_CHROMIUM") is { Length: > 0 } given
            ? [given]
            : Names.SelectMany(name => folders.Select(folder => System.IO.Path.Combine(folder, name)));
        return candidates.FirstOrDefault(path => File.Exists(path) && Starts(path));
    }

    // Ubuntu has a script of that name that only says where the browser would be.
    private static bool Starts(string path)
    {
        using var process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true, RedirectStandardError = true });
        if (process is null)
        {
            return false;
        }

        if (!process.WaitForExit(10_000))
        {
            process.Kill(entireProcessTree: true);
            return false;
        }

        return process.ExitCode == 0;
    }
}

/// <summary>A test that needs a browser: skipped, with what is missing as the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PageFactAttribute : FactAttribute
{
    public PageFactAttribute()
    {
        if (Chromium.Path is null)
        {
            Skip = Chromium.UnavailableReason;
        }
    }
}

/// <summary>The same, with brokers.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PagePipelineFactAttribute : FactAttribute
{
    public PagePipelineFactAttribute() =>
        Skip = Chromium.Path is null ? Chromium.UnavailableReason : Servers.KafkaCluster.IsAvailable ? null : Servers.KafkaCluster.UnavailableReason;
}
