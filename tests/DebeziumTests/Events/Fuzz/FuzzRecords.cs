using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Penstock.Engine.Flow;
using Record = Penstock.Engine.Flow.Record;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>The records that one call of the decoder gave, copied out of their slabs into arrays that are used again.</summary>
internal sealed class FuzzRecords
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 1000 };

    private readonly Queue<RecordBatch> _batches = new([new RecordBatch(), new RecordBatch(), new RecordBatch()]);
    private byte[] _bytes = new byte[1 << 20];
    private Record[] _records = new Record[1024];
    private int _length;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all keys, values and headers.</summary>
    public int Bytes => _length;

    /// <summary>Bytes of arrays that had to grow: they are this class's, not the decoder's.</summary>
    public long GrownBytes { get; private set; }

    public ReadOnlySpan<byte> Key(int record) => Part(_records[record].KeyOffset, _records[record].KeyLength);

    public ReadOnlySpan<byte> Value(int record) => Part(_records[record].ValueOffset, _records[record].ValueLength);

    public bool HasValue(int record) => _records[record].ValueLength >= 0;

    public char Operation(int record) => (char)_records[record].Operation;

    public RecordBatch NewBatch()
    {
        if (_batches.TryDequeue(out var batch))
        {
            return batch;
        }

        GrownBytes += 32 * 1024;
        return new RecordBatch();
    }

    public void Clear()
    {
        Count = 0;
        _length = 0;
    }

    public void Take(RecordBatch batch)
    {
        foreach (ref readonly var record in batch.Records)
        {
            if (Count == _records.Length)
            {
                Array.Resize(ref _records, 2 * Count);
                GrownBytes += 2L * Count * 128;
            }

            var copy = record;
            copy.KeyOffset = Copy(batch.Key(record));
            copy.ValueOffset = Copy(batch.Value(record));
            copy.HeadersOffset = Copy(batch.Slab!.Bytes.AsSpan(record.HeadersOffset, record.HeadersLength));
            _records[Count++] = copy;
        }

        batch.ReturnSlab();
        batch.Reset();
        _batches.Enqueue(batch);
    }

    /// <summary>Whether two runs gave the same, byte by byte.</summary>
    public bool SameAs(FuzzRecords other)
    {
        bool same = Count == other.Count;
        for (int i = 0; same && i < Count; i++)
        {
            same = _records[i].Equals(other._records[i]);
        }

        return same && _bytes.AsSpan(0, _length).SequenceEqual(other._bytes.AsSpan(0, other._length));
    }

    /// <summary>Says what is wrong with a record: key or value that are no JSON in UTF-8, headers that are not as they are framed, a topic that nobody announced. Null if nothing is.</summary>
    public string? Objection(TopicTable topics)
    {
        for (int i = 0; i < Count; i++)
        {
            ref readonly var record = ref _records[i];
            string? objection = topics.Name(record.Topic).Length == 0 ? "has no topic"
                : record.KeyLength >= 0 && !IsJson(Key(i)) ? "has a key that is no JSON"
                : record.ValueLength >= 0 && !IsJson(Value(i)) ? "has a value that is no JSON"
                : !AreHeaders(Part(record.HeadersOffset, record.HeadersLength)) ? "has broken headers"
                : null;
            if (objection is not null)
            {
                return $"record {i} {objection}: {Encoding.UTF8.GetString(Key(i))} {Encoding.UTF8.GetString(Value(i))}";
            }
        }

        return null;
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, Deep);
            while (reader.Read())
            {
                // Every token is looked at.
            }

            return Utf8.IsValid(text);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool AreHeaders(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return true;
        }

        int count = BinaryPrimitives.ReadInt16BigEndian(bytes);
        bytes = bytes[2..];
        for (int i = 0; i < 2 * count; i++)
        {
            if (bytes.Length < 4)
            {
                return false;
            }

            int length = BinaryPrimitives.ReadInt32BigEndian(bytes);
            bool isName = i % 2 == 0;
            if (length < (isName ? 1 : -1) || length > bytes.Length - 4 || !Utf8.IsValid(bytes.Slice(4, Math.Max(length, 0))))
            {
                return false;
            }

            bytes = bytes[(4 + Math.Max(length, 0))..];
        }

        return bytes.IsEmpty;
    }

    private ReadOnlySpan<byte> Part(int offset, int length) => length < 0 ? default : _bytes.AsSpan(offset, length);

    private int Copy(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, 2 * (_length + bytes.Length));
            GrownBytes += _bytes.Length + 64;
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
        return _length - bytes.Length;
    }
}
