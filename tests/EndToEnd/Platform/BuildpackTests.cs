using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Penstock.Servers;

namespace Penstock.EndToEnd.Platform;

/// <summary>What Heroku's buildpack for .NET does with this repository (heroku/buildpacks-dotnet 1.0.14), and the files that a platform reads.</summary>
public sealed partial class BuildpackTests
{
    private static readonly TimeSpan PublishLimit = TimeSpan.FromMinutes(5);

    [Fact]
    public void R10_the_solution_is_the_only_one_and_by_the_buildpacks_rule_holds_projects_alone()
    {
        string solution = Path.GetFileName(Assert.Single(Directory.GetFiles(Repository.Root, "*.sln*")));
        // Its expression takes any entry with a dot inside its path for a project: a folder of the solution must have none.
        string[] projects = [.. File.ReadLines(Path.Combine(Repository.Root, solution)).Select(line => ProjectEntry().Match(line)).Where(entry => entry.Success).Select(entry => entry.Groups[1].Value.Replace('\\', '/'))];
        Assert.Contains("connectors/PostgresToKafka/PostgresToKafka.csproj", projects);
        Assert.Contains("connectors/KafkaToPostgres/KafkaToPostgres.csproj", projects);
        Assert.All(projects, project =>
        {
            string path = Path.Combine(Repository.Root, project);
            Assert.True(File.Exists(path), $"{project} is no project");
            Assert.True(Framework(path) is "net8.0" or "net9.0" or "net10.0", $"{project}: one TargetFramework, of those that the buildpack knows");
        });
        Assert.False(File.Exists(Path.Combine(Repository.Root, "global.json")), "a version pinned here has to be one that the buildpack has");
    }

