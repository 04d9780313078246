namespace Penstock.Servers;

/// <summary>The folder with the script <c>kafka</c> that runs real brokers: <c>KAFKA_HOME</c>, else ../shared/kafka beside the repository.</summary>
public static class KafkaHome
{
    /// <summary>The script, or null and why there is none.</summary>
    public static string? Find(out string reason)
    {
        string? named = Environment.GetEnvironmentVariable("KAFKA_HOME");
        string folder = named is { Length: > 0 } ? named : Path.GetFullPath(Path.Combine(Repository.Root, "../shared/kafka"));
        string script = Path.Combine(folder, "kafka");
        if (!File.Exists(script))
        {
            reason = named is { Length: > 0 }
                ? $"no real Kafka: KAFKA_HOME is '{named}', which holds no script 'kafka'"
                : "no real Kafka: set KAFKA_HOME to a folder with the script 'kafka', or put it into ../shared/kafka beside the repository";
            return null;
        }
        if (!JavaIsThere())
        {
            reason = $"no Java for the brokers of '{folder}': install one (Debian, Ubuntu: apt-get install default-jre-headless) or set JAVA_HOME";
            return null;
        }
        reason = "";
        return script;
    }

    /// <summary>The brokers' version, such as 4.3.0, by the name of their library; "?" if that tells none.</summary>
    public static string Version()
    {
        const string library = "kafka-clients-";
        string? folder = Find(out _) is { } script ? Path.Combine(Path.GetDirectoryName(script)!, "libs") : null;
        string? file = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, library + "*.jar").Select(Path.GetFileNameWithoutExtension).FirstOrDefault() : null;
        return file?[library.Length..] ?? "?";
    }

    private static bool JavaIsThere()
    {
        if (Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 } home)
        {
            return File.Exists(Path.Combine(home, "bin/java"));
        }
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder, "java")));
    }
}
