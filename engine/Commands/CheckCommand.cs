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
            await MaskedSettings.WriteAsync(options, output).ConfigureAwait(false);
        }

        foreach (var warning in options.Warnings)
        {
            await output.WriteLineAsync("warning: " + warning).ConfigureAwait(false);
        }

        return await entryPoints.CheckAsync(options, logs, isQuiet ? TextWriter.Null : output, signals.First).ConfigureAwait(false);
    }
}
