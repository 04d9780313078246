using System.Buffers.Binary;
using System.Text;
using Confluent.Kafka;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Producing;

/// <summary>Reads the header range of a record (layout: <see cref="Engine.Flow.Record.HeadersOffset"/>).</summary>
internal static unsafe class RecordHeaders
{
    /// <summary>The headers as Confluent.Kafka wants them.</summary>
    /// <exception cref="InvalidDataException">The range is not what the encoder should have written: a defect.</exception>
    internal static Headers Decode(ReadOnlySpan<byte> range)
    {
        var headers = new Headers();
        int count = BinaryPrimitives.ReadInt16BigEndian(range);
        range = range[2..];
        for (int i = 0; i < count; i++)
        {
            string name = Encoding.UTF8.GetString(Take(ref range, nullable: false));
            bool isNull = range.Length >= 4 && BinaryPrimitives.ReadInt32BigEndian(range) < 0;
            var value = Take(ref range, nullable: true);
            headers.Add(name, isNull ? null : value.ToArray());
        }

        return headers;
    }

    /// <summary>The headers as a list of librdkafka, owned by the caller.</summary>
    /// <exception cref="InvalidDataException">As in <see cref="Decode"/>.</exception>
    internal static nint ToNative(ReadOnlySpan<byte> range)
    {
        int count = BinaryPrimitives.ReadInt16BigEndian(range);
        range = range[2..];
        nint headers = NativeKafka.HeadersNew((nuint)count);
        for (int i = 0; i < count; i++)
        {
            var name = Take(ref range, nullable: false);
            bool isNull = range.Length >= 4 && BinaryPrimitives.ReadInt32BigEndian(range) < 0;
            var value = Take(ref range, nullable: true);
            fixed (byte* nameBytes = name, valueBytes = value)
            {
                // An empty span has no address, and no address means no value.
                byte empty = 0;
                byte* valueAddress = isNull ? null : valueBytes is null ? &empty : valueBytes;
                _ = NativeKafka.HeaderAdd(headers, nameBytes, name.Length, valueAddress, value.Length);
            }
        }

        return headers;
    }

    /// <summary>One length-prefixed field; empty for null.</summary>
    internal static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> range, bool nullable)
    {
        int length = range.Length >= 4 ? BinaryPrimitives.ReadInt32BigEndian(range) : int.MinValue;
        if (length > range.Length - 4 || length < (nullable ? -1 : 0))
        {
            throw new InvalidDataException("the header range of a record is malformed");
        }

        int end = 4 + Math.Max(length, 0);
        var field = range[4..end];
        range = range[end..];
        return field;
    }
}
