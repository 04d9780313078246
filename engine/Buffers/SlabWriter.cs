using System.Buffers;
using System.Runtime.CompilerServices;

namespace Penstock.Engine.Buffers;

/// <summary>
/// Writes one record after another into slabs. A record never straddles two slabs: when a slab is full in the middle of a record, the
/// record's bytes so far move to the next slab and the writer goes on there, so encoders need not know about room.
/// </summary>
/// <remarks>
/// The writer owns the current slab until <see cref="Detach"/>. Protocol: <see cref="BeginRecord"/>, any writes, then read
/// <see cref="Position"/>; offsets that belong to the current record are relative to <see cref="RecordStart"/>, because an overflow moves the record to
/// the front of another slab. <see cref="OnOverflow"/> is told before that happens and takes over the full slab with all finished records.
/// Not thread-safe.
/// </remarks>
public sealed class SlabWriter : IBufferWriter<byte>
{
    private readonly SlabPool _pool;
    private readonly string _holder;
    private Slab? _slab;
    private byte[] _bytes = [];
    private int _position;

    public SlabWriter(SlabPool pool, string holder)
    {
        _pool = pool;
        _holder = holder;
    }

    /// <summary>Receives a full slab (its finished records end at <see cref="RecordStart"/>) and becomes its owner.</summary>
    public Action<Slab>? OnOverflow { get; set; }

    /// <summary>The slab being written, or null before the first write and after <see cref="Detach"/>.</summary>
    public Slab? Slab => _slab;

    /// <summary>Where the next byte goes.</summary>
    public int Position => _position;

    /// <summary>Where the current record begins.</summary>
    public int RecordStart { get; private set; }

    /// <summary>Bytes of the current record so far.</summary>
    public int RecordBytes => _position - RecordStart;

    /// <summary>Bytes of the current record that are written already; valid until the next write.</summary>
    public Span<byte> Written(int offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)(uint)offset + (uint)count, RecordBytes);
        return _bytes.AsSpan(RecordStart + offset, count);
    }

    /// <summary>Rents the first slab if there is none. May wait for one.</summary>
    public void BeginRecord()
    {
        if (_slab is null)
        {
            Attach(_pool.Rent(_holder));
        }

        RecordStart = _position;
    }

    /// <summary>Takes back the last bytes of the current record.</summary>
    public void Retreat(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)RecordBytes);
        _position -= count;
    }

    /// <summary>Forgets the bytes of the current record.</summary>
    public void AbandonRecord() => _position = RecordStart;

    /// <summary>Hands the current slab to the caller, who owns it from now on; the next <see cref="BeginRecord"/> rents another one.</summary>
    public Slab? Detach()
    {
        var slab = _slab;
        _slab = null;
        _bytes = [];
        _position = RecordStart = 0;
        return slab;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteByte(byte value)
    {
        if (_position >= _bytes.Length)
        {
            Overflow(1);
        }

        _bytes[_position++] = value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ReadOnlySpan<byte> value)
    {
        if (_bytes.Length - _position < value.Length)
        {
            Overflow(value.Length);
        }

        value.CopyTo(_bytes.AsSpan(_position));
        _position += value.Length;
    }

    /// <summary>At least <paramref name="sizeHint"/> writable bytes at the current position; claim them with <see cref="Advance"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> GetSpan(int sizeHint = 1)
    {
        if (_bytes.Length - _position < sizeHint)
        {
            Overflow(sizeHint);
        }

        return _bytes.AsSpan(_position);
    }

    /// <inheritdoc cref="GetSpan"/>
    public Memory<byte> GetMemory(int sizeHint = 1)
    {
        if (_bytes.Length - _position < sizeHint)
        {
            Overflow(sizeHint);
        }

        return _bytes.AsMemory(_position);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - _position));
        _position += count;
    }

    private void Attach(Slab slab)
    {
        _slab = slab;
        _bytes = slab.Bytes;
        _position = RecordStart = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Overflow(int neededBytes)
    {
        var full = _slab ?? throw new InvalidOperationException("write outside of a record: call BeginRecord first");
        int recordBytes = RecordBytes;
        // Doubling keeps the copying of one huge record linear; an ordinary record moves once, to a pooled slab.
        long wanted = (long)recordBytes + neededBytes;
        if (wanted > _pool.SlabBytes)
        {
            wanted = Math.Max(wanted, Math.Min(2L * full.CapacityBytes, Array.MaxLength));
        }

        if (wanted > Array.MaxLength)
        {
            throw new RecordTooLargeException(wanted);
        }

        if (RecordStart == 0)
        {
            // Nothing but this record is in the slab: replace it. An oversized slab is exchanged for a larger one, so copy out before renting again.
            Grow(full, recordBytes, (int)wanted);
            return;
        }

        // The full slab goes on with its finished records first; its bytes stay valid for this copy because we are still inside the owner's call.
        byte[] moved = ArrayPool<byte>.Shared.Rent(Math.Max(recordBytes, 1));
        full.Bytes.AsSpan(RecordStart, recordBytes).CopyTo(moved);
        _slab = null;
        (OnOverflow ?? throw new InvalidOperationException("no overflow handler"))(full);
        Attach(_pool.Rent(_holder, (int)wanted));
        moved.AsSpan(0, recordBytes).CopyTo(_bytes);
        _position = recordBytes;
        ArrayPool<byte>.Shared.Return(moved);
    }

    private void Grow(Slab full, int recordBytes, int wantedBytes)
    {
        byte[] moved = ArrayPool<byte>.Shared.Rent(Math.Max(recordBytes, 1));
        full.Bytes.AsSpan(0, recordBytes).CopyTo(moved);
        _slab = null;
        full.Return();
        Attach(_pool.Rent(_holder, wantedBytes));
        moved.AsSpan(0, recordBytes).CopyTo(_bytes);
        _position = recordBytes;
        ArrayPool<byte>.Shared.Return(moved);
    }
}
