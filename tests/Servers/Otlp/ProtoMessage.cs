using System.Buffers.Binary;
using System.Text;

namespace Penstock.Servers.Otlp;

/// <summary>A Protocol Buffers message by its wire format, field by field; every byte must belong to one.</summary>
public sealed class ProtoMessage
{
    private readonly List<(int Number, int Type, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    /// <exception cref="FormatException">It is none.</exception>
    public ProtoMessage(ReadOnlyMemory<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            ulong tag = Varint(bytes.Span, ref at);
            int number = (int)(tag >> 3), type = (int)(tag & 7);
            if (number == 0)
            {
                throw new FormatException("field 0");
            }

            switch (type)
            {
                case 0:
                    _fields.Add((number, type, Varint(bytes.Span, ref at), default));
                    break;
                case 1:
                    _fields.Add((number, type, BinaryPrimitives.ReadUInt64LittleEndian(Take(bytes, ref at, 8).Span), default));
                    break;
                case 5:
                    _fields.Add((number, type, BinaryPrimitives.ReadUInt32LittleEndian(Take(bytes, ref at, 4).Span), default));
                    break;
                case 2:
                    int length = checked((int)Varint(bytes.Span, ref at));
                    _fields.Add((number, type, 0, Take(bytes, ref at, length)));
                    break;
                default:
                    throw new FormatException($"wire type {type} of field {number}");
            }
        }
    }

    public bool Has(int number) => _fields.Exists(field => field.Number == number);

    public IEnumerable<ProtoMessage> Messages(int number) => _fields.Where(field => field.Number == number).Select(field => new ProtoMessage(Of(field, 2).Bytes));

    public ProtoMessage Message(int number) => Messages(number).Single();

    /// <summary>"" where it is not there, as the format has it.</summary>
    public string Text(int number) => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Bytes(number).Span);

    public ReadOnlyMemory<byte> Bytes(int number) => _fields.Where(field => field.Number == number).Select(field => Of(field, 2).Bytes).LastOrDefault();

    public ulong Varint(int number) => _fields.Where(field => field.Number == number).Select(field => Of(field, 0).Value).LastOrDefault();

    public ulong Fixed64(int number) => _fields.Where(field => field.Number == number).Select(field => Of(field, 1).Value).LastOrDefault();

    public double Double(int number) => BitConverter.UInt64BitsToDouble(Fixed64(number));

    private static (int Number, int Type, ulong Value, ReadOnlyMemory<byte> Bytes) Of((int Number, int Type, ulong Value, ReadOnlyMemory<byte> Bytes) field, int type) =>
        field.Type == type ? field : throw new FormatException($"field {field.Number} has wire type {field.Type}, not {type}");

    private static ReadOnlyMemory<byte> Take(ReadOnlyMemory<byte> bytes, ref int at, int length)
    {
        if (length < 0 || length > bytes.Length - at)
        {
            throw new FormatException($"{length} bytes where {bytes.Length - at} are left");
        }

        at += length;
        return bytes.Slice(at - length, length);
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (at == bytes.Length)
            {
                throw new FormatException("a number that ends early");
            }

            byte next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("a number of more than ten bytes");
    }
}
