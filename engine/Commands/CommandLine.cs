using System.CommandLine;
using System.CommandLine.Invocation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Configuration;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Commands;

/// <summary>
/// The commands that every executable has: <c>run</c>, <c>check</c>, <c>config print</c>, <c>help settings</c>, <c>--help</c>, <c>--version</c>; <c>pause</c>, <c>resume</c>, <c>restart</c>, <c>replay</c>, <c>status</c>,
/// <c>tail</c>, <c>snapshot</c>, <c>skip</c>, <c>verify</c>, <c>plan</c>, <c>destroy</c> and <c>takeover</c> for those that can.
/// </summary>
public sealed class CommandLine<TOptions>
    where TOptions : IProgramOptions
{
    /// <summary>Wrong usage, the same as for wrong settings.</summary>
    private const int UsageExitCode = SettingsException.ExitCode;

    private readonly IConfiguration _configuration;
    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly EntryPoints<TOptions> _entryPoints;
    private readonly ProgramDescription _program;
    private readonly Func<IConfiguration, TOptions> _read;
    private readonly RootCommand _root;

    /// <param name="program">How it speaks of itself.</param>
    /// <param name="read">Reads, checks and types all settings.</param>
    /// <param name="entryPoints">What the commands call.</param>
    /// <param name="configuration">The environment.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    public CommandLine(
        ProgramDescription program, Func<IConfiguration, TOptions> read, EntryPoints<TOptions> entryPoints, IConfiguration configuration, TextWriter output, TextWriter error)
    {
        _program = program;
        _read = read;
        _entryPoints = entryPoints;
        _configuration = configuration;
        _output = output;
        _error = error;
        _root = new RootCommand(_program.Purpose + " Settings come from environment variables only; 'help settings' lists them.")
        {
            Run(),
            Check(),
            Config(),
            Help(),
        };
        if (entryPoints.PauseAsync is { } pauseAsync)
        {
            _root.Subcommands.Add(Pause("pause", "Let the pipeline rest, over restarts too, until 'resume': what was read is delivered, the slot stays. Works from any machine that reaches the database.", pauseAsync, PauseWord.Pause));
            _root.Subcommands.Add(Pause("resume", "End a pause.", pauseAsync, PauseWord.Resume));
            _root.Subcommands.Add(Pause("restart", "Let the running process deliver what it has read and begin anew, with the settings of its own start.", pauseAsync, PauseWord.Restart));
        }

        if (entryPoints.ReplayAsync is { } replay)
        {
            _root.Subcommands.Add(Replay(replay));
        }

        if (entryPoints.StatusAsync is { } status)
        {
            _root.Subcommands.Add(Status(status, entryPoints.WatchAsync));
        }

        if (entryPoints.Snapshot is { } snapshot)
        {
            _root.Subcommands.Add(SnapshotCommand.Of(request => snapshot(_read(_configuration), request, _output, _error)));
        }

        if (entryPoints.Skip is { } skip)
        {
            _root.Subcommands.Add(Skip(skip));
        }

        if (entryPoints.TailAsync is { } tailAsync)
        {
            _root.Subcommands.Add(TailCommand.Of(request => TailAsync(tailAsync, request)));
        }

        if (entryPoints.VerifyAsync is { } verifyAsync)
        {
            _root.Subcommands.Add(VerifyCommand.Of(request => VerifyAsync(verifyAsync, request)));
        }

        if (entryPoints.Plan is { } plan)
        {
            _root.Subcommands.Add(Plan(plan));
        }

        if (entryPoints.Destroy is { } destroy)
        {
            _root.Subcommands.Add(Destroy(destroy));
        }

        if (entryPoints.Takeover is { } takeover)
        {
            _root.Subcommands.Add(Takeover(takeover));
        }

        _root.Options.OfType<VersionOption>().Single().Action = new VersionAction(this);
    }

    /// <summary>Parses and runs; gives the exit code. Never throws for what a user can cause.</summary>
    public async Task<int> InvokeAsync(IReadOnlyList<string> arguments)
    {
        var configuration = new InvocationConfiguration
        {
            Output = _output,
            Error = _error,
            EnableDefaultExceptionHandler = false,
            // Signals are this product's own: the first one drains, see TerminationSignals.
            ProcessTerminationTimeout = null,
        };
        if (arguments.Count == 0)
        {
            await _root.Parse(["--help"]).InvokeAsync(configuration).ConfigureAwait(false);
            return UsageExitCode;
        }

        var parsed = _root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            Explain(parsed);
            return UsageExitCode;
        }

        try
        {
            return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (SettingsException e)
        {
            await _error.WriteLineAsync($"{_program.Program}: {e.Message}\nSee '{_program.Program} help settings' for every setting.").ConfigureAwait(false);
            return SettingsException.ExitCode;
        }
    }

    private Command Run()
    {
        var command = new Command("run", _program.RunPurpose);
        command.SetAction((_, _) => new RunCommand<TOptions>(_program.Program, _entryPoints, _error).InvokeAsync(_read(_configuration)));
        return command;
    }

    private Command Check()
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Say only what is wrong." };
        var json = new Option<bool>("--json") { Description = "As one JSON document: each check with id, state, message and what to type." };
        var command = new Command("check", _program.CheckPurpose) { quiet, json };
        command.SetAction((parsed, _) =>
        {
            var check = new CheckCommand<TOptions>(_program.Program, _entryPoints, _output);
            return parsed.GetValue(json) ? check.InvokeJsonAsync(() => _read(_configuration)) : check.InvokeAsync(_read(_configuration), parsed.GetValue(quiet));
        });
        return command;
    }

    private Command Pause(string name, string description, Func<TOptions, PauseWord, TextWriter, TextWriter, CancellationToken, Task<int>> pauseAsync, PauseWord word)
    {
        var command = new Command(name, description);
        command.SetAction(async (_, _) =>
        {
            var options = _read(_configuration);
            using var signals = EndedUnfinished(name, options);
            return await pauseAsync(options, word, _output, _error, signals.First).ConfigureAwait(false);
        });
        return command;
    }

    private TerminationSignals EndedUnfinished(string name, TOptions options) => new(
        options.Operations.ShutdownTimeoutMs,
        () => _error.WriteLine($"{name} is ended unfinished: no answer has come in the time that a stop may take (PENSTOCK_SHUTDOWN_TIMEOUT_MS)."));

    private Command Replay(Func<TOptions, ILoggerFactory, TextWriter, bool, CancellationToken, Task<int>> replay)
    {
        var overwrite = new Option<bool>("--overwrite") { Description = "Also where rows are there by now, and deletes: what came after may be newer." };
        var command = new Command("replay", "Apply again what was put aside; what still cannot be applied stays where it is.") { overwrite };
        command.SetAction(async (parsed, _) =>
        {
            var options = _read(_configuration);
            using var logs = LogLineProvider.StandardOutput(options.Operations);
            using var signals = EndedUnfinished("replay", options);
            return await replay(options, logs, _output, parsed.GetValue(overwrite), signals.First).ConfigureAwait(false);
        });
        return command;
    }

    private async Task<int> TailAsync(Func<TOptions, TailRequest, ILoggerFactory, TextWriter, TextWriter, CancellationToken, Task<int>> tailAsync, TailRequest request)
    {
        var options = _read(_configuration);
        using var logs = LogLineProvider.StandardError(options.Operations);
        using var signals = EndedUnfinished("tail", options);
        return await tailAsync(options, request, logs, _output, _error, signals.First).ConfigureAwait(false);
    }

    private async Task<int> VerifyAsync(Func<TOptions, VerifyRequest, ILoggerFactory, TextWriter, TextWriter, CancellationToken, Task<int>> verifyAsync, VerifyRequest request)
    {
        var options = _read(_configuration);
        using var logs = LogLineProvider.StandardError(options.Operations);
        using var signals = EndedUnfinished("verify", options);
        return await verifyAsync(options, request, logs, _output, _error, signals.First).ConfigureAwait(false);
    }

    private Command Config()
    {
        var given = new Option<bool>("--given") { Description = "Without those that have their default." };
        var print = new Command("print", "Print every setting as it was understood, secrets masked.") { given };
        print.SetAction((parsed, _) => MaskedSettings.WriteAsync(_read(_configuration), _output, parsed.GetValue(given)));
        return new Command("config", "The settings; 'config print' shows them.") { print };
    }

    private Command Plan(Func<TOptions, PlanRequest, TextWriter, TextWriter, int> plan)
    {
        var target = new Option<string>("--target") { Description = "Whose words: kafka, heroku, strimzi or terraform.", DefaultValueFactory = static _ => "kafka" };
        target.AcceptOnlyFromAmong("kafka", "heroku", "strimzi", "terraform");
        var partitions = CommandNumbers.Of("--partitions", "Partitions of each table's topic.", 3, 1);
        var replication = CommandNumbers.Of("--replication", "Copies of each partition.", 3, 1);
        var compact = new Option<bool>("--compact") { Description = "Tables' topics keep the last event of each key, instead of a week." };
        var command = new Command("plan", "Print the topics, publication, slot and rights that the pipeline needs, in words to paste; runs nothing.") { target, partitions, replication, compact };
        command.SetAction(parsed =>
        {
            var request = new PlanRequest(Enum.Parse<PlanTarget>(parsed.GetValue(target)!, ignoreCase: true), parsed.GetValue(partitions), parsed.GetValue(replication), parsed.GetValue(compact));
            return plan(_read(_configuration), request, _output, _error);
        });
        return command;
    }

    private Command Skip(Func<TOptions, string, TextWriter, TextWriter, int> skip)
    {
        var position = new Option<string>("--position") { Description = "The event: LSN of its transaction's commit and its place in it, as the error names it (0/16B3748:17).", Required = true };
        var command = new Command("skip", "Leave out exactly one event that cannot be decoded or delivered: a note of it goes to the dead-letter topic, and into the state. May be typed twice.") { position };
        command.SetAction(parsed => skip(_read(_configuration), parsed.GetValue(position)!, _output, _error));
        return command;
    }

    private Command Destroy(Func<TOptions, string, TextWriter, TextWriter, int> destroy)
    {
        var confirm = new Option<string>("--confirm") { Description = "The pipeline's name, typed again.", Required = true };
        var command = new Command("destroy", "Take away what the pipeline has made in its source: slot, publication, state. Lists what stays; topics are never touched. May be typed twice.") { confirm };
        command.SetAction(parsed => destroy(_read(_configuration), parsed.GetValue(confirm)!, _output, _error));
        return command;
    }

    private Command Takeover(Func<TOptions, TakeoverRequest, TextWriter, TextWriter, CancellationToken, int> takeover)
    {
        var fromDebezium = new Option<bool>("--from-debezium") { Description = "From a connector of Debezium for Postgres; must be said." };
        var connector = new Option<string?>("--connector") { Description = "Its name; may be left out where only one has the pipeline's topic prefix." };
        var topic = new Option<string>("--offset-topic") { Description = "Where Kafka Connect keeps offsets (offset.storage.topic).", DefaultValueFactory = static _ => "connect-offsets" };
        var file = new Option<string?>("--offset-file") { Description = "Where a standalone worker or an engine keeps them (offset.storage.file.filename); instead of the topic." };
        var confirm = new Option<string?>("--confirm") { Description = "The pipeline's name, typed again. Without it nothing is changed." };
        var command = new Command("takeover", "Let the pipeline go on with the slot of another tool, which is stopped, without a gap and without a snapshot; says what would happen, and does it with --confirm.")
        {
            fromDebezium, connector, topic, file, confirm,
        };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(fromDebezium))
            {
                result.AddError("say from what: --from-debezium");
            }
        });
        command.SetAction((parsed, _) =>
        {
            var options = _read(_configuration);
            using var signals = EndedUnfinished("takeover", options);
            var request = new TakeoverRequest(parsed.GetValue(connector), parsed.GetValue(topic)!, parsed.GetValue(file), parsed.GetValue(confirm));
            return Task.FromResult(takeover(options, request, _output, _error, signals.First));
        });
        return command;
    }

    private Command Status(
        Func<TOptions, ILoggerFactory, TextWriter, bool, CancellationToken, Task<int>> status, Func<TOptions, ILoggerFactory, TextWriter, CancellationToken, Task<int>>? watchAsync)
    {
        var json = new Option<bool>("--json") { Description = "As one JSON object." };
        var command = new Command("status", "Say how far the pipeline is, beside a running one and without disturbing it; changes nothing.") { json };
        var watch = new Option<bool>("--watch") { Description = "Until Ctrl-C: a screen on a terminal, a line for each look on a pipe." };
        if (watchAsync is not null)
        {
            command.Options.Add(watch);
        }

        command.SetAction(async (parsed, _) =>
        {
            var options = _read(_configuration);
            using var logs = LogLineProvider.StandardError(options.Operations);
            using var signals = EndedUnfinished("status", options);
            if (watchAsync is not null && parsed.GetValue(watch))
            {
                return await watchAsync(options, logs, _output, signals.First).ConfigureAwait(false);
            }

            return await status(options, logs, _output, parsed.GetValue(json), signals.First).ConfigureAwait(false);
        });
        return command;
    }

    private Command Help()
    {
        var markdown = new Option<bool>("--markdown") { Description = "As Markdown, for documentation." };
        var settings = new Command("settings", "Every setting: its variable, default and meaning.") { markdown };
        settings.SetAction(parsed => _output.Write(parsed.GetValue(markdown) ? _program.SettingsMarkdown() : _program.SettingsText()));
        var help = new Command("help", "Show help; 'help settings' lists every setting.") { settings };
        help.SetAction((_, cancellation) => _root.Parse(["--help"]).InvokeAsync(new InvocationConfiguration { Output = _output, Error = _error }, cancellation));
        return help;
    }

    private void Explain(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [var token, ..])
        {
            var known = command.Subcommands.Select(static sub => sub.Name).Concat(_root.Options.Concat(command.Options).Select(static option => option.Name)).Distinct();
            var nearest = NearestName.Of(token, known);
            var suggestion = nearest is not null && NearestName.IsClose(token, nearest) ? $"; did you mean '{nearest}'?" : "";
            _error.WriteLine($"{_program.Program}: unknown {(token.StartsWith('-') ? "option" : "command")} '{token}'{suggestion}");
        }
        else
        {
            foreach (var problem in parsed.Errors)
            {
                _error.WriteLine($"{_program.Program}: {problem.Message}");
            }
        }

        _error.WriteLine($"See '{_program.Program}{(command == _root ? "" : " " + command.Name)} --help'.");
    }

    private sealed class VersionAction(CommandLine<TOptions> commands) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            commands._output.WriteLine($"{commands._program.Program} {ProductVersion.Text}");
            commands._output.WriteLine($".NET {Environment.Version}");
            commands._output.WriteLine($"librdkafka {commands._entryPoints.LibrdkafkaVersion()}");
            return 0;
        }
    }
}
