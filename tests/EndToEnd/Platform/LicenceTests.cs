using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Servers;

namespace Penstock.EndToEnd.Platform;

/// <summary>What the two programs bring along may be given on with them.</summary>
public sealed class LicenceTests
{
    /// <summary>They ask for their notice and nothing else. librdkafka (BSD-2-Clause) names its licence by a file.</summary>
    private static readonly HashSet<string> Permissive = ["MIT", "Apache-2.0", "PostgreSQL", "BSD-2-Clause", "BSD-3-Clause"];

    [Theory]
    [InlineData("PostgresToKafka")]
    [InlineData("KafkaToPostgres")]
    public void R4_every_package_that_is_published_has_a_permissive_licence(string project)
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "connectors", project, "obj/project.assets.json")));
        string[] folders = [.. assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name)];
        var packages = assets.RootElement.GetProperty("libraries").EnumerateObject().Where(library => library.Value.GetProperty("type").GetString() == "package").ToList();
        Assert.NotEmpty(packages);
        Assert.All(packages, package =>
        {
            string path = package.Value.GetProperty("path").GetString()!;
            string manifest = folders.Select(folder => Path.Combine(folder, path)).Where(Directory.Exists).SelectMany(folder => Directory.GetFiles(folder, "*.nuspec")).First();
            var licence = Regex.Match(File.ReadAllText(manifest), "<license type=\"(\\w+)\"[^>]*>([^<]+)</license>");
            bool isLibrdkafka = package.Name.StartsWith("librdkafka.redist/", StringComparison.Ordinal);
            Assert.True(isLibrdkafka || (licence.Success && licence.Groups[1].Value == "expression" && Permissive.Contains(licence.Groups[2].Value)), $"{package.Name}: {licence.Value}");
        });
    }
}
