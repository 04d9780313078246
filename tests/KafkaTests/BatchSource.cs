using System.Buffers.Binary;
using System.Text;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;

namespace Penstock.KafkaTests;

/// <summary>Makes batches as the decoder does: bytes in a slab of a pool that can be asked for leaks.</summary>
internal sealed class BatchSource(int slabBytes = 1 << 20, int slabs = 4)
{
    private long _sequence;

    public SlabPool Pool { get; } = new("records", slabBytes, slabs);

    public TopicTable Topics { get; } = new();

    public RecordBatch Next(params ReadOnlySpan<TestRecord> records)
    {
        var writer = new SlabWriter(Pool, "test");
        var batch = new RecordBatch { Sequence = ++_sequence, Position = (ulong)_sequence * 100, Source = new Names() };
        writer.BeginRecord();
        int ordinal = 0;
        foreach (var given in records)
        {
            ref var record = ref batch.Add();
            record.Topic = Topics.Add(given.Topic);
            (record.KeyOffset, record.KeyLength) = Write(writer, given.Key is null ? null : Encoding.UTF8.GetBytes(given.Key));
            (record.ValueOffset, record.ValueLength) = Write(writer, given.Value is null ? null : Encoding.UTF8.GetBytes(given.Value));
            if (given.Headers is { } headers)
            {
                (record.HeadersOffset, record.HeadersLength) = WriteHeaders(writer, headers);
            }

            record.TimestampMs = given.TimestampMs;
            record.Table = 0;
            record.Operation = (byte)given.Operation;
            record.CommitLsn = 0x1_0000_00AB;
            record.Ordinal = ordinal++;
        }

        batch.Slab = writer.Detach();
        return batch;
    }

    private static (int Offset, int Length) Write(SlabWriter writer, byte[]? bytes)
    {
        int offset = writer.Position;
        if (bytes is null)
        {
            return (0, -1);
        }

        writer.Write(bytes);
        return (offset, bytes.Length);
    }

    private static (int Offset, int Length) WriteHeaders(SlabWriter writer, (string Name, string? Value)[] headers)
    {
        int offset = writer.Position;
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt16BigEndian(number, (short)headers.Length);
        writer.Write(number[..2]);
        foreach ((string name, string? value) in headers)
        {
            WriteField(writer, Encoding.UTF8.GetBytes(name));
            WriteField(writer, value is null ? null : Encoding.UTF8.GetBytes(value));
        }

        return (offset, writer.Position - offset);
    }

    private static void WriteField(SlabWriter writer, byte[]? bytes)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, bytes?.Length ?? -1);
        writer.Write(number);
        writer.Write(bytes);
    }

    private sealed class Names : ITableNames
    {
        public string TableName(int table) => "public.orders";

        public string KeyColumns(int table) => "id, region";
    }
}

internal sealed record TestRecord(string Topic, string? Key, string? Value, char Operation = 'c')
{
    public (string Name, string? Value)[]? Headers { get; init; }

    /// <summary>-1 for the producer's clock.</summary>
    public long TimestampMs { get; init; } = -1;
}