    [Fact]
    public async Task R10_its_publish_command_on_a_clean_clone_makes_what_each_line_of_the_Procfile_starts()
    {
        using var folder = new TemporaryFolder("buildpack");
        await RunAsync(PublishLimit, Repository.Root, "git", "-c", "safe.directory=*", "clone", "--quiet", "--depth", "1", new Uri(Repository.Root).AbsoluteUri, folder["app"]);
        // The working copy's, so that the test is of the file that is being changed.
        File.Copy(Path.Combine(Repository.Root, "Procfile"), Path.Combine(folder["app"], "Procfile"), overwrite: true);
        bool packaged = await PublishAsync(folder["app"], folder["artifacts"]);
        foreach (var (type, command) in ProcessTypes().Where(line => line.Type != "release"))
        {
            string said = await RunAsync(TimeSpan.FromSeconds(30), folder["app"], "bash", "-c", command.Replace(" run", " --version", StringComparison.Ordinal));
            Assert.Matches($@"^(postgres-to-kafka|kafka-to-postgres) \d+\.\d+\.\d+\n\.NET 10\.", said);
            // Its build image has no librdkafka: the one that was published is loaded, and it needs no library that the image lacks.
            Assert.Matches(packaged ? @"librdkafka 2\.\d+\.\d+ \(/.*/bin/publish/.*librdkafka\.so\)" : @"librdkafka 2\.", said);
            Assert.NotEmpty(type);
        }

        // Nothing but the two programs is published, and they fit into a slug (500 MB).
        Assert.Equal(
            ["connectors/KafkaToPostgres/bin/publish", "connectors/PostgresToKafka/bin/publish"],
            Directory.GetDirectories(folder["app"], "publish", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder["app"], path)).Order(StringComparer.Ordinal));
        Assert.InRange(new DirectoryInfo(folder["app"]).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.FullName.Contains("/bin/publish/", StringComparison.Ordinal)).Sum(file => file.Length), 1, 200_000_000);

        // The release: wrong settings block it, brokers that are not there (yet) do not.
        string release = ProcessTypes().Single(line => line.Type == "release").Command;
        Assert.Equal(1, await ExitCodeAsync(folder["app"], release, []));
        string[] apart = ["DATABASE_URL=postgres://a@127.0.0.1:1/a", "KAFKA_URL=127.0.0.1:1"];
        Assert.Equal(0, await ExitCodeAsync(folder["app"], release, [.. apart, "PENSTOCK_NAME=a"]));
        Assert.Equal(0, await ExitCodeAsync(folder["app"], release, [.. apart, "PENSTOCK_TOPICS=a.public.a", "PENSTOCK_GROUP=a"]));
    }

    [Fact]
    public void App_json_has_only_what_its_schema_knows_and_settings_that_there_are()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "app.json")));
        string[] known = ["name", "description", "keywords", "website", "repository", "logo", "success_url", "scripts", "env", "formation", "image", "addons", "buildpacks", "environments", "stack"];
        Assert.Equal([], file.RootElement.EnumerateObject().Select(property => property.Name).Except(known));
        string settings = File.ReadAllText(Path.Combine(Repository.Root, "docs/settings.md"));
        foreach (var setting in file.RootElement.GetProperty("env").EnumerateObject())
        {
            Assert.Contains($"`{setting.Name}`", settings, StringComparison.Ordinal);
            Assert.Equal([], setting.Value.EnumerateObject().Select(property => property.Name).Except(["description", "value", "required", "generator"]));
        }

        Assert.All(file.RootElement.GetProperty("formation").EnumerateObject(), process => Assert.Contains(ProcessTypes(), line => line.Type == process.Name));
        Assert.Equal(["worker", "sink", "release"], ProcessTypes().Select(line => line.Type));
    }

    private static IEnumerable<(string Type, string Command)> ProcessTypes() =>
        File.ReadLines(Path.Combine(Repository.Root, "Procfile")).Select(line => line.Split(": ", 2)).Select(parts => (parts[0], parts[1]));

    /// <summary>By its rule: the project's own, else that of the nearest Directory.Build.props.</summary>
    private static string? Framework(string project)
    {
        string? Of(string path) => XDocument.Load(path).Descendants("TargetFramework").LastOrDefault()?.Value;
        if (Of(project) is { } own)
        {
            return own;
        }

        for (var folder = new DirectoryInfo(Path.GetDirectoryName(project)!); folder is not null; folder = folder.Parent)
        {
            string props = Path.Combine(folder.FullName, "Directory.Build.props");
            if (File.Exists(props))
            {
                return Of(props);
            }
        }

        return null;
    }

    // With the package that the build image would restore; without it where the feed of this machine does not carry it, as some mirrors do not.
    private static async Task<bool> PublishAsync(string app, string artifacts)
    {
        string[] publish =
            ["dotnet", "publish", Path.Combine(app, "Pipeline.sln"), "--runtime", "linux-x64", "-p:PublishDir=bin/publish", "--artifacts-path", artifacts, "--disable-build-servers", "-v", "q"];
        var (code, output) = await StartAsync(PublishLimit, app, [], [.. publish, "-p:UseSystemLibrdkafka=false"]);
        if (code != 0 && output.Contains("librdkafka.redist", StringComparison.Ordinal))
        {
            await RunAsync(PublishLimit, app, publish);
            return false;
        }

        return code == 0 ? true : throw new ServerException($"dotnet publish ended with {code}:\n{output}");
    }

    private static async Task<string> RunAsync(TimeSpan limit, string folder, params string[] command)
    {
        var (code, output) = await StartAsync(limit, folder, [], command);
        return code == 0 ? output : throw new ServerException($"{string.Join(' ', command)} ended with {code}:\n{output}");
    }

    private static async Task<int> ExitCodeAsync(string folder, string command, string[] environment) =>
        (await StartAsync(TimeSpan.FromSeconds(60), folder, environment, "bash", "-c", command)).Code;

    private static async Task<(int Code, string Output)> StartAsync(TimeSpan limit, string folder, string[] environment, params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("PENSTOCK_", StringComparison.Ordinal) || name is "DATABASE_URL" or "KAFKA_URL" || name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (string pair in environment)
        {
            start.Environment[pair.Split('=', 2)[0]] = pair.Split('=', 2)[1];
        }

        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(limit);
        var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var error = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, await output + await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new ServerException($"{string.Join(' ', command)} still runs after {limit.TotalSeconds:0} s");
        }
    }

    [GeneratedRegex("Project\\(\"\\{[^}]+\\}\"\\) = \"[^\"]+\", \"([^\"]+\\.[^\"]+)\", \"\\{[^}]+\\}\"")]
    private static partial Regex ProjectEntry();
}
