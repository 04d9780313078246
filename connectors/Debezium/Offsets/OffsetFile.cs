using System.Buffers.Binary;
using System.Text;

namespace Penstock.Debezium.Offsets;

/// <summary>
/// The file in which a standalone worker of Kafka Connect, and Debezium's own engine, keep offsets (<c>offset.storage.file.filename</c>): one <c>java.util.HashMap</c> of byte arrays in the form of Java's
/// object serialization (protocol version 2, "Java Object Serialization Specification", chapter 6). Nothing but that one shape is read.
/// </summary>
public static class OffsetFile
{
    private const ushort Magic = 0xACED;
    private const ushort Version = 5;
    private const byte Null = 0x70;
    private const byte Reference = 0x71;
    private const byte ClassDescription = 0x72;
    private const byte Object = 0x73;
    private const byte Array = 0x75;
    private const byte BlockData = 0x77;
    private const byte EndBlockData = 0x78;

    /// <summary>The entries; a value is null where an offset was reset.</summary>
    /// <exception cref="MalformedOffsetException">It is anything else than such a file.</exception>
    public static IReadOnlyList<(byte[] Key, byte[]? Value)> Parse(ReadOnlySpan<byte> file)
    {
        var reader = new Reader(file);
        Reader.Expect(reader.UInt16() == Magic && reader.UInt16() == Version, "it does not begin as Java's serialized objects do");
        Reader.Expect(reader.Byte() == Object && reader.Class() == "java.util.HashMap", "it holds something else than a java.util.HashMap");
        // The fields loadFactor and threshold, then what the class wrote itself: buckets and count.
        reader.Skip(sizeof(float) + sizeof(int));
        Reader.Expect(reader.Byte() == BlockData && reader.Byte() == 2 * sizeof(int), "its map is written in another way");
        reader.Skip(sizeof(int));
        int count = reader.Int32();
        var entries = new List<(byte[] Key, byte[]? Value)>();
        for (int i = 0; i < count; i++)
        {
            byte[]? key = reader.ByteArray();
            byte[]? value = reader.ByteArray();
            if (key is not null)
            {
                entries.Add((key, value));
            }
        }

        Reader.Expect(reader.Byte() == EndBlockData, "its map does not end where it should");
        return entries;
    }

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public byte Byte() => Take(1)[0];

        public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

        public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

        public void Skip(int bytes) => Take(bytes);

        /// <summary>Reads a description of a class without superclass that can be serialized; gives its name.</summary>
        public string Class()
        {
            byte kind = Byte();
            if (kind == Reference)
            {
                // Only one class is ever described twice.
                Skip(sizeof(int));
                return "[B";
            }

            Expect(kind == ClassDescription, "a class is described in another way");
            string name = Text();
            // serialVersionUID and flags.
            Skip(sizeof(long) + 1);
            for (int fields = UInt16(); fields > 0; fields--)
            {
                Expect(Byte() is (byte)'F' or (byte)'I', "a class has fields of other types");
                Text();
            }

            Expect(Byte() == EndBlockData && Byte() == Null, "a class has annotations, or a superclass");
            return name;
        }

        public byte[]? ByteArray()
        {
            byte kind = Byte();
            if (kind == Null)
            {
                return null;
            }

            Expect(kind == Array && Class() == "[B", "its map holds something else than bytes");
            return Take(Int32()).ToArray();
        }

        public static void Expect(bool isSo, string problem)
        {
            if (!isSo)
            {
                throw new MalformedOffsetException(problem);
            }
        }

        private string Text() => Encoding.UTF8.GetString(Take(UInt16()));

        private ReadOnlySpan<byte> Take(int bytes)
        {
            Expect(bytes >= 0 && bytes <= _rest.Length, "it is cut off");
            var taken = _rest[..bytes];
            _rest = _rest[bytes..];
            return taken;
        }
    }
}

/// <summary>Stored offsets that cannot be read; the message says what is wrong, as the rest of a sentence.</summary>
public sealed class MalformedOffsetException(string message) : Exception(message);
