using System.Buffers.Text;

namespace Penstock.Debezium.Events;

/// <summary>A piece of JSON that is put together once and copied many times. Keeps its array, so that putting it together again allocates nothing.</summary>
internal sealed class JsonBuffer
{
    // Digits of the longest number, -9223372036854775808.
    private const int MaxDigits = 20;

    private byte[] _bytes = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public JsonBuffer Clear()
    {
        Length = 0;
        return this;
    }

    public JsonBuffer Add(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_bytes.AsSpan(Length));
        Length += text.Length;
        return this;
    }

    public JsonBuffer Add(long number)
    {
        Reserve(MaxDigits);
        Utf8Formatter.TryFormat(number, _bytes.AsSpan(Length), out int written);
        Length += written;
        return this;
    }

    public JsonBuffer Add(ulong number)
    {
        Reserve(MaxDigits);
        Utf8Formatter.TryFormat(number, _bytes.AsSpan(Length), out int written);
        Length += written;
        return this;
    }

    private void Reserve(int bytes)
    {
        if (_bytes.Length - Length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes));
        }
    }
}
