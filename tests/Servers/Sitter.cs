using System.Diagnostics;

namespace Penstock.Servers;

/// <summary>
/// A small shell in a session of its own that waits for the end of this process and then runs a clean-up script: what a killed test, or a demo
/// ended with SIGKILL, started does not stay behind. It notices the end by its standard input, the pipe to this process, reaching its end
/// (.NET opens pipes close-on-exec, so no other child keeps it open). Disposing sends it away without the clean-up.
/// </summary>
internal sealed class Sitter : IDisposable
{
    private readonly Process _shell;

    /// <summary>Starts it. The script sees the arguments as $1, $2, ...</summary>
    public Sitter(string script, params string[] arguments)
    {
        ProcessStartInfo start = new("setsid")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        // The standard output and error of the shell are pipes nobody reads: a caller that reads this process's output to its end must not wait for the sitter.
        string whole = $"exec >/dev/null 2>&1; trap '' INT TERM HUP; if read -r word; then exit 0; fi\n{script}";
        foreach (string argument in new[] { "sh", "-c", whole, "sitter" }.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }
        _shell = Process.Start(start) ?? throw new ServerException("the shell that watches over a server did not start");
    }

    public void Dispose()
    {
        if (!_shell.HasExited)
        {
            _shell.StandardInput.WriteLine("done");
            _shell.StandardInput.Flush();
            _shell.WaitForExit(5_000);
        }
        _shell.Dispose();
    }
}
