using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Penstock.Debezium.Events;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;
using Tuple = Penstock.Debezium.Events.Tuple;

namespace Penstock.Debezium.Snapshots;

/// <summary>
/// The rows of a chunk while they wait for the row that closes their window. Changes that the stream tells of meanwhile take their rows out: the chunk may show what was before them.
/// </summary>
/// <remarks>
/// <para>The window is open from the moment the chunk is read, not from the row that marks it in the stream: what is decoded after the reading may have been committed before it and
/// still be newer than what the query saw.</para>
/// <para>Rows are told apart by the replica identity, as text of the columns: stream and chunk are written by the same output functions. A table without a key knows its rows by
/// their whole content only; there a change takes out one equal row, and only if the query has not seen the change.</para>
/// </remarks>
internal sealed class ChunkWindow
{
    private readonly Tuple _tuple = new();
    private readonly Dictionary<byte[], int> _first = new(IdentityComparer.Instance);
    private RelationPlan? _indexedFor;
    private string[] _columns = [];
    private int[] _streamColumns = [];
    private int[] _next = [];
    private bool[] _removed = [];
    private byte[] _identity = new byte[256];
    private int _length;

    /// <summary>What the chunk source fills.</summary>
    public ChunkRows Rows { get; } = new();

    /// <summary>The stream has told of the table in a form that does not fit the rows: they have to be read again.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Rows that are left.</summary>
    public int Count { get; private set; }

    /// <summary>Whether changes of a table concern the window.</summary>
    public bool Watches(uint oid) => Count > 0 && Rows.Oid == oid;

    /// <summary>To be called when the rows are there.</summary>
    public void Open()
    {
        Count = Rows.Count;
        if (_removed.Length < Count)
        {
            _removed = new bool[Count];
        }

        Array.Clear(_removed);
    }

    public bool Holds(int row) => !_removed[row];

    public void Clear()
    {
        Rows.Clear();
        _first.Clear();
        _indexedFor = null;
        IsStale = false;
        Count = 0;
    }

    /// <summary>A row was inserted.</summary>
    public void Inserted(RelationPlan plan, ReadOnlySpan<byte> message, Tuple row)
    {
        if (Index(plan) && Rows.Identity.Count > 0)
        {
            Remove(message, row, null);
        }
    }

    /// <summary>A row was updated or deleted.</summary>
    /// <param name="plan">Its table.</param>
    /// <param name="transaction">The change's transaction.</param>
    /// <param name="message">The change.</param>
    /// <param name="old">What was before; null where the stream does not say because the identity stayed.</param>
    /// <param name="now">What is after; null for a delete.</param>
    public void Changed(RelationPlan plan, uint transaction, ReadOnlySpan<byte> message, Tuple? old, Tuple? now)
    {
        if (!Index(plan))
        {
            return;
        }

        if (Rows.Identity.Count == 0)
        {
            if (old is not null && !Rows.Visibility!.Shows(transaction))
            {
                Remove(message, old, null);
            }

            return;
        }

        if (old is not null)
        {
            Remove(message, old, null);
        }

        if (now is not null)
        {
            Remove(message, now, old);
        }
    }

    /// <summary>The table was emptied.</summary>
    public void Truncated(uint transaction)
    {
        if (!Rows.Visibility!.Shows(transaction))
        {
            Array.Fill(_removed, true);
            Count = 0;
        }
    }

    /// <summary>Makes the rows findable by the columns that a change of this relation has. Only a window that meets a change pays for it.</summary>
    private bool Index(RelationPlan plan)
    {
        if (IsStale || ReferenceEquals(plan, _indexedFor))
        {
            return !IsStale;
        }

        var reader = new PgOutputReader(Rows.Relation.AsSpan(1));
        var relation = reader.ReadRelation();
        // The stream leaves generated columns out.
        string[] columns = Rows.Identity.Count > 0
            ? [.. Rows.Identity]
            : [.. relation.Columns.Select(c => c.Name).Where(name => Array.Exists(plan.Relation.Columns, c => c.Name == name))];
        int[] rowColumns = Places(columns, relation.Columns);
        int[] streamColumns = Places(columns, plan.Relation.Columns);
        IsStale = rowColumns.Contains(-1) || streamColumns.Contains(-1) || (_indexedFor is not null && !columns.SequenceEqual(_columns));
        if (IsStale)
        {
            return false;
        }

        _streamColumns = streamColumns;
        if (_indexedFor is null)
        {
            IndexRows(relation, rowColumns);
        }

        _columns = columns;
        _indexedFor = plan;
        return true;
    }

    private void IndexRows(Relation relation, int[] columns)
    {
        if (_next.Length < Rows.Count)
        {
            _next = new int[Rows.Count];
        }

        for (int row = Rows.Count - 1; row >= 0; row--)
        {
            var message = Rows.Row(row);
            _tuple.Read(message, 6, relation.Columns.Length);
            SetIdentity(message, _tuple, null, columns);
            byte[] identity = _identity.AsSpan(0, _length).ToArray();
            _next[row] = _first.GetValueOrDefault(identity, -1);
            _first[identity] = row;
        }
    }

    // Takes out one row: with an identity there is no second one, without there may be equal ones that did not change.
    private void Remove(ReadOnlySpan<byte> message, Tuple tuple, Tuple? old)
    {
        SetIdentity(message, tuple, old, _streamColumns);
        if (!_first.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(_identity.AsSpan(0, _length), out int row))
        {
            return;
        }

        while (row >= 0 && _removed[row])
        {
            row = _next[row];
        }

        if (row >= 0)
        {
            _removed[row] = true;
            Count--;
        }
    }

    private void SetIdentity(ReadOnlySpan<byte> message, Tuple tuple, Tuple? old, int[] columns)
    {
        _length = 0;
        foreach (int column in columns)
        {
            // A key that is stored out of line stands in the old row.
            var from = tuple.Length(column) == Tuple.Unchanged && old is not null ? old : tuple;
            int length = Math.Max(from.Length(column), Tuple.Null);
            int needed = _length + 4 + Math.Max(length, 0);
            if (needed > _identity.Length)
            {
                Array.Resize(ref _identity, Math.Max(needed, 2 * _identity.Length));
            }

            BinaryPrimitives.WriteInt32LittleEndian(_identity.AsSpan(_length), length);
            if (length > 0)
            {
                from.Value(message, column).CopyTo(_identity.AsSpan(_length + 4));
            }

            _length = needed;
        }
    }

    private static int[] Places(string[] names, RelationColumn[] columns) => [.. names.Select(name => Array.FindIndex(columns, column => column.Name == name))];

    /// <summary>Compares identities by their bytes, without an array for each change.</summary>
    private sealed class IdentityComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly IdentityComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
