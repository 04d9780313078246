using System.Diagnostics;
using System.Text;

namespace Penstock.Servers;

/// <summary>Runs a short command to its end.</summary>
public static class Command
{
    /// <summary>
    /// Runs the command without standard input and returns its standard output. A non-zero exit or a timeout (the command is then killed
    /// with its children) throws <see cref="ServerException"/> with the last 2,000 characters of what it printed.
    /// </summary>
    public static async Task<string> RunAsync(
        IReadOnlyList<string> command, TimeSpan timeout, IReadOnlyDictionary<string, string>? environment = null, CancellationToken cancellationToken = default)
    {
        ProcessStartInfo start = new(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (string argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        using Process process = new() { StartInfo = start };
        StringBuilder output = new();
        StringBuilder errors = new();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(errors, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new ServerException($"'{string.Join(' ', command)}' did not end within {timeout.TotalSeconds:0} s: {Tail(output, errors)}");
        }
        return process.ExitCode == 0
            ? output.ToString()
            : throw new ServerException($"'{string.Join(' ', command)}' ended with {process.ExitCode}: {Tail(output, errors)}");
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            lock (text)
            {
                text.Append(line).Append('\n');
            }
        }
    }

    private static string Tail(StringBuilder output, StringBuilder errors)
    {
        string all;
        lock (output)
        {
            lock (errors)
            {
                all = output.ToString() + errors;
            }
        }
        return all.Length > 2_000 ? all[^2_000..] : all;
    }
}
