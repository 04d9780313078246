using Microsoft.Extensions.Configuration;
using Penstock.Engine.Commands;
using Penstock.PostgresToKafka.Commands;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafkaTests.Commands;

public sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly List<string> _called = [];
    private Func<Task<int>> _run = static () => Task.FromResult(0);

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    private Task<int> Invoke(string arguments, params (string Name, string Value)[] environment)
    {
        var entryPoints = new EntryPoints<PipelineOptions>
        {
            RunAsync = (options, _, _, _) =>
            {
                _called.Add("run " + options.Name);
                return _run();
            },
            CheckAsync = (options, _, found, _) =>
            {
                _called.Add("check " + options.Name);
                found(new CheckFinding("database", CheckState.Pass, ""));
                found(new CheckFinding("topic", CheckState.Fail, "topic 'a' does not exist; type: kafka-topics.sh --create --topic a"));
                return Task.FromResult(3);
            },
            PauseAsync = (options, word, _, _, _) =>
            {
                _called.Add($"{word.ToString().ToLowerInvariant()} {options.Name}");
                return Task.FromResult(0);
            },
            Plan = (options, request, _, _) =>
            {
                _called.Add($"plan {options.Name} {request}");
                return 0;
            },
            Takeover = (options, request, _, _, _) =>
            {
                _called.Add($"takeover {options.Name} {request}");
                return 0;
            },
            Destroy = (options, confirmed, _, _) =>
            {
                _called.Add($"destroy {options.Name} {confirmed}");
                return 0;
            },
            LibrdkafkaVersion = static () => "9.9.9",
        };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(environment.Select(static pair => KeyValuePair.Create(pair.Name, (string?)pair.Value))).Build();
        return new CommandLine<PipelineOptions>(PostgresToKafkaProgram.Description, PipelineOptions.Read, entryPoints, configuration, _output, _error).InvokeAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static (string Name, string Value)[] Good => [("DATABASE_URL", "postgres://u:hush@h/d"), ("KAFKA_URL", "embedded:"), ("LOG_LEVEL", "none")];

    [Fact]
    public async Task No_command_shows_help()
    {
        Assert.Equal(2, await Invoke(""));
        Assert.Contains("run", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("check", _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_called);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("help")]
    [InlineData("run --help")]
    public async Task Help_is_no_error(string arguments)
    {
        Assert.Equal(0, await Invoke(arguments));
        Assert.Contains("postgres-to-kafka", _output.ToString() + PostgresToKafkaProgram.Description.Program, StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
        Assert.Empty(_called);
    }

    [Fact]
    public async Task Version_names_what_runs()
    {
        Assert.Equal(0, await Invoke("--version"));
        Assert.Equal($"postgres-to-kafka {ProductVersion.Text}\n.NET {Environment.Version}\nlibrdkafka 9.9.9\n", _output.ToString());
    }

    [Theory]
    [InlineData("rnu", "unknown command 'rnu'; did you mean 'run'?")]
    [InlineData("--versoin", "unknown option '--versoin'; did you mean '--version'?")]
    [InlineData("check --quite", "unknown option '--quite'; did you mean '--quiet'?")]
    [InlineData("help setting", "unknown command 'setting'; did you mean 'settings'?")]
    [InlineData("run --table public.a", "unknown option '--table'")]
    [InlineData("nonsense", "unknown command 'nonsense'")]
    public async Task Unknown_words_are_named_with_a_suggestion(string arguments, string text)
    {
        Assert.Equal(2, await Invoke(arguments, Good));
        Assert.StartsWith("postgres-to-kafka: " + text, _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("--help'.", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_called);
    }

    [Theory]
    [InlineData("restart", "restart penstock")]
    [InlineData("plan", "plan penstock PlanRequest { Target = Kafka, Partitions = 3, Replication = 3, IsCompacted = False }")]
    [InlineData("plan --target heroku --partitions 8 --replication 1 --compact", "plan penstock PlanRequest { Target = Heroku, Partitions = 8, Replication = 1, IsCompacted = True }")]
    [InlineData("destroy --confirm penstock", "destroy penstock penstock")]
    [InlineData("takeover --from-debezium", "takeover penstock TakeoverRequest { Connector = , OffsetTopic = connect-offsets, OffsetFile = , Confirmed =  }")]
    [InlineData("takeover --from-debezium --connector c --offset-file f --confirm penstock", "takeover penstock TakeoverRequest { Connector = c, OffsetTopic = connect-offsets, OffsetFile = f, Confirmed = penstock }")]
    public async Task Commands_reach_their_entry_points(string arguments, string called)
    {
        Assert.Equal(0, await Invoke(arguments, Good));
        Assert.Equal([called], _called);
    }

    [Theory]
    [InlineData("plan --target aws", "'aws'")]
    [InlineData("plan --partitions 0", "--partitions must be 1 or more")]
    [InlineData("plan --partitions x", "'x'")]
    [InlineData("destroy", "--confirm")]
    [InlineData("takeover", "say from what: --from-debezium")]
    [InlineData("config", "Required command was not provided")]
    public async Task Wrong_arguments_are_named(string arguments, string text)
    {
        Assert.Equal(2, await Invoke(arguments, Good));
        Assert.Contains(text, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_called);
    }

    [Fact]
    public async Task Config_print_masks_secrets_and_calls_nothing()
    {
        Assert.Equal(0, await Invoke("config print", Good));
        string all = _output.ToString();
        Assert.Contains("postgres://u:", all, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", all, StringComparison.Ordinal);
        Assert.Contains("(default)", all, StringComparison.Ordinal);
        _output.GetStringBuilder().Clear();
        Assert.Equal(0, await Invoke("config print --given", Good));
        Assert.Equal(["DATABASE_URL", "KAFKA_URL", "LOG_LEVEL"], _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]).Order());
        Assert.Equal(2, await Invoke("config print", ("KAFKA_URL", "embedded:")));
        Assert.Empty(_called);
    }

    [Fact]
    public async Task Wrong_settings_end_before_anything_is_called()
    {
        Assert.Equal(2, await Invoke("run", ("PENSTOCK_NAME", "Bad Name"), ("KAFKA_URL", "embedded:")));

        var error = _error.ToString();
        Assert.StartsWith("postgres-to-kafka: 2 settings are wrong; nothing was started.\n", error, StringComparison.Ordinal);
        Assert.Contains("\n  DATABASE_URL is missing: ", error, StringComparison.Ordinal);
        Assert.Contains("\n  PENSTOCK_NAME is not right: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Empty(_called);
    }

    [Fact]
    public async Task Run_gives_the_pipelines_exit_code()
    {
        _run = static () => Task.FromResult(4);

        Assert.Equal(4, await Invoke("run", Good));
        Assert.Equal(["run penstock"], _called);
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    public async Task Pause_and_resume_are_commands_of_their_own(string command)
    {
        Assert.Equal(0, await Invoke(command, Good));
        Assert.Equal([command + " penstock"], _called);
    }

    [Fact]
    public async Task A_defect_ends_with_one()
    {
        _run = static () => throw new InvalidOperationException("broken");

        Assert.Equal(1, await Invoke("run", Good));
    }

    [Fact]
    public async Task Check_shows_the_settings_masked_and_gives_the_preflights_exit_code()
    {
        Assert.Equal(3, await Invoke("check", Good));
        Assert.Contains("postgres://u:****@h/d", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("PASS", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_is_one_JSON_document_on_demand_wrong_settings_included()
    {
        Assert.Equal(3, await Invoke("check --json", Good));
        var document = System.Text.Json.JsonDocument.Parse(_output.ToString()).RootElement;
        Assert.Equal(("postgres-to-kafka", 3), (document.GetProperty("program").GetString(), document.GetProperty("exit_code").GetInt32()));
        Assert.Equal(
            ["database PASS ", "topic FAIL kafka-topics.sh --create --topic a"],
            document.GetProperty("checks").EnumerateArray().Select(check => $"{check.GetProperty("id").GetString()} {check.GetProperty("state").GetString()} {check.GetProperty("type").GetString()}"));

        _output.GetStringBuilder().Clear();
        Assert.Equal(2, await Invoke("check --json", ("DATABASE_URL", "mysql://u:hush@h/d")));
        document = System.Text.Json.JsonDocument.Parse(_output.ToString()).RootElement;
        Assert.Equal(2, document.GetProperty("checks").EnumerateArray().Count(check => check.GetProperty("id").GetString() == "settings" && check.GetProperty("state").GetString() == "FAIL"));
        Assert.DoesNotContain("hush", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_is_quiet_on_demand()
    {
        Assert.Equal(3, await Invoke("check --quiet", Good));
        Assert.Empty(_output.ToString());
        Assert.Equal(["check penstock"], _called);
    }

    [Fact]
    public async Task Help_settings_lists_every_setting_on_a_narrow_terminal()
    {
        Assert.Equal(0, await Invoke("help settings"));

        var text = _output.ToString();
        Assert.All(PipelineCatalog.Catalog.Settings, setting => Assert.Contains($"\n  {setting.EnvironmentName}\n", text, StringComparison.Ordinal));
        Assert.All(text.Split('\n'), static line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public async Task The_documentation_is_what_help_prints()
    {
        Assert.Equal(0, await Invoke("help settings --markdown"));

        var path = Path.Combine(Root(), "docs", "settings.md");
        Assert.True(_output.ToString() == await File.ReadAllTextAsync(path), "docs/settings.md is old: run postgres-to-kafka help settings --markdown > docs/settings.md");
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pipeline.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("no Pipeline.sln above the tests");
    }
}
