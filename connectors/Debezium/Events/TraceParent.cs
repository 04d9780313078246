using System.Buffers;
using System.Buffers.Binary;

namespace Penstock.Debezium.Events;

/// <summary>
/// The header <c>traceparent</c> of W3C Trace Context (<c>traceparent.column</c>, <c>traceparent.message.prefix</c>): by it a consumer's spans belong to the trace in which the row was written. What is no traceparent
/// is no header.
/// </summary>
internal sealed class TraceParent
{
    /// <summary>Version 00: <c>00-</c> 32 digits <c>-</c> 16 digits <c>-</c> 2 digits.</summary>
    public const int ValueBytes = 55;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdef"u8);
    private static readonly byte[] Name = [.. "traceparent"u8];

    private readonly byte[] _entry = new byte[sizeof(int) + Name.Length + sizeof(int) + ValueBytes];

    public TraceParent()
    {
        BinaryPrimitives.WriteInt32BigEndian(_entry, Name.Length);
        Name.CopyTo(_entry, sizeof(int));
        BinaryPrimitives.WriteInt32BigEndian(_entry.AsSpan(sizeof(int) + Name.Length), ValueBytes);
    }

    /// <summary>There is one.</summary>
    public bool IsSet { get; private set; }

    /// <summary>The header as it stands in a record.</summary>
    public ReadOnlySpan<byte> Entry => _entry;

    /// <summary>Takes a text if it is a traceparent, else there is none.</summary>
    public void Set(ReadOnlySpan<byte> text)
    {
        IsSet = IsValid(text);
        if (IsSet)
        {
            text.CopyTo(_entry.AsSpan(_entry.Length - ValueBytes));
        }
    }

    public void Clear() => IsSet = false;

    /// <summary>By the specification: lower case hexadecimal digits, neither id all zeros. Other versions than 00 may be longer, and are not known.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> text)
    {
        if (text.Length != ValueBytes || !text.StartsWith("00-"u8) || text[35] != (byte)'-' || text[52] != (byte)'-')
        {
            return false;
        }

        var trace = text.Slice(3, 32);
        var parent = text.Slice(36, 16);
        return IsHex(trace) && IsHex(parent) && IsHex(text[53..]) && trace.ContainsAnyExcept((byte)'0') && parent.ContainsAnyExcept((byte)'0');
    }

    private static bool IsHex(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(HexDigits);
}
