namespace Penstock.Postgres.Snapshot;

/// <summary>
/// The rows of one chunk of an incremental snapshot: a Relation message and an Insert message for each row, as a snapshot's batches have them. Reused for every chunk; one thread.
/// </summary>
public sealed class ChunkRows
{
    // Beside its bytes, a row costs places in lists and an entry of the dictionary by which the stream finds it.
    private const int RowCostBytes = 160;

    private byte[] _bytes = new byte[16 * 1024];
    private int[] _ends = new int[256];

    /// <summary>OID of the table.</summary>
    public uint Oid { get; private set; }

    /// <summary>The Relation message of the rows.</summary>
    public byte[] Relation { get; private set; } = [];

    /// <summary>Columns that tell one row from all others in the stream's updates and deletes; empty where only the whole row does.</summary>
    public IReadOnlyList<string> Identity { get; private set; } = [];

    /// <summary>What the chunk's query has seen.</summary>
    public TransactionVisibility? Visibility { get; private set; }

    /// <summary>Key of the last row read, in the order of the key's columns; null entries are NULLs.</summary>
    public string?[] LastKey { get; set; } = [];

    public int Count { get; private set; }

    /// <summary>What the rows hold in memory.</summary>
    public long Bytes => Count == 0 ? 0 : _ends[Count - 1] + ((long)Count * RowCostBytes);

    /// <summary>The Insert message of a row.</summary>
    public ReadOnlySpan<byte> Row(int row)
    {
        int start = row == 0 ? 0 : _ends[row - 1];
        return _bytes.AsSpan(start, _ends[row] - start);
    }

    /// <summary>Begins a chunk.</summary>
    public void Begin(uint oid, byte[] relation, IReadOnlyList<string> identity, TransactionVisibility visibility)
    {
        Clear();
        Oid = oid;
        Relation = relation;
        Identity = identity;
        Visibility = visibility;
    }

    public void Add(ReadOnlySpan<byte> insert)
    {
        int start = Count == 0 ? 0 : _ends[Count - 1];
        if (start + (long)insert.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(start + (long)insert.Length, Math.Min(2L * _bytes.Length, ChunkReader.MaxChunkBytes)), Array.MaxLength));
        }

        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * _ends.Length);
        }

        insert.CopyTo(_bytes.AsSpan(start));
        _ends[Count++] = start + insert.Length;
    }

    public void Clear()
    {
        Count = 0;
        Oid = 0;
        Relation = [];
        Identity = [];
        Visibility = null;
        LastKey = [];
        if (_bytes.Length > ChunkReader.MaxChunkBytes)
        {
            // A single huge row has blown it up.
            _bytes = new byte[16 * 1024];
        }
    }
}
