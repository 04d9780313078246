namespace Penstock.Servers;

/// <summary>The lines two threads read from a process's outputs.</summary>
internal sealed class ProcessOutput
{
    private readonly Lock _gate = new();
    private readonly List<(string Text, bool IsError)> _lines = [];
    private int _ended;

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines.Select(line => line.Text)];
            }
        }
    }

    public IReadOnlyList<string> ErrorLines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines.Where(line => line.IsError).Select(line => line.Text)];
            }
        }
    }

    /// <summary>True when both outputs were read to their ends.</summary>
    public bool Ended => Volatile.Read(ref _ended) == 2;

    /// <summary>A line, or null at the end of one output.</summary>
    public void Add(string? line, bool isError)
    {
        if (line is null)
        {
            Interlocked.Increment(ref _ended);
            return;
        }
        lock (_gate)
        {
            _lines.Add((line, isError));
        }
    }
}
