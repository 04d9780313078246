using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Configuration;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Commands;

/// <summary><c>check</c>: what was understood, then whether database and broker are ready. For people as lines, failures in the log, so that they are seen with <c>--quiet</c> too; for programs as one JSON document.</summary>
internal sealed class CheckCommand<TOptions>(string program, EntryPoints<TOptions> entryPoints, TextWriter output)
    where TOptions : IProgramOptions
{
    private const string Unfinished = "the check is ended unfinished: database or brokers have not answered in the time that a stop may take (PENSTOCK_SHUTDOWN_TIMEOUT_MS).";

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<int> InvokeAsync(TOptions options, bool isQuiet)
    {
        using var logs = LogLineProvider.StandardOutput(options.Operations);
        using var signals = new TerminationSignals(options.Operations.ShutdownTimeoutMs, () => output.WriteLine(Unfinished));
        if (!isQuiet)
        {
            await MaskedSettings.WriteAsync(options, output).ConfigureAwait(false);
        }

        foreach (var warning in options.Warnings)
        {
            await output.WriteLineAsync("warning: " + warning).ConfigureAwait(false);
        }

        var logger = logs.CreateLogger("");
        void Say(CheckFinding found)
        {
            if (found.State == CheckState.Fail)
            {
                logger.LogError("{Reason}", found.Message);
            }
            else if (!isQuiet)
            {
                output.WriteLine(found.State == CheckState.Pass ? $"PASS {found.Id}" : $"WARN {found.Message}");
            }
        }

        return await entryPoints.CheckAsync(options, logs, Say, signals.First).ConfigureAwait(false);
    }

    /// <summary>One JSON document on the output, whatever is wrong; what brokers say goes to standard error.</summary>
    public async Task<int> InvokeJsonAsync(Func<TOptions> read)
    {
        var found = new List<CheckFinding>();
        int exitCode;
        try
        {
            var options = read();
            found.AddRange(options.Warnings.Select(static warning => new CheckFinding("settings", CheckState.Warn, warning)));
            using var logs = LogLineProvider.StandardError(options.Operations);
            using var signals = new TerminationSignals(options.Operations.ShutdownTimeoutMs, () => Console.Error.WriteLine(Unfinished));
            exitCode = await entryPoints.CheckAsync(options, logs, found.Add, signals.First).ConfigureAwait(false);
        }
        catch (SettingsException wrong)
        {
            found.AddRange(wrong.Problems.Select(static problem => new CheckFinding("settings", CheckState.Fail, problem.ToString())));
            exitCode = SettingsException.ExitCode;
        }

        await output.WriteLineAsync(Json(found, exitCode)).ConfigureAwait(false);
        return exitCode;
    }

    private string Json(List<CheckFinding> found, int exitCode)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Indented))
        {
            json.WriteStartObject();
            json.WriteString("program", program);
            json.WriteString("version", ProductVersion.Text);
            json.WriteNumber("exit_code", exitCode);
            json.WriteStartArray("checks");
            foreach (var check in found)
            {
                json.WriteStartObject();
                json.WriteString("id", check.Id);
                json.WriteString("state", check.State.ToString().ToUpperInvariant());
                json.WriteString("message", check.Message);
                json.WriteString("type", check.WhatToType);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }
}
