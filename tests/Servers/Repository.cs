namespace Penstock.Servers;

/// <summary>Where things lie relative to the repository, for programs that run from a bin folder inside it.</summary>
public static class Repository
{
    /// <summary>The folder that holds Pipeline.sln: <c>PENSTOCK_ROOT</c>, or the nearest one above this program.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// The built <c>postgres-to-kafka</c>: <c>PENSTOCK_EXE</c>, or the one of this program's own build configuration, or of any.
    /// </summary>
    public static string PostgresToKafka()
    {
        if (Environment.GetEnvironmentVariable("PENSTOCK_EXE") is { Length: > 0 } named)
        {
            return File.Exists(named) ? named : throw new ServerException($"PENSTOCK_EXE names '{named}', which does not exist");
        }
        return Built("connectors/PostgresToKafka", "postgres-to-kafka");
    }

    /// <summary>The built <c>kafka-to-postgres</c> of this program's own build configuration, or of any.</summary>
    public static string KafkaToPostgres() => Built("connectors/KafkaToPostgres", "kafka-to-postgres");

    /// <summary>The build with failpoints, null where it was not made: <c>dotnet build connectors/PostgresToKafka -c Failpoints</c>.</summary>
    public static string? WithFailpoints()
    {
        string path = Path.Combine(Root, "connectors/PostgresToKafka/bin/Failpoints/net10.0/postgres-to-kafka");
        return File.Exists(path) ? path : null;
    }

    private static string Built(string project, string program)
    {
        string own = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";
        foreach (string configuration in new[] { own, "Release", "Debug" })
        {
            string path = Path.Combine(Root, project, "bin", configuration, "net10.0", program);
            if (File.Exists(path))
            {
                return path;
            }
        }
        throw new ServerException($"{program} is not built: dotnet build {project} -c Release");
    }

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable("PENSTOCK_ROOT") is { Length: > 0 } named)
        {
            return Path.GetFullPath(named);
        }
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pipeline.sln")))
            {
                return folder.FullName;
            }
        }
        throw new ServerException($"no Pipeline.sln above {AppContext.BaseDirectory}: set PENSTOCK_ROOT to the repository's folder");
    }
}
