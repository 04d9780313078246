using System.Text;

namespace Penstock.EngineTests.Operations;

/// <summary>A stream whose writes may stand still, as those into a pipe that is full.</summary>
internal sealed class PipeNobodyReads : MemoryStream
{
    private readonly ManualResetEventSlim _moves = new(true);
    private readonly Lock _gate = new();

    public string Text
    {
        get
        {
            lock (_gate)
            {
                return Encoding.UTF8.GetString(ToArray());
            }
        }
    }

    public void Stand() => _moves.Reset();

    public void Move() => _moves.Set();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _moves.Wait();
        lock (_gate)
        {
            base.Write(buffer);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _moves.Set();
        base.Dispose(disposing);
    }
}
