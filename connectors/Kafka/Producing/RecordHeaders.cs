using System.Buffers.Binary;
using System.Text;
using Confluent.Kafka;

namespace Penstock.Kafka.Producing;

/// <summary>Reads the header range of a record (layout: <see cref="Engine.Flow.Record.HeadersOffset"/>).</summary>
internal static class RecordHeaders
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
