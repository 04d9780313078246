using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Penstock.Engine.Commands;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Consuming;
using Penstock.Kafka.Topics;

namespace Penstock.Inspection.Tail;

/// <summary><c>tail</c>: a topic's events as lines, beside whoever else reads it. Values go to the output alone.</summary>
/// <param name="program">The executable's name.</param>
/// <param name="request">What is asked for.</param>
/// <param name="placeholder">What stands for values that the server did not send.</param>
/// <param name="logs">For what brokers say.</param>
/// <param name="output">Where lines go.</param>
/// <param name="error">Where everything else goes.</param>
public sealed class TopicTail(string program, TailRequest request, string placeholder, ILoggerFactory logs, TextWriter output, TextWriter error)
{
    /// <summary>Bytes that wait to be shown: librdkafka's own default is eight times that, and nobody reads so fast.</summary>
    private const long QueueBytes = 8 << 20;

    private const int WaitMs = 100;

    private const int Success = 0;
    private const int Settings = 2;
    private const int Preflight = 3;
    private const int Unavailable = 4;

    private readonly EventFilter _filter = new(request);
    private readonly bool _isOnPipe = ReferenceEquals(output, Console.Out) && Console.IsOutputRedirected;
    private readonly EventLine _lines = new(request.IsDiff, placeholder, TerminalColour.Of(ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected, Environment.GetEnvironmentVariable));
    private readonly Dictionary<int, long> _ends = [];
    private long _read;
    private int _shown;

    /// <summary>Runs until <paramref name="stop"/>, the count, or the topic's end; gives the exit code.</summary>
    /// <param name="kafka">The cluster; null where the settings are wrong.</param>
    /// <param name="problems">What is wrong with them.</param>
    /// <param name="stop">Ctrl-C.</param>
    public int Run(KafkaConnection? kafka, IEnumerable<string> problems, CancellationToken stop)
    {
        if (kafka is null)
        {
            return Refuse(Settings, string.Join('\n', problems));
        }

        if (kafka.IsEmbedded)
        {
            return Refuse(Settings, "KAFKA_URL is embedded: that broker is inside of the process that runs the pipeline, and nobody else reaches it.");
        }

        try
        {
            kafka.Open();
            var log = new ClientLog(logs.CreateLogger("kafka"));
            var (topic, partitions) = TopicListing.Read(kafka, log).Find(request.Topic);
            if (request.Partition is { } only)
            {
                if (!partitions.Contains(only))
                {
                    return Refuse(Settings, $"topic '{topic}' has the partitions 0 to {partitions.Max()}: there is no {only}.");
                }

                partitions = [only];
            }

            using var scan = new TopicScan(kafka, topic, QueueBytes, log);
            Start(scan, partitions);
            return Show(scan, stop);
        }
        catch (TopicException problem)
        {
            return Refuse(Preflight, problem.Message);
        }
        catch (KafkaUnavailableException problem)
        {
            return Refuse(Unavailable, problem.Message);
        }
        catch (ConsumerException problem)
        {
            return Refuse(Unavailable, problem.Message);
        }
    }

    private int Refuse(int code, string problem)
    {
        error.WriteLine($"{program}: {problem}");
        return code;
    }

    private void Start(TopicScan scan, IReadOnlyList<int> partitions)
    {
        var from = request.From;
        var times = from.Kind == TailStartKind.Time ? scan.OffsetsAt(from.Time, partitions) : null;
        foreach (int partition in partitions)
        {
            var (first, end) = scan.Bounds(partition);
            long start = from.Kind switch
            {
                TailStartKind.End => end,
                TailStartKind.Beginning => first,
                TailStartKind.Offset => from.Offset < 0 ? end + from.Offset : from.Offset,
                _ => times![partition],
            };
            if (from is { Kind: TailStartKind.Offset, Offset: >= 0 } && (start < first || start > end))
            {
                error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{program}: {scan.Topic}[{partition}] has the offsets {first} to {end}: it is read from the nearest of them."));
            }

            start = Math.Clamp(start, first, end);
            if (request.IsFollowing || start < end)
            {
                _ends[partition] = end;
                scan.Start(partition, start);
            }
        }

        if (!Console.IsErrorRedirected)
        {
            error.WriteLine($"{program}: {scan.Topic}, {partitions.Count} partition{(partitions.Count == 1 ? "" : "s")}{(request.IsFollowing ? "; Ctrl-C ends" : "")}");
        }
    }

    private int Show(TopicScan scan, CancellationToken stop)
    {
        using var pipe = Pipe();
        var lines = pipe ?? output;
        try
        {
            ReadOn(scan, lines, stop);
            lines.Flush();
        }
        catch (IOException) when (pipe is not null)
        {
            return Success;
        }

        if (_shown < _read && !Console.IsErrorRedirected)
        {
            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{program}: {_shown} shown of {_read} that were read"));
        }

        return Success;
    }

    /// <summary>Standard output where that is a pipe: Console.Out says nothing when its reader has gone (<c>| head</c>), and this would go on unheard.</summary>
    private StreamWriter? Pipe()
    {
        if (!_isOnPipe)
        {
            return null;
        }

        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 1);
        // A file's place is shared with whoever else writes to it, which a stream of one's own does not know.
        return stream.CanSeek ? null : new StreamWriter(stream);
    }

    private void ReadOn(TopicScan scan, TextWriter lines, CancellationToken stop)
    {
        void Take(in ScannedRecord record)
        {
            _read++;
            using var read = new TailedEvent(scan.Topic, record);
            if (_filter.Passes(read))
            {
                _shown++;
                lines.WriteLine(request.IsJson ? EventJson.Of(read) : _lines.Of(read));
            }

            if (!request.IsFollowing && record.Offset + 1 >= _ends.GetValueOrDefault(record.Partition))
            {
                _ends.Remove(record.Partition);
            }
        }

        TakeRecord take = Take;
        int waitMs = 0;
        while (!stop.IsCancellationRequested && (request.IsFollowing || _ends.Count > 0) && !(_shown >= request.Count))
        {
            switch (scan.Next(waitMs, take, out int ended))
            {
                case ScanStep.Record:
                    waitMs = 0;
                    break;
                case ScanStep.PartitionEnd when !request.IsFollowing:
                    // Behind its last record may be offsets that have none, as transactions leave them.
                    _ends.Remove(ended);
                    break;
                default:
                    lines.Flush();
                    waitMs = WaitMs;
                    break;
            }
        }
    }
}
