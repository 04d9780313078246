using System.Buffers;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>hstore as a JSON object (<c>map</c>) or as a string that holds one (<c>json</c>); members in Java's HashMap order.</summary>
/// <param name="asMap">A JSON object.</param>
/// <param name="placeholder">Where the placeholder comes from.</param>
/// <param name="ofDomain">Debezium's placeholder is that of a plain string, and none in a map.</param>
internal sealed class HstoreEncoder(bool asMap, Placeholder placeholder, bool ofDomain) : WireEncoder(
    asMap
        ? new SchemaNode { Type = "map", Keys = new SchemaNode { Type = "string" }, Values = new SchemaNode { Type = "string", Optional = true } }
        : new SchemaNode { Type = "string", Name = "io.debezium.data.Json", Version = 1 },
    asMap ? [.. "{}"u8] : [.. "\"{}\""u8],
    ofDomain ? asMap ? null : placeholder.Text : asMap ? placeholder.HstoreMap : placeholder.HstoreJson)
{
    private static ReadOnlySpan<byte> Separator => ", "u8;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        output.Write(asMap ? "{"u8 : "\"{"u8);
        if (!text.IsEmpty)
        {
            byte[] scratch = ArrayPool<byte>.Shared.Rent(text.Length);
            try
            {
                WritePairs(text, scratch, output);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(scratch);
            }
        }

        output.Write(asMap ? "}"u8 : "}\""u8);
    }

    private void WritePairs(ReadOnlySpan<byte> text, byte[] scratch, SlabWriter output)
    {
        int count = 0;
        for (int at = 0; at < text.Length; count++)
        {
            at = Step(text, at, HstorePair.Read(text[at..]).Length);
        }

        int table = HashOrder.TableSizeFor(count, presized: false);
        var order = new HashOrder(count);
        try
        {
            for (int at = 0; at < text.Length;)
            {
                var pair = HstorePair.Read(text[at..]);
                order.Add(HashOrder.HashOf(Unescape(pair.Key, scratch)) & (table - 1), at);
                at = Step(text, at, pair.Length);
            }

            WriteOrdered(text, order.Sorted(), scratch, output);
        }
        finally
        {
            order.Release();
        }
    }

    private void WriteOrdered(ReadOnlySpan<byte> text, ReadOnlySpan<ulong> entries, byte[] scratch, SlabWriter output)
    {
        bool first = true;
        foreach (ulong entry in entries)
        {
            var pair = HstorePair.Read(text[(int)(uint)entry..]);
            output.Write(first ? default : ","u8);
            first = false;
            WriteText(Unescape(pair.Key, scratch), output);
            output.WriteByte((byte)':');
            if (pair.IsNull)
            {
                output.Write("null"u8);
            }
            else
            {
                WriteText(Unescape(pair.Value, scratch), output);
            }
        }
    }

    /// <summary>Where the next pair begins, or the end of the text.</summary>
    private static int Step(ReadOnlySpan<byte> text, int at, int length)
    {
        at += length;
        if (at == text.Length)
        {
            return at;
        }

        if (!text[at..].StartsWith(Separator) || at + Separator.Length == text.Length)
        {
            throw HstorePair.Malformed();
        }

        return at + Separator.Length;
    }

    private void WriteText(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (asMap)
        {
            JsonText.WriteString(text, output);
            return;
        }

        output.Write("\\\""u8);
        JsonText.WriteTwiceEscapedContent(text, output);
        output.Write("\\\""u8);
    }

    private static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> text, byte[] scratch)
    {
        if (!text.Contains((byte)'\\'))
        {
            return text;
        }

        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }

            scratch[length++] = text[i];
        }

        return scratch.AsSpan(0, length);
    }
}
