using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Columns;

/// <summary>
/// The salted hash of a text in hexadecimal, cut to the column's length (captures 17d, 17e). The older form hashes the text as Java serialises a String object, <c>v2</c> its UTF-8 bytes.
/// </summary>
internal sealed class HashedEncoder : ChangedEncoder
{
    // The longest digest there is, SHA-512's.
    private const int MaxHashBytes = 64;

    private readonly IncrementalHash _hash;
    private readonly byte[] _salt;
    private readonly byte[] _placeholder;
    private readonly bool _serialized;
    private readonly int _length;

    /// <param name="column">Encoder of the column's type.</param>
    /// <param name="placeholder">Text of an unchanged TOASTed value, which is hashed like any other.</param>
    /// <param name="algorithm">Of the hash.</param>
    /// <param name="salt">Hashed before each value.</param>
    /// <param name="serialized">The older form.</param>
    /// <param name="length">The column's length in characters.</param>
    public HashedEncoder(ValueEncoder column, string placeholder, HashAlgorithmName algorithm, string salt, bool serialized, int length)
        : base(column)
    {
        _hash = IncrementalHash.CreateHash(algorithm);
        _salt = Encoding.UTF8.GetBytes(salt);
        _placeholder = Encoding.UTF8.GetBytes(placeholder);
        _serialized = serialized;
        _length = length;
    }

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        _hash.AppendData(_salt);
        if (_serialized)
        {
            AppendSerialized(text);
        }
        else
        {
            _hash.AppendData(text);
        }

        Span<byte> digest = stackalloc byte[MaxHashBytes];
        int bytes = _hash.GetHashAndReset(digest);
        Span<byte> digits = stackalloc byte[MaxHashBytes * 2];
        Convert.TryToHexStringLower(digest[..bytes], digits, out int written);
        output.WriteByte((byte)'"');
        output.Write(digits[..Math.Min(written, _length)]);
        output.WriteByte((byte)'"');
    }

    public override void WriteUnavailable(SlabWriter output) => Write(_placeholder, output);

    public override void WriteZero(SlabWriter output) => Write(default, output);

    public override byte[]? ChangeDefault(byte[]? json)
    {
        byte[]? text = json is null ? null : Encoding.UTF8.GetBytes(JsonSerializer.Deserialize<string>(json)!);
        return text is null ? null : JsonFragment.From(output => Write(text, output));
    }

    // Java Object Serialization, "Grammar for the Stream Format": magic, version, then TC_STRING with a 16-bit length or TC_LONGSTRING with a 64-bit one, in modified UTF-8, which writes
    // a character outside of the BMP as two surrogates of three bytes each.
    private void AppendSerialized(ReadOnlySpan<byte> text)
    {
        long length = text.Length;
        foreach (byte b in text)
        {
            length += b >= 0xF0 ? 2 : 0;
        }

        Span<byte> head = stackalloc byte[13] { 0xAC, 0xED, 0, 5, 0x74, 0, 0, 0, 0, 0, 0, 0, 0 };
        if (length <= ushort.MaxValue)
        {
            BinaryPrimitives.WriteUInt16BigEndian(head[5..], (ushort)length);
            _hash.AppendData(head[..7]);
        }
        else
        {
            head[4] = 0x7C;
            BinaryPrimitives.WriteInt64BigEndian(head[5..], length);
            _hash.AppendData(head);
        }

        Span<byte> pair = stackalloc byte[6];
        while (text.IndexOfAnyInRange((byte)0xF0, (byte)0xF4) is >= 0 and var at)
        {
            _hash.AppendData(text[..at]);
            Rune.DecodeFromUtf8(text[at..], out var rune, out int consumed);
            int above = rune.Value - 0x10000;
            WriteSurrogate(pair, 0xD800 + (above >> 10));
            WriteSurrogate(pair[3..], 0xDC00 + (above & 0x3FF));
            _hash.AppendData(pair);
            text = text[(at + consumed)..];
        }

        _hash.AppendData(text);
    }

    private static void WriteSurrogate(Span<byte> bytes, int unit)
    {
        bytes[0] = (byte)(0xE0 | (unit >> 12));
        bytes[1] = (byte)(0x80 | ((unit >> 6) & 0x3F));
        bytes[2] = (byte)(0x80 | (unit & 0x3F));
    }
}
