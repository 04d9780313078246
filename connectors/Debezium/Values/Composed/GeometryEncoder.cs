using System.Buffers;
using System.Buffers.Binary;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>PostGIS geometry and geography: hexadecimal EWKB in, the same octets in base64 and the SRID that they carry out.</summary>
/// <param name="name">Geometry or Geography, name of the schema and its doc.</param>
/// <param name="unavailable">JSON for a value that is not there, null for none.</param>
internal sealed class GeometryEncoder(string name, byte[]? unavailable) : WireEncoder(
    new SchemaNode
    {
        Type = "struct",
        Fields = [new() { Type = "bytes", Field = "wkb" }, new() { Type = "int32", Optional = true, Field = "srid" }],
        Name = "io.debezium.data.geometry." + name,
        Version = 1,
        Doc = name,
    },
    JsonFragment.From(output => WriteGeometry("010700000000000000"u8, output)),
    unavailable)
{
    // Byte order, type word, SRID.
    private const int HeaderBytes = 9;
    private const uint HasSrid = 0x2000_0000;

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output) => WriteGeometry(text, output);

    private static void WriteGeometry(ReadOnlySpan<byte> digits, SlabWriter output)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        var headerDigits = digits[..Math.Min(digits.Length, HeaderBytes * 2)];
        if (digits.Length % 2 != 0 || digits.Length < 10
            || Convert.FromHexString(headerDigits, header, out _, out int octets) != OperationStatus.Done)
        {
            throw UnrepresentableValueException.Not("hexadecimal EWKB");
        }

        bool littleEndian = header[0] == 1;
        uint type = littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(header[1..]) : BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        output.Write("{\"wkb\":"u8);
        BinaryJson.WriteHexDigits(digits, BinaryMode.Bytes, output);
        output.Write(",\"srid\":"u8);
        if ((type & HasSrid) != 0 && octets == HeaderBytes)
        {
            JsonNumber.Write(littleEndian ? BinaryPrimitives.ReadInt32LittleEndian(header[5..]) : BinaryPrimitives.ReadInt32BigEndian(header[5..]), output);
        }
        else
        {
            output.Write("null"u8);
        }

        output.WriteByte((byte)'}');
    }
}
