using System.Runtime.InteropServices;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Consuming;

/// <summary>A record as it lies in librdkafka's memory: valid only during the call that it is given to.</summary>
public readonly unsafe ref struct ScannedRecord
{
    private readonly NativeMessage* _message;

    internal ScannedRecord(NativeMessage* message) => _message = message;

    public int Partition => _message->Partition;

    public long Offset => _message->Offset;

    /// <summary>The record's own time in milliseconds since 1970; -1 if it has none.</summary>
    public long TimestampMs => NativeScanApi.Timestamp(_message, out _);

    /// <summary>False for a record without a key.</summary>
    public bool HasKey => _message->Key is not null;

    public ReadOnlySpan<byte> Key => new(_message->Key, (int)_message->KeyBytes);

    /// <summary>False for a tombstone.</summary>
    public bool HasValue => _message->Value is not null;

    public ReadOnlySpan<byte> Value => new(_message->Value, (int)_message->ValueBytes);

    /// <summary>Copies of the headers' names and values (null for a header without one), in the record's order.</summary>
    public List<KeyValuePair<string, byte[]?>> Headers()
    {
        var headers = new List<KeyValuePair<string, byte[]?>>();
        if (NativeConsumerApi.MessageHeaders(_message, out nint list) == 0)
        {
            for (nuint i = 0; NativeConsumerApi.HeaderAt(list, i, out byte* name, out byte* value, out nuint bytes) == 0; i++)
            {
                headers.Add(KeyValuePair.Create(Marshal.PtrToStringUTF8((nint)name) ?? "", value is null ? null : new ReadOnlySpan<byte>(value, (int)bytes).ToArray()));
            }
        }

        return headers;
    }
}

/// <summary>Takes a record.</summary>
public delegate void TakeRecord(in ScannedRecord record);
