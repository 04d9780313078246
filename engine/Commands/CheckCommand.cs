using Penstock.Engine.Configuration;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Commands;

/// <summary><c>check</c>: what was understood, then whether database and broker are ready.</summary>
internal sealed class CheckCommand<TOptions>(EntryPoints<TOptions> entryPoints, TextWriter output)
    where TOptions : IProgramOptions
{
    public async Task<int> InvokeAsync(TOptions options, bool isQuiet)
    {
        using var logs = LogLineProvider.StandardOutput(options.Operations);
        using var signals = new TerminationSignals(options.Operations.ShutdownTimeoutMs, () => output.WriteLine("the check is ended unfinished: database or brokers have not answered in the time that a stop may take (PENSTOCK_SHUTDOWN_TIMEOUT_MS)."));
        if (!isQuiet)
        {
            var width = options.Masked.Max(static setting => setting.EnvironmentName.Length);
            foreach (var (name, text, origin) in options.Masked)
            {
                var from = origin switch
                {
                    SettingOrigin.Default => "  (default)",
                    SettingOrigin.File => "  (from a file)",
                    _ => "",
                };
                await output.WriteLineAsync($"{name.PadRight(width)}  {text.ReplaceLineEndings("\\n")}{from}").ConfigureAwait(false);
            }
        }

        foreach (var warning in options.Warnings)
        {
            await output.WriteLineAsync("warning: " + warning).ConfigureAwait(false);
        }

        return await entryPoints.CheckAsync(options, logs, isQuiet ? TextWriter.Null : output, signals.First).ConfigureAwait(false);
    }
}
