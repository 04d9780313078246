using System.Text.Json;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Flow;

namespace Penstock.Kafka.Sizes;

/// <summary>
/// Applies the policy for records that the brokers would refuse for their size: pipeline block 3.
/// </summary>
/// <remarks>
/// Everything it takes out is counted, logged with identity and size, and still acknowledged: a removed record stays in the batch, marked. Not thread-safe.
/// </remarks>
public sealed partial class SizeFilter
{
    /// <summary>
    /// What a record costs beside its bytes: the header of a record batch (61) and the most that one record's own lengths, offsets and attributes take (36; Kafka protocol,
    /// "Record Batch"). A record at the limit therefore always fits a broker or topic whose limit is the same number.
    /// </summary>
    public const int OverheadBytes = 61 + 36;

    /// <summary>1 MiB: brokers take batches of 1,048,588 bytes unless told otherwise (<c>message.max.bytes</c>), Java producers requests of 1,048,576.</summary>
    public const int DefaultMaxRecordBytes = 1_048_576;

    private const int WarningIntervalMs = 10_000;

    private readonly int _maxRecordBytes;
    private readonly OversizePolicy _policy;
    private readonly int _deadLetterTopic;
    private readonly TopicTable _topics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private long _lastWarning;
    private long _unspoken;
    private long _skipped;
    private long _deadLettered;

    /// <param name="maxRecordBytes">Limit for key + value + headers + <see cref="OverheadBytes"/>.</param>
    /// <param name="policy">What to do above it.</param>
    /// <param name="deadLetterTopic">Name of the topic for <see cref="OversizePolicy.DeadLetter"/>, else null.</param>
    /// <param name="topics">The topics of the pipeline.</param>
    /// <param name="logger">Gets a warning for what is taken out, at most one every ten seconds, with the number of those in between.</param>
    /// <param name="time">The clock of that interval.</param>
    public SizeFilter(int maxRecordBytes, OversizePolicy policy, string? deadLetterTopic, TopicTable topics, ILogger logger, TimeProvider? time = null)
    {
        if (policy == OversizePolicy.DeadLetter)
        {
            ArgumentException.ThrowIfNullOrEmpty(deadLetterTopic);
            _deadLetterTopic = topics.Add(deadLetterTopic);
        }

        _maxRecordBytes = maxRecordBytes;
        _policy = policy;
        _topics = topics;
        _logger = logger;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Records left out so far.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Records replaced by a description in the dead-letter topic so far.</summary>
    public long DeadLettered => Interlocked.Read(ref _deadLettered);

    /// <exception cref="OversizedRecordException">A record is above the limit and the policy is <see cref="OversizePolicy.Fail"/>, or its description fits nowhere.</exception>
    public void Filter(RecordBatch batch)
    {
        var records = batch.Records;
        for (int i = 0; i < records.Length; i++)
        {
            ref var record = ref records[i];
            long bytes = (long)Math.Max(record.KeyLength, 0) + Math.Max(record.ValueLength, 0) + record.HeadersLength + OverheadBytes;
            if (bytes > _maxRecordBytes && !record.Removed)
            {
                Apply(batch, ref record, bytes);
            }
        }
    }

    private void Apply(RecordBatch batch, ref Record record, long bytes)
    {
        var names = record.Table >= 0 ? batch.Source : null;
        var oversized = new OversizedRecord(
            names?.TableName(record.Table) ?? "",
            names?.KeyColumns(record.Table) ?? "",
            (char)record.Operation,
            bytes,
            _maxRecordBytes,
            record.CommitLsn,
            record.Ordinal);
        switch (_policy)
        {
            case OversizePolicy.Skip:
                record.Removed = true;
                Interlocked.Increment(ref _skipped);
                Warn("left out", oversized);
                break;
            case OversizePolicy.DeadLetter:
                Describe(batch, ref record, oversized);
                Interlocked.Increment(ref _deadLettered);
                Warn("sent to the dead-letter topic", oversized);
                break;
            default:
                throw new OversizedRecordException(oversized, "raise PENSTOCK_MAX_RECORD_BYTES (and the topic's max.message.bytes), or set PENSTOCK_ON_OVERSIZE to skip or dead-letter");
        }
    }

    /// <summary>Writes the description over the record's own bytes: it is smaller than what it replaces, so no slab is needed.</summary>
    private void Describe(RecordBatch batch, ref Record record, OversizedRecord oversized)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(
            new DeadLetter(
                oversized.Table,
                _topics.Name(record.Topic),
                oversized.Operation.ToString(),
                $"{oversized.CommitLsn >> 32:X}/{(uint)oversized.CommitLsn:X}",
                oversized.Ordinal,
                oversized.Bytes,
                oversized.LimitBytes,
                "record is above max.record.bytes"),
            DeadLetter.Json);
        bool inValue = record.ValueLength >= json.Length;
        bool fits = inValue || record.HeadersLength >= json.Length;
        if (!fits || (long)Math.Max(record.KeyLength, 0) + json.Length + OverheadBytes > _maxRecordBytes)
        {
            throw new OversizedRecordException(oversized, "its key alone is too large for the dead-letter topic: raise PENSTOCK_MAX_RECORD_BYTES (and the topics' max.message.bytes)");
        }

        int at = inValue ? record.ValueOffset : record.HeadersOffset;
        json.CopyTo(batch.Slab!.Bytes, at);
        record.ValueOffset = at;
        record.ValueLength = json.Length;
        record.HeadersLength = 0;
        record.Topic = _deadLetterTopic;
    }

    private void Warn(string what, OversizedRecord oversized)
    {
        long now = _time.GetTimestamp();
        if (_lastWarning != 0 && _time.GetElapsedTime(_lastWarning, now).TotalMilliseconds < WarningIntervalMs)
        {
            _unspoken++;
            return;
        }

        LogOversized(what, oversized, _unspoken);
        _lastWarning = now;
        _unspoken = 0;
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Warning, Message = "{What}: {Record}; {Unspoken} more since the last such message")]
    private partial void LogOversized(string what, OversizedRecord record, long unspoken);
}
