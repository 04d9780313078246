using System.Buffers.Binary;
using System.Text.Json;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Transforms;

/// <summary>Writes one header as SimpleHeaderConverter does: text as it is, everything else as its JSON.</summary>
internal static class HeaderText
{
    /// <param name="name">UTF-8.</param>
    /// <param name="json">The value's JSON; a string loses quotes and escapes, null is a null.</param>
    /// <param name="output">At the end of the headers before.</param>
    public static void Write(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json, SlabWriter output)
    {
        var span = output.GetSpan(sizeof(int) + name.Length + sizeof(int) + json.Length);
        BinaryPrimitives.WriteInt32BigEndian(span, name.Length);
        name.CopyTo(span[sizeof(int)..]);
        span = span[(sizeof(int) + name.Length)..];
        int length = Value(json, span[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(span, length);
        output.Advance(sizeof(int) + name.Length + sizeof(int) + Math.Max(length, 0));
    }

    private static int Value(ReadOnlySpan<byte> json, Span<byte> into)
    {
        if (json.SequenceEqual("null"u8))
        {
            return -1;
        }

        if (json[0] == (byte)'"')
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            return reader.CopyString(into);
        }

        json.CopyTo(into);
        return json.Length;
    }
}
