namespace Penstock.Engine.Operations;

/// <summary>
/// Lines on their way to a stream that may stand still: a pipe whose reader sleeps. A thread of its own writes them. Who adds a line waits until it is written, so that an end of the process loses none;
/// but once the stream has stood still for <see cref="PatienceMs"/> nobody waits any more: lines are kept up to a bound, and behind that dropped and counted, until the stream moves again.
/// </summary>
internal sealed class LogQueue : IDisposable
{
    /// <summary>How long a line is waited for while the stream moves; also how long <see cref="Dispose"/> waits for what is left.</summary>
    public const int PatienceMs = 1000;

    /// <summary>Bytes of lines that are kept for a stream that stands still.</summary>
    public const int MostBytes = 1 << 20;

    private readonly Stream _output;
    private readonly Func<long, byte[]> _loss;
    private readonly object _gate = new();
    private readonly Queue<byte[]> _lines = new();
    private readonly Thread _thread;
    private long _bytes;
    private long _added;
    private long _passed;
    private long _dropped;
    private long _lost;
    private bool _stands;
    private bool _ended;

    /// <param name="output">Where lines go; not closed.</param>
    /// <param name="loss">The line that tells how many lines before it were dropped.</param>
    public LogQueue(Stream output, Func<long, byte[]> loss)
    {
        _output = output;
        _loss = loss;
        _thread = new Thread(Write) { Name = "log", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Lines that were not written: dropped, or refused by the stream.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Adds a line. Any thread; returns within <see cref="PatienceMs"/>.</summary>
    public void Add(byte[] line)
    {
        lock (_gate)
        {
            if (_ended || _bytes + line.Length > MostBytes)
            {
                _dropped++;
                Interlocked.Increment(ref _lost);
                return;
            }

            SayLoss();
            Enqueue(line);
            long ticket = _added;
            long until = Environment.TickCount64 + PatienceMs;
            while (_passed < ticket && !_stands)
            {
                int leftMs = (int)(until - Environment.TickCount64);
                if (leftMs <= 0 || !Monitor.Wait(_gate, leftMs))
                {
                    _stands = _passed < ticket;
                    break;
                }
            }
        }
    }

    /// <summary>Takes no more lines; what is there is written if that takes no longer than <see cref="PatienceMs"/>.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join(PatienceMs);
    }

    private void Enqueue(byte[] line)
    {
        _lines.Enqueue(line);
        _bytes += line.Length;
        _added++;
        Monitor.PulseAll(_gate);
    }

    /// <summary>In the place of the lines that are missing.</summary>
    private void SayLoss()
    {
        if (_dropped > 0)
        {
            Enqueue(_loss(_dropped));
            _dropped = 0;
        }
    }

    private void Write()
    {
        while (Next() is { } line)
        {
            bool isWritten = TryWrite(line);
            lock (_gate)
            {
                Interlocked.Add(ref _lost, isWritten ? 0 : 1);
                _bytes -= line.Length;
                _passed++;
                if (_lines.Count == 0)
                {
                    _stands = false;
                    SayLoss();
                }

                Monitor.PulseAll(_gate);
            }
        }
    }

    private byte[]? Next()
    {
        lock (_gate)
        {
            while (_lines.Count == 0 && !_ended)
            {
                Monitor.Wait(_gate);
            }

            return _lines.TryDequeue(out byte[]? line) ? line : null;
        }
    }

    private bool TryWrite(byte[] line)
    {
        try
        {
            _output.Write(line);
            _output.Flush();
            return true;
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            return false;
        }
    }
}
