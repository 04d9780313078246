using System.Buffers.Binary;
using Penstock.Postgres.Wal;

namespace Penstock.Postgres.Snapshot;

/// <summary>One row under construction as a pgoutput Insert message. Grows to the largest row and forgets outliers.</summary>
internal sealed class RowBytes
{
    // A buffer that one huge row has blown up is dropped afterwards: such rows are rare and the memory belongs to the slabs.
    private const int KeptBytes = 1 << 20;

    private byte[] _bytes = new byte[4096];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeptBytes)
        {
            _bytes = new byte[4096];
        }
    }

    /// <summary>Room for <paramref name="count"/> more bytes, claimed at once.</summary>
    /// <exception cref="MalformedWalException">No array holds a row of that size.</exception>
    public Span<byte> Claim(int count)
    {
        long needed = (long)Length + count;
        if (needed > Array.MaxLength)
        {
            throw new MalformedWalException($"COPY gives a row of more than {Array.MaxLength} bytes");
        }

        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(needed, 2L * _bytes.Length), Array.MaxLength));
        }

        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public void WriteByte(byte value) => Claim(1)[0] = value;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Claim(2), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Claim(4), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Claim(4), value);
}
