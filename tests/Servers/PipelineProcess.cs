using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Penstock.Servers;

/// <summary>
/// A running <c>postgres-to-kafka</c> or <c>kafka-to-postgres</c> in a session of its own (a terminal's Ctrl-C does not reach it) with a clean environment: PATH, HOME, TMPDIR, DOTNET_* and
/// what is given. Both outputs are kept as lines. Disposing kills it; a <see cref="Sitter"/> does so if this process is killed.
/// </summary>
public sealed class PipelineProcess : IAsyncDisposable
{
    private static readonly TimeSpan FigureInterval = TimeSpan.FromMilliseconds(100);

    private readonly Process _process;
    private readonly string _program;
    private readonly Sitter _sitter;
    private readonly ProcessOutput _output = new();
    private readonly Timer _figures;
    private long _peakMemoryBytes;
    private long _cpuTicks;

    private PipelineProcess(Process process, string program)
    {
        _process = process;
        _program = Path.GetFileName(program);
        _process.OutputDataReceived += (_, line) => _output.Add(line.Data, isError: false);
        _process.ErrorDataReceived += (_, line) => _output.Add(line.Data, isError: true);
        _process.Start();
        Id = _process.Id;
        _sitter = new Sitter("kill -KILL \"$1\"", Id.ToString(CultureInfo.InvariantCulture));
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        // /proc forgets a process that ended, so its figures are taken while it runs.
        _figures = new Timer(_ => TakeFigures(), null, FigureInterval, FigureInterval);
    }

    public int Id { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>The exit code, 128 + N after signal N; throws while it runs.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>All lines so far of standard output and standard error, in the order they came.</summary>
    public IReadOnlyList<string> Lines => _output.Lines;

    /// <summary>The lines of standard error so far.</summary>
    public IReadOnlyList<string> ErrorLines => _output.ErrorLines;

    /// <summary>Peak resident memory (VmHWM) as last looked at, at most 0.1 s old.</summary>
    public long PeakMemoryBytes
    {
        get
        {
            TakeFigures();
            return Interlocked.Read(ref _peakMemoryBytes);
        }
    }

    /// <summary>User and system time as last looked at, at most 0.1 s old.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            TakeFigures();
            return new TimeSpan(Interlocked.Read(ref _cpuTicks));
        }
    }

    /// <summary>Starts it.</summary>
    /// <param name="environment">The settings; these win over the names passed through.</param>
    /// <param name="arguments">The command line, <c>run</c> if left out.</param>
    public static PipelineProcess Start(IReadOnlyDictionary<string, string> environment, params IReadOnlyList<string> arguments) =>
        Start(Repository.PostgresToKafka(), environment, arguments);

    /// <summary>Starts another build of it.</summary>
    public static PipelineProcess Start(string program, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> arguments)
    {
        // setsid replaces itself with the program, so the process id is the program's own.
        ProcessStartInfo start = new("setsid")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (string argument in arguments.Count == 0 ? ["run"] : arguments)
        {
            start.ArgumentList.Add(argument);
        }
        start.ArgumentList.Insert(0, program);
        foreach (string name in start.Environment.Keys.ToList())
        {
            if (name is not ("PATH" or "HOME" or "TMPDIR") && !name.StartsWith("DOTNET_", StringComparison.Ordinal))
            {
                start.Environment.Remove(name);
            }
        }
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }
        return new PipelineProcess(new Process { StartInfo = start }, program);
    }

    /// <summary>Sends a signal; false if it has ended.</summary>
    public bool TrySignal(Signal signal) => !_process.HasExited && Signals.TrySend(Id, signal);

    /// <summary>
    /// The first line that matches, of those already there and those to come. <see cref="ServerException"/> with the last lines if none came in the time,
    /// or the process ended without one.
    /// </summary>
    public async Task<Match> WaitForLineAsync(string pattern, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        Regex regex = new(pattern, RegexOptions.None, TimeSpan.FromSeconds(1));
        long start = Stopwatch.GetTimestamp();
        int next = 0;
        while (true)
        {
            // Asked before looking: a line written before the end is then not missed.
            bool ended = _process.HasExited && _output.Ended;
            for (IReadOnlyList<string> lines = Lines; next < lines.Count; next++)
            {
                if (regex.Match(lines[next]) is { Success: true } match)
                {
                    return match;
                }
            }
            if (ended || Stopwatch.GetElapsedTime(start) > limit)
            {
                string what = ended ? $"ended with {ExitCode.ToString(CultureInfo.InvariantCulture)}" : string.Create(CultureInfo.InvariantCulture, $"runs for {limit.TotalSeconds:0} s");
                throw new ServerException($"{_program} {what} without a line like '{pattern}':\n{LastLines()}");
            }
            await Task.Delay(20, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for its end and the end of its output. <see cref="ServerException"/> with the last lines if it still runs after the time.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan limit)
    {
        using CancellationTokenSource timeout = new(limit);
        try
        {
            await _process.WaitForExitAsync(timeout.Token).ConfigureAwait(false);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new ServerException(string.Create(CultureInfo.InvariantCulture, $"{_program} still runs after {limit.TotalSeconds:0} s:\n{LastLines()}"));
        }
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public Task<int> StopAsync(TimeSpan limit)
    {
        TrySignal(Signal.Terminate);
        return WaitForExitAsync(limit);
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public Task<int> KillAsync()
    {
        TrySignal(Signal.Kill);
        return WaitForExitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>The last lines, for a failure's message.</summary>
    public string LastLines(int count = 30) => string.Join('\n', Lines.TakeLast(count));

    public async ValueTask DisposeAsync()
    {
        await KillAsync().ConfigureAwait(false);
        await _figures.DisposeAsync().ConfigureAwait(false);
        _sitter.Dispose();
        _process.Dispose();
    }

    private void TakeFigures()
    {
        if (ProcessFigures.PeakMemoryBytes(Id) is { } peak)
        {
            Interlocked.Exchange(ref _peakMemoryBytes, peak);
        }
        if (ProcessFigures.CpuTime(Id) is { } cpu)
        {
            Interlocked.Exchange(ref _cpuTicks, cpu.Ticks);
        }
    }
}
