using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Penstock.Postgres.Apply;

/// <summary>
/// Leaves of the changes of one transaction the last one for each key: what lies between cannot be seen from outside. A row without some columns takes them from the change
/// before it. Reused from batch to batch.
/// </summary>
internal sealed class Reduction
{
    private readonly List<Entry> _entries = [];
    private readonly HashSet<TargetTable> _truncated = [];
    private int[] _slots = new int[1024];

    /// <summary>What is left, in the order of the last changes; those with <see cref="Entry.IsGone"/> do not count.</summary>
    public Span<Entry> Entries => CollectionsMarshal.AsSpan(_entries);

    /// <summary>Tables to be emptied before anything else.</summary>
    public IReadOnlyCollection<TargetTable> Truncated => _truncated;

    /// <summary>Takes the changes of a transaction.</summary>
    public void Take(IReadOnlyList<ChangeBatch> batches)
    {
        _entries.Clear();
        _truncated.Clear();
        int most = 0;
        foreach (var batch in batches)
        {
            most += batch.Count;
        }

        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(1024, 2 * most));
        if (_slots.Length < size)
        {
            _slots = new int[size];
        }

        Array.Fill(_slots, -1);
        foreach (var batch in batches)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                Add(batch, i);
            }
        }
    }

    private void Add(ChangeBatch batch, int index)
    {
        ref var change = ref batch.Changes[index];
        if (change.Kind is ChangeKind.None or ChangeKind.Unreadable || change.Partition.IsLeftOut || change.Table is not { } table)
        {
            return;
        }

        if (change.Kind == ChangeKind.Truncate)
        {
            Truncate(table);
            return;
        }

        var entry = new Entry { Batch = batch, Index = index, Kind = change.Kind, IsPartial = change.IsPartial, RowOffset = change.RowOffset, RowLength = change.RowLength, Table = table };
        if (table.Key.Count > 0)
        {
            ref int slot = ref SlotOf(table, batch.Key(change));
            if (slot >= 0 && !Entries[slot].IsGone)
            {
                Supersede(ref Entries[slot], ref entry);
            }

            slot = _entries.Count;
        }

        _entries.Add(entry);
    }

    private static void Supersede(ref Entry earlier, ref Entry later)
    {
        if (later.Kind == ChangeKind.Delete)
        {
            earlier.IsGone = true;
            return;
        }

        if (!later.IsPartial)
        {
            // The row is written whole; only a row that was made in this transaction is surely not there yet.
            later.Kind = earlier.Kind == ChangeKind.Create ? ChangeKind.Create : ChangeKind.Write;
            earlier.IsGone = true;
            return;
        }

        if (earlier.Kind == ChangeKind.Delete)
        {
            // The missing columns are nowhere: both stay, and the apply finds that the row is missing.
            return;
        }

        (later.Own, later.IsPartial) = Merge(earlier, later);
        later.Kind = earlier.Kind;
        earlier.IsGone = true;
    }

    /// <summary>The later row with what it lacks taken from the earlier one. Allocates: a value too large for the log that comes twice in one transaction is rare.</summary>
    private static (byte[] Row, bool IsPartial) Merge(in Entry earlier, in Entry later)
    {
        var old = earlier.Row;
        var fresh = later.Row;
        byte[] output = new byte[old.Length + fresh.Length];
        int written = 0;
        bool isPartial = false;
        while (!fresh.IsEmpty)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(fresh);
            int oldLength = BinaryPrimitives.ReadInt32BigEndian(old);
            bool takesOld = length == RowFields.Absent;
            var field = takesOld ? old[..(sizeof(int) + Math.Max(0, oldLength))] : fresh[..(sizeof(int) + Math.Max(0, length))];
            // A column that neither event has is no column of the source: the row is as whole as it ever is.
            isPartial |= takesOld && oldLength == RowFields.Absent && earlier.IsPartial;
            field.CopyTo(output.AsSpan(written));
            written += field.Length;
            fresh = fresh[(sizeof(int) + Math.Max(0, length))..];
            old = old[(sizeof(int) + Math.Max(0, oldLength))..];
        }

        return (output[..written], isPartial);
    }

    private void Truncate(TargetTable table)
    {
        _truncated.Add(table);
        foreach (ref var entry in Entries)
        {
            entry.IsGone |= entry.Table == table;
        }
    }

    private ref int SlotOf(TargetTable table, ReadOnlySpan<byte> key)
    {
        int mask = _slots.Length - 1;
        int at = (int)Hash(table.Number, key) & mask;
        while (_slots[at] >= 0)
        {
            ref var entry = ref Entries[_slots[at]];
            if (entry.Table == table && entry.Batch.Key(entry.Batch.Changes[entry.Index]).SequenceEqual(key))
            {
                break;
            }

            at = (at + 1) & mask;
        }

        return ref _slots[at];
    }

    private static uint Hash(int table, ReadOnlySpan<byte> key)
    {
        ulong hash = ((ulong)(uint)table * 0x9E3779B97F4A7C15) ^ (ulong)key.Length;
        while (key.Length >= sizeof(ulong))
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key)) * 0xFF51AFD7ED558CCD;
            hash ^= hash >> 32;
            key = key[sizeof(ulong)..];
        }

        foreach (byte b in key)
        {
            hash = (hash ^ b) * 0x100000001B3;
        }

        hash ^= hash >> 29;
        return (uint)(hash ^ (hash >> 17));
    }

    /// <summary>A change that may be left.</summary>
    internal struct Entry
    {
        public ChangeBatch Batch;
        public int Index;
        public TargetTable Table;
        public ChangeKind Kind;
        public bool IsPartial;
        public bool IsGone;
        public int RowOffset;
        public int RowLength;

        /// <summary>A row put together of two; null for the batch's.</summary>
        public byte[]? Own;

        public readonly ReadOnlySpan<byte> Row => Own is not null ? Own : Batch.Slab!.Bytes.AsSpan(RowOffset, RowLength);
    }
}
