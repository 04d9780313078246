using System.Text.Json;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Penstock.Servers;

namespace Penstock.EndToEnd.Platform;

/// <summary>What lies in deploy/ and the Dockerfile: read as those read it that it is for, and the settings in it given to the programs.</summary>
public sealed class DeployFilesTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("source.yaml", "/app/postgres-to-kafka")]
    [InlineData("sink.yaml", "/app/kafka-to-postgres")]
    public async Task Kubernetes_manifests_are_of_its_schema_and_agree_with_each_other_and_the_program(string file, string program)
    {
        // Strict: a field that the type does not have is an error.
        var objects = KubernetesYaml.LoadAllFromString(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy/kubernetes", file)), strict: true);
        var settings = Assert.Single(objects.OfType<V1ConfigMap>());
        var secret = Assert.Single(objects.OfType<V1Secret>());
        var deployment = Assert.Single(objects.OfType<V1Deployment>());
        var budget = Assert.Single(objects.OfType<V1PodDisruptionBudget>());
        Assert.Equal(4, objects.Count);
        var pod = deployment.Spec.Template.Spec;
        var container = Assert.Single(pod.Containers);

        Assert.Equal(deployment.Spec.Selector.MatchLabels, deployment.Spec.Template.Metadata.Labels);
        Assert.Equal(deployment.Spec.Selector.MatchLabels, budget.Spec.Selector.MatchLabels);
        Assert.Equal(settings.Metadata.Name, Assert.Single(container.EnvFrom).ConfigMapRef.Name);
        var mount = Assert.Single(container.VolumeMounts);
        Assert.Equal((secret.Metadata.Name, true), (Assert.Single(pod.Volumes, volume => volume.Name == mount.Name).Secret.SecretName, mount.ReadOnlyProperty));
        foreach (var variable in container.Env.Where(variable => variable.Name.EndsWith("_FILE", StringComparison.Ordinal)))
        {
            Assert.StartsWith(mount.MountPath + "/", variable.Value, StringComparison.Ordinal);
            Assert.Contains(variable.Value[(mount.MountPath.Length + 1)..], secret.StringData.Keys);
        }

        // One slot, one reader; the sink's share.
        Assert.Equal(file == "source.yaml" ? "Recreate" : null, deployment.Spec.Strategy?.Type);
        Assert.True(pod.TerminationGracePeriodSeconds * 1000 > int.Parse(settings.Data["PENSTOCK_SHUTDOWN_TIMEOUT_MS"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.All(new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe }, probe => Assert.Equal("http", probe.HttpGet.Port.Value));
        Assert.Equal(settings.Data["PORT"], Assert.Single(container.Ports, port => port.Name == "http").ContainerPort.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal((true, true, false), (pod.SecurityContext.RunAsNonRoot, container.SecurityContext.ReadOnlyRootFilesystem, container.SecurityContext.AllowPrivilegeEscalation));
        Assert.Equal("512Mi", container.Resources.Limits["memory"].ToString());
        Assert.Equal(program == "/app/postgres-to-kafka" ? null : [program], container.Command);

        // The program understands the settings; secrets come from files.
        using var folder = new TemporaryFolder("secrets");
        var environment = new Dictionary<string, string>(settings.Data);
        foreach (var (name, value) in secret.StringData)
        {
            File.WriteAllText(folder[name], value + "\n");
            environment[container.Env.Single(variable => variable.Value == $"{mount.MountPath}/{name}").Name] = folder[name];
        }

        await using var print = PipelineProcess.Start(file == "source.yaml" ? Repository.PostgresToKafka() : Repository.KafkaToPostgres(), environment, ["config", "print", "--given"]);
        Assert.True(await print.WaitForExitAsync(Limit) == 0, print.LastLines());
        Assert.Contains(print.Lines, line => line.StartsWith("DATABASE_URL ", StringComparison.Ordinal) && line.Contains(":****@", StringComparison.Ordinal));
    }

    [Fact]
    public void The_Dockerfile_names_stages_that_there_are_and_ends_as_an_ordinary_user_with_programs_that_get_signals()
    {
        string[] lines = [.. File.ReadLines(Path.Combine(Repository.Root, "Dockerfile")).Where(line => line.Length > 0 && !line.StartsWith('#'))];
        string[] known = ["FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD"];
        Assert.All(lines, line => Assert.Contains(line.Split(' ')[0], known));
        string[] stages = [.. lines.Select(line => Regex.Match(line, "^FROM .* AS (\\w+)$")).Where(stage => stage.Success).Select(stage => stage.Groups[1].Value)];
        Assert.All(lines.Select(line => Regex.Match(line, "--from=(\\w+)")).Where(copy => copy.Success), copy => Assert.Contains(copy.Groups[1].Value, stages));
        foreach (Match project in Regex.Matches(string.Join('\n', lines), "dotnet publish (\\S+)"))
        {
            Assert.True(File.Exists(Path.Combine(Repository.Root, project.Groups[1].Value)), project.Groups[1].Value);
        }

        string last = lines.Last(line => line.StartsWith("USER ", StringComparison.Ordinal))[5..];
        Assert.Equal("$APP_UID", last);
        // The form of a list: no shell stands between the signal and the program, which is process 1.
        foreach (string word in new[] { "ENTRYPOINT ", "CMD " })
        {
            Assert.NotEmpty(JsonSerializer.Deserialize<string[]>(lines.Last(line => line.StartsWith(word, StringComparison.Ordinal))[word.Length..])!);
        }
    }

    [Fact]
    public async Task The_unit_is_one_that_systemd_takes_and_its_numbers_fit_the_programs()
    {
        string path = Path.Combine(Repository.Root, "deploy/systemd/penstock@.service");
        var unit = File.ReadLines(path).Where(line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#')).Select(line => line.Split('=', 2)).ToLookup(pair => pair[0], pair => pair[1]);
        Assert.Equal("/opt/penstock/postgres-to-kafka run", Assert.Single(unit["ExecStart"]));
        Assert.Equal("2 3", Assert.Single(unit["RestartPreventExitStatus"]));
        Assert.True(int.Parse(Assert.Single(unit["TimeoutStopSec"]), System.Globalization.CultureInfo.InvariantCulture) > 10);
        if (!File.Exists("/usr/bin/systemd-analyze"))
        {
            return;
        }

        // It looks whether the program is there, too.
        using var folder = new TemporaryFolder("unit");
        string copy = folder["penstock@.service"];
        await File.WriteAllTextAsync(copy, (await File.ReadAllTextAsync(path)).Replace("/opt/penstock/postgres-to-kafka", "/bin/true", StringComparison.Ordinal));
        await using var verify = PipelineProcess.Start("/usr/bin/systemd-analyze", new Dictionary<string, string>(), ["verify", copy]);
        Assert.True(await verify.WaitForExitAsync(Limit) == 0, verify.LastLines());
        Assert.Empty(verify.Lines);
    }
}
