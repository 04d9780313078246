using System.Buffers.Binary;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>point, <c>(1,2)</c>: coordinates and the same as little-endian WKB.</summary>
internal sealed class PointEncoder() : WireEncoder(
    new SchemaNode
    {
        Type = "struct",
        Fields =
        [
            new() { Type = "double", Field = "x" },
            new() { Type = "double", Field = "y" },
            new() { Type = "bytes", Optional = true, Field = "wkb" },
            new() { Type = "int32", Optional = true, Field = "srid" },
        ],
        Name = "io.debezium.data.geometry.Point",
        Version = 1,
        Doc = "Geometry (POINT)",
    },
    JsonFragment.From(output => WritePoint("0"u8, "0"u8, output)))
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        int comma = text.IndexOf((byte)',');
        if (comma < 2 || text[0] != '(' || text[^1] != ')')
        {
            throw UnrepresentableValueException.Not("a point");
        }

        WritePoint(text[1..comma], text[(comma + 1)..^1], output);
    }

    private static void WritePoint(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y, SlabWriter output)
    {
        // Byte order mark 1 (little-endian), geometry type 1 (point), two doubles.
        Span<byte> wkb = stackalloc byte[21];
        wkb[0] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(wkb[1..], 1);
        BinaryPrimitives.WriteDoubleLittleEndian(wkb[5..], ToDouble(x));
        BinaryPrimitives.WriteDoubleLittleEndian(wkb[13..], ToDouble(y));
        output.Write("{\"x\":"u8);
        JavaFloatText.WriteDouble(x, output);
        output.Write(",\"y\":"u8);
        JavaFloatText.WriteDouble(y, output);
        output.Write(",\"wkb\":"u8);
        BinaryJson.Write(wkb, BinaryMode.Bytes, output);
        output.Write(",\"srid\":null}"u8);
    }

    private static double ToDouble(ReadOnlySpan<byte> text)
    {
        if (!JavaFloatText.IsSpecial(text))
        {
            return JavaFloatText.ParseDouble(text);
        }

        // Java's NaN is the positive quiet one, 0x7FF8000000000000; .NET's constant has the sign bit set.
        return text[0] switch
        {
            (byte)'N' => BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_0000),
            (byte)'-' => double.NegativeInfinity,
            _ => double.PositiveInfinity,
        };
    }
}
