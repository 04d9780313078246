using Penstock.Engine.Buffers;

namespace Penstock.Postgres.Apply;

/// <summary>What a change does to its table.</summary>
public enum ChangeKind : byte
{
    /// <summary>Nothing: its place in the topic counts, no more.</summary>
    None,

    /// <summary>A row that was made: no row of its key is expected.</summary>
    Create,

    /// <summary>A row as it is from now on.</summary>
    Write,
    Delete,
    Truncate,

    /// <summary>The record could not be read; <see cref="ChangeBatch.ReasonOf"/> says why.</summary>
    Unreadable,
}

/// <summary>One change for the target; its bytes are ranges of the batch's slab.</summary>
public struct Change
{
    /// <summary>Null for changes of no table.</summary>
    public TargetTable? Table;

    public ChangeKind Kind;

    /// <summary>
    /// The row: for each column of the table a length (int32, -1 for NULL, <see cref="RowFields.Absent"/> for a column that the event does not tell) and the bytes
    /// in the column's <see cref="BinaryForm"/>. Of a delete only the key's columns are told.
    /// </summary>
    public int RowOffset;
    public int RowLength;

    /// <summary>The key's fields, as in the row.</summary>
    public int KeyOffset;
    public int KeyLength;

    /// <summary>A column is absent.</summary>
    public bool IsPartial;

    /// <summary>Where it came from.</summary>
    public PartitionPosition Partition;

    public long Offset;

    /// <summary>The record's index in the batch that was consumed.</summary>
    public int Record;
}

/// <summary>The form of <see cref="Change"/>'s rows.</summary>
public static class RowFields
{
    /// <summary>Stands for a length: the column keeps what it has.</summary>
    public const int Absent = -2;
}

/// <summary>Changes in one slab, in the order of their records. The block that holds the batch owns it.</summary>
public sealed class ChangeBatch
{
    private Change[] _changes = new Change[256];
    private Dictionary<int, string>? _reasons;

    public Slab? Slab { get; set; }

    public int Count { get; private set; }

    public int Bytes { get; private set; }

    public Span<Change> Changes => _changes.AsSpan(0, Count);

    /// <summary>How far its partitions are behind it.</summary>
    public List<PartitionEnd> Ends { get; } = [];

    /// <summary>The consumed records that the changes were made from, for what must be put aside as it came.</summary>
    public object? Source { get; set; }

    public ReadOnlySpan<byte> Row(in Change change) => Slab!.Bytes.AsSpan(change.RowOffset, change.RowLength);

    public ReadOnlySpan<byte> Key(in Change change) => Slab!.Bytes.AsSpan(change.KeyOffset, change.KeyLength);

    public ref Change Add()
    {
        if (Count == _changes.Length)
        {
            Array.Resize(ref _changes, _changes.Length * 2);
        }

        ref var change = ref _changes[Count++];
        change = default;
        return ref change;
    }

    /// <summary>Notes why a record could not be read.</summary>
    public void Refuse(int index, string reason)
    {
        _changes[index].Kind = ChangeKind.Unreadable;
        (_reasons ??= [])[index] = reason;
    }

    /// <summary>Some record could not be read.</summary>
    public bool HasUnreadable => _reasons is { Count: > 0 };

    public string ReasonOf(int index) => _reasons?.GetValueOrDefault(index) ?? "";

    /// <summary>Free bytes of at least this size behind what is written.</summary>
    public Span<byte> Free(int bytes)
    {
        if (Bytes + bytes > Slab!.CapacityBytes)
        {
            Slab = Slab.Enlarge(Math.Max(Bytes + bytes, (int)Math.Min(int.MaxValue / 2, 2L * Slab.CapacityBytes)), Bytes);
        }

        return Slab.Bytes.AsSpan(Bytes);
    }

    public void Advance(int bytes) => Bytes += bytes;

    /// <summary>Forgets what was written from there on.</summary>
    public void Rewind(int bytes) => Bytes = bytes;

    public Span<byte> Written(int from, int bytes) => Slab!.Bytes.AsSpan(from, bytes);

    public void ReturnSlab()
    {
        var slab = Slab;
        Slab = null;
        slab?.Return();
    }

    public void Reset()
    {
        _changes.AsSpan(0, Count).Clear();
        Slab = null;
        Source = null;
        Ends.Clear();
        _reasons = null;
        Count = 0;
        Bytes = 0;
    }

    /// <summary>Dataflow puts a failing message's text into the exception: counts only, never row data.</summary>
    public override string ToString() => $"batch of {Count} changes";
}
