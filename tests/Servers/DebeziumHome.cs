namespace Penstock.Servers;

/// <summary>The folder with Debezium's connector and the Connect runtime: <c>DEBEZIUM_HOME</c>, else ../shared/peers/debezium beside the repository.</summary>
public static class DebeziumHome
{
    /// <summary>The folder, or null and why there is none.</summary>
    public static string? Find(out string reason)
    {
        string? named = Environment.GetEnvironmentVariable("DEBEZIUM_HOME");
        string folder = named is { Length: > 0 } ? named : Path.GetFullPath(Path.Combine(Repository.Root, "../shared/peers/debezium"));
        bool isThere = Directory.Exists(folder) && Directory.GetFiles(folder, "debezium-connector-postgres-*.jar", SearchOption.AllDirectories).Length > 0;
        reason = isThere
            ? ""
            : $"no Debezium: '{folder}' holds no debezium-connector-postgres-*.jar; set DEBEZIUM_HOME to a folder with plugins/ (the connector's plugin archive, unpacked) and libs/ (of a Kafka distribution with Connect)";
        return isThere ? folder : null;
    }
}
