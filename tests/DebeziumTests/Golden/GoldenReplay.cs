using System.Buffers.Binary;
using System.Text;
using Penstock.Debezium.Events;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.DebeziumTests.Golden;

/// <summary>What a replay gave: the records, how many of them are of the snapshot, and why it ended early if it did.</summary>
internal sealed record ReplayedRecords(List<GoldenRecord> Records, int OfSnapshot, string? Failure);

/// <summary>Feeds the messages of a case to a decoder and collects its records.</summary>
/// <param name="golden">The case.</param>
/// <param name="rows">Messages of its initial snapshot; none leaves the snapshot out.</param>
internal sealed class GoldenReplay(GoldenCase golden, IReadOnlyList<GoldenMessage> rows)
{
    // The wall clock of the replay: any time, since comparisons mask it.
    public const long ReceivedAtUnixNs = 1_700_000_000_123_456_789;
    private const int SlabBytes = 256 * 1024;

    // Any position: comparisons mask it.
    private const ulong SnapshotLsn = 1;

    private readonly int[] _versions = Versions(golden);
    private readonly int _restartAt = RestartAt(golden);

    /// <param name="options">The case's settings.</param>
    /// <param name="splits">Where to cut the stream into batches; null for as few as possible.</param>
    public ReplayedRecords Run(PipelineOptions options, Random? splits)
    {
        var input = new SlabPool("wal", SlabBytes, 1);
        var output = new SlabPool("records", SlabBytes, 1);
        var topics = new TopicTable();
        var records = new List<GoldenRecord>();
        var format = OptionMapping.Format(options, golden.Options["database.dbname"]);
        EventDecoder Started() => new(format, golden.Catalog, new CatalogSelection(OptionMapping.Selection(options)), topics, output, b => Collect(b, topics, records)) { Xmin = golden.Xmin };
        var decoder = Started();
        string? failure = null;
        int ofSnapshot = 0;
        try
        {
            if (rows.Count > 0)
            {
                Feed(rows, new int[rows.Count], decoder, input, splits, new SnapshotOrigin(SnapshotLsn, 700, ReceivedAtUnixNs / 1000));
                ofSnapshot = records.Count;
            }

            if (!golden.IsSnapshotOnly)
            {
                int first = _restartAt;
                Feed([.. golden.Messages.Take(first)], _versions[..first], decoder, input, splits, null);
                if (first < golden.Messages.Count)
                {
                    // A start with a snapshot knows nothing of what was before it; a new connection tells of each relation again.
                    decoder = Started();
                    List<GoldenMessage> told = [.. golden.Messages.Take(first).Where(m => m.Data[0] is (byte)'R' or (byte)'Y')];
                    Feed(told, [.. told.Select(_ => _versions[first])], decoder, input, splits, null);
                    Feed([.. golden.Messages.Skip(first)], _versions[first..], decoder, input, splits, null);
                }
            }

            if (golden.HasHeartbeats)
            {
                decoder.Decode(new WalBatch { ReceivedAtUnixNs = ReceivedAtUnixNs, Heartbeat = true });
            }
        }
        catch (UndecodableEventException error)
        {
            failure = error.Message;
        }

        Assert.Equal(0, output.Outstanding);
        return new ReplayedRecords(records, ofSnapshot, failure);
    }

    private void Feed(IReadOnlyList<GoldenMessage> messages, int[] versions, EventDecoder decoder, SlabPool input, Random? splits, SnapshotOrigin? snapshot)
    {
        int at = 0;
        while (at < messages.Count)
        {
            int most = splits?.Next(1, 5) ?? int.MaxValue;
            int first = at;
            int bytes = 0;
            while (at < messages.Count && versions[at] == versions[first] && at - first < most && (at == first || bytes + messages[at].Data.Length <= SlabBytes))
            {
                bytes += messages[at++].Data.Length;
            }

            var batch = new WalBatch { ReceivedAtUnixNs = ReceivedAtUnixNs, Slab = input.Rent("test", bytes), Snapshot = snapshot };
            int offset = 0;
            for (int i = first; i < at; i++)
            {
                var message = messages[i];
                message.Data.CopyTo(batch.Slab.Bytes, offset);
                batch.Add(new WalMessage(offset, message.Data.Length, message.Start, message.Marker));
                offset += message.Data.Length;
            }

            golden.Catalog.At(versions[first]);
            try
            {
                decoder.Decode(batch);
            }
            finally
            {
                batch.ReturnSlab();
            }
        }
    }

    // Debezium reads the catalogue when a transaction arrives, which is after its commit: the version for a message is the one at the end of its transaction.
    private static int[] Versions(GoldenCase golden)
    {
        int[] versions = new int[golden.Messages.Count];
        int current = 0;
        for (int i = versions.Length - 1; i >= 0; i--)
        {
            var message = golden.Messages[i];
            if (message.Data[0] == (byte)'C')
            {
                // Behind type, flags and the commit's LSN stands end_lsn.
                current = golden.Catalog.VersionAt(BinaryPrimitives.ReadUInt64BigEndian(message.Data.AsSpan(10)));
            }

            versions[i] = current;
        }

        return versions;
    }

    // The first message behind the last transaction that was streamed before the second start.
    private static int RestartAt(GoldenCase golden)
    {
        var messages = golden.Messages.ToList();
        return golden.LastLsnBeforeSecondSnapshot is { } lsn ? messages.FindIndex(messages.FindLastIndex(m => m.Start == lsn) + 1, m => m.Data[0] == (byte)'C') + 1 : messages.Count;
    }

    private static void Collect(RecordBatch batch, TopicTable topics, List<GoldenRecord> records)
    {
        foreach (ref readonly var record in batch.Records)
        {
            records.Add(new GoldenRecord(
                topics.Name(record.Topic),
                record.KeyLength < 0 ? null : Encoding.UTF8.GetString(batch.Key(record)),
                record.ValueLength < 0 ? null : Encoding.UTF8.GetString(batch.Value(record)),
                record.HeadersLength == 0 ? GoldenCase.HeaderText([]) : Headers(batch.Slab!.Bytes.AsSpan(record.HeadersOffset, record.HeadersLength)),
                record.Partition < 0 ? null : record.Partition,
                record.TimestampMs < 0 ? null : record.TimestampMs));
        }

        batch.ReturnSlab();
    }

    private static string Headers(ReadOnlySpan<byte> bytes)
    {
        var headers = new List<(string, string?)>();
        int count = BinaryPrimitives.ReadInt16BigEndian(bytes);
        bytes = bytes[2..];
        for (int i = 0; i < count; i++)
        {
            headers.Add((Text(ref bytes)!, Text(ref bytes)));
        }

        Assert.True(bytes.IsEmpty);
        return GoldenCase.HeaderText(headers);
    }

    private static string? Text(ref ReadOnlySpan<byte> bytes)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        string? text = length < 0 ? null : Encoding.UTF8.GetString(bytes.Slice(4, length));
        bytes = bytes[(4 + Math.Max(length, 0))..];
        return text;
    }
}
