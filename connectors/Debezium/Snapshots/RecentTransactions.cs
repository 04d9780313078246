namespace Penstock.Debezium.Snapshots;

/// <summary>
/// The transactions that the stream told of last. One that waits for a synchronous standby is in the stream before queries see it: a chunk read in between would bring back what it has
/// replaced. No more sessions can wait than the server has connections, so the last few thousand are enough.
/// </summary>
internal sealed class RecentTransactions
{
    private const int Kept = 4096;

    private readonly uint[] _ids = new uint[Kept];
    private int _next;

    /// <summary>Those since the last <see cref="Clear"/>, at most the last 4,096.</summary>
    public IReadOnlyCollection<uint> Ids => new ArraySegment<uint>(_ids, 0, Math.Min(_next, Kept));

    public void Add(uint id)
    {
        _ids[_next & (Kept - 1)] = id;
        _next = _next == int.MaxValue ? Kept : _next + 1;
    }

    /// <summary>All of them are visible.</summary>
    public void Clear() => _next = 0;
}
