namespace Penstock.Engine.Buffers;

/// <summary>One record would need more bytes than an array can hold (2 GiB).</summary>
public sealed class RecordTooLargeException(long neededBytes) : Exception($"a record needs {neededBytes:N0} bytes; the limit is {Array.MaxLength:N0}")
{
    public long NeededBytes { get; } = neededBytes;
}
