using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Topics;
using Penstock.KafkaToPostgres.Settings;
using Penstock.Postgres.Apply;

namespace Penstock.KafkaToPostgres.Pipeline;

/// <summary><c>status</c>: how far each partition is, by the target's offsets and the topics' ends. Changes nothing and joins no group, so that it may run beside a pipeline.</summary>
internal sealed class SinkStatus(SinkOptions options, ILoggerFactory logs, TextWriter output, bool asJson)
{
    private readonly ILogger _logger = logs.CreateLogger("");

    /// <summary>Returns the exit code; what one side says is shown even if the other one does not answer.</summary>
    public Task<int> RunAsync(CancellationToken stop)
    {
        using var kafka = SinkSupervisor.Connect(options, _logger, out var target);
        if (kafka is null || target is null)
        {
            return Task.FromResult(SinkVerdict.Settings);
        }

        int exitCode = SinkVerdict.Success;
        var applied = Ask(() => Applied(target, kafka.Group(options.Group)), ref exitCode);
        var ends = stop.IsCancellationRequested ? null : Ask(() => Ends(kafka, applied ?? [], stop), ref exitCode);
        var lines = Lines(applied, ends);
        output.Write(asJson ? Json(kafka, lines) : Text(kafka, lines));
        return Task.FromResult(exitCode);
    }

    private T? Ask<T>(Func<T> question, ref int exitCode)
        where T : class
    {
        try
        {
            return question();
        }
        catch (Exception error) when (error is KafkaUnavailableException or OperationCanceledException || SinkVerdict.Of(error) is not null)
        {
            _logger.LogError("{Reason}", error is OperationCanceledException ? "stopped before Kafka has answered" : error.Message);
            exitCode = Math.Max(exitCode, SinkVerdict.Of(error)?.ExitCode ?? SinkVerdict.Unavailable);
            return null;
        }
    }

    private static List<PartitionStatus> Applied(TargetDatabase target, string group)
    {
        using var connection = target.Open();
        return target.Translated(() => new SinkOffsets(group).List(connection));
    }

    private IReadOnlyList<PartitionEnds> Ends(KafkaConnection kafka, List<PartitionStatus> applied, CancellationToken stop)
    {
        kafka.Open();
        HashSet<string> topics = [.. options.Topics.Select(topic => topic.StartsWith('^') ? topic : kafka.Topic(topic)), .. applied.Select(partition => partition.Topic)];
        return TopicEnds.Read(kafka, topics, new ClientLog(logs.CreateLogger("kafka")), stop);
    }

    private List<Line> Lines(List<PartitionStatus>? applied, IReadOnlyList<PartitionEnds>? ends)
    {
        var there = (applied ?? []).ToDictionary(partition => (partition.Topic, partition.Partition));
        var here = (ends ?? []).ToDictionary(partition => (partition.Topic, partition.Partition));
        return [.. there.Keys.Union(here.Keys).OrderBy(place => place.Topic, StringComparer.Ordinal).ThenBy(place => place.Partition)
            .Select(place => new Line(place.Topic, place.Partition, there.GetValueOrDefault(place), here.GetValueOrDefault(place), isKnown: applied is not null, options.Start))];
    }

    private string Text(KafkaConnection kafka, List<Line> lines)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"group {kafka.Group(options.Group)}: {lines.Count} partitions, lag {Sum(lines.Select(line => line.Lag))}, dead letters {Sum(lines.Select(line => line.Applied?.DeadLetters))}, of them parked rows {Sum(lines.Select(line => line.Applied?.Parked))}");
        string[][] rows =
        [
            ["topic", "partition", "next", "end", "lag", "epoch", "owner", "updated", "dead letters", "parked"],
            .. lines.Select(line => (string[])[line.Topic, Of(line.Partition), Of(line.Next), Of(line.Ends?.End), line.IsLost ? $"{Of(line.Lag)} LOST" : Of(line.Lag), Of(line.Applied?.Epoch), line.Applied?.Owner ?? "-",
                line.Applied?.UpdatedAt.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "-", Of(line.Applied?.DeadLetters), Of(line.Applied?.Parked)]),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            text.AppendLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }

        return text.ToString();
    }

    private string Json(KafkaConnection kafka, List<Line> lines)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("group", kafka.Group(options.Group));
            json.WriteNumberOrNull("lag", Sum(lines.Select(line => line.Lag)));
            json.WriteStartArray("partitions");
            foreach (var line in lines)
            {
                json.WriteStartObject();
                json.WriteString("topic", line.Topic);
                json.WriteNumber("partition", line.Partition);
                json.WriteNumberOrNull("next_offset", line.Next);
                json.WriteNumberOrNull("first_offset", line.Ends?.First);
                json.WriteNumberOrNull("end_offset", line.Ends?.End);
                json.WriteNumberOrNull("lag", line.Lag);
                json.WriteBoolean("lost", line.IsLost);
                json.WriteNumberOrNull("epoch", line.Applied?.Epoch);
                json.WriteString("owner", line.Applied?.Owner);
                json.WriteString("updated_at", line.Applied?.UpdatedAt.ToString("O", CultureInfo.InvariantCulture));
                json.WriteNumberOrNull("dead_letters", line.Applied?.DeadLetters);
                json.WriteNumberOrNull("parked_rows", line.Applied?.Parked);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    /// <summary>The sum of what is known; null if nothing is.</summary>
    private static long? Sum(IEnumerable<long?> values)
    {
        var known = values.Where(value => value is not null).ToList();
        return known.Count == 0 ? null : known.Sum();
    }

    private static string Of(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";

    /// <summary>A partition as both sides see it; null for what is not known.</summary>
    private sealed class Line(string topic, int partition, PartitionStatus? applied, PartitionEnds? ends, bool isKnown, StartAt start)
    {
        public string Topic { get; } = topic;

        public int Partition { get; } = partition;

        public PartitionStatus? Applied { get; } = applied;

        public PartitionEnds? Ends { get; } = ends;

        /// <summary>The first offset that is not applied; null before the first one was.</summary>
        public long? Next { get; } = applied is { NextOffset: >= 0 } ? applied.NextOffset : null;

        /// <summary>Retention has removed records that were not applied.</summary>
        public bool IsLost => Next < Ends?.First;

        /// <summary>Records that are there and wait; of a partition that was never applied all of them, unless it begins at its end.</summary>
        public long? Lag => Ends is null || !isKnown ? null : Next is { } next ? Math.Max(0, Ends.End - Math.Max(next, Ends.First)) : start == StartAt.Latest ? 0 : Ends.End - Ends.First;
    }
}
