using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Commands;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Watching;

/// <summary>What the status page shows, as JSON: no values of rows, names of tables and topics only.</summary>
internal static class StatusJson
{
    /// <summary>The present state as one object.</summary>
    /// <param name="health">What to show.</param>
    /// <param name="title">The pipeline's name.</param>
    /// <param name="actions">What the page may ask for; empty without a token.</param>
    public static byte[] Status(HealthState health, string title, IReadOnlyList<string> actions) => Object(json =>
    {
        var report = health.Report();
        json.WriteString("title", title);
        json.WriteString("program", AppDomain.CurrentDomain.FriendlyName);
        json.WriteString("version", ProductVersion.Text);
        json.WriteNumber("now", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        json.WriteNumber("started", ProcessStart.ToUnixTimeMilliseconds());
        json.WriteString("state", HealthEndpoint.NameOf(report.State));
        json.WriteNumber("since", report.Since.ToUnixTimeMilliseconds());
        json.WriteString("error", report.LastError);
        json.WriteNumber("interruptions", report.Interruptions);
        json.WriteNumber("gaps", report.Gaps);
        json.WriteString("gap", report.LastGap);
        json.WriteNumber("events", report.Events);
        WriteNumberOrNull(json, "delivery", health.Delivery.LastSeconds);
        json.WriteNumber("memory", Environment.WorkingSet);
        json.WriteNumber("warnings", health.Problems.Warnings);
        json.WriteNumber("errors", health.Problems.Errors + health.Problems.Fatal);
        json.WriteNumberOrNull("aside", health.PutAside);
        json.WriteNumber("lost", report.Losses.Sum(loss => loss.Values));
        WritePause(json, report.Pause);
        WriteRetained(json, report.Retained);
        lock (health.ViewGate)
        {
            WriteView(json, health.View);
        }

        WriteTables(json, health.Tables);
        WriteProblems(json, health.Problems);
        json.WriteStartArray("actions");
        foreach (string action in actions)
        {
            json.WriteStringValue(action);
        }

        json.WriteEndArray();
    });

    /// <summary>The history, or what it has more than before.</summary>
    public static byte[] History(WatchHistory history, ref long seen)
    {
        long after = seen, made = 0;
        byte[] bytes = Object(json => made = history.Write(json, after));
        seen = made;
        return bytes;
    }

    private static DateTimeOffset ProcessStart { get; } = StartOf();

    private static DateTimeOffset StartOf()
    {
        using var process = Process.GetCurrentProcess();
        return process.StartTime.ToUniversalTime();
    }

    private static byte[] Object(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static void WritePause(Utf8JsonWriter json, PauseReport? pause)
    {
        if (pause is not null)
        {
            json.WriteStartObject("pause");
            json.WriteString("by", pause.By);
            json.WriteNumber("since", pause.Since.ToUnixTimeMilliseconds());
            json.WriteString("slot", pause.Slot);
            json.WriteEndObject();
        }
    }

    private static void WriteRetained(Utf8JsonWriter json, RetainedLog? retained)
    {
        if (retained is not null)
        {
            json.WriteStartObject("retained");
            json.WriteNumber("bytes", retained.RetainedBytes);
            json.WriteNumberOrNull("limit", retained.LimitBytes);
            json.WriteNumberOrNull("full", retained.SecondsToFull);
            json.WriteString("alarm", RetainedLog.NameOf(retained.Alarm));
            json.WriteString("reason", retained.Reason);
            json.WriteEndObject();
        }
    }

    private static void WriteView(Utf8JsonWriter json, IRunView? view)
    {
        json.WriteString("unit", view?.LagUnit);
        WriteNumberOrNull(json, "lag", view?.LagSeconds);
        json.WriteNumberOrNull("amount", view?.LagAmount);
        json.WriteStartArray("ladder");
        foreach (var rung in view?.Ladder ?? [])
        {
            json.WriteStartObject();
            json.WriteString("name", rung.Name);
            json.WriteString("position", rung.Position);
            json.WriteNumberOrNull("bytes", rung.BehindBytes);
            WriteNumberOrNull(json, "seconds", rung.BehindSeconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("snapshot");
        foreach (var table in view?.Snapshot ?? [])
        {
            json.WriteStartObject();
            json.WriteString("name", table.Table);
            json.WriteNumber("rows", table.Rows);
            json.WriteNumberOrNull("estimated", table.EstimatedRows);
            json.WriteBoolean("done", table.IsDone);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("topics");
        foreach (var topic in view?.Topics ?? [])
        {
            json.WriteStartObject();
            json.WriteString("name", topic.Topic);
            json.WriteNumber("events", topic.Records);
            json.WriteNumber("partitions", topic.Partitions);
            json.WriteNumberOrNull("amount", topic.LagRecords);
            WriteNumberOrNull(json, "lag", topic.LagSeconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTables(Utf8JsonWriter json, TableTotals tables)
    {
        json.WriteStartArray("tables");
        foreach (var table in tables.All)
        {
            json.WriteStartObject();
            json.WriteString("name", table.Name);
            json.WriteNumber("events", table.Events);
            for (int operation = 0; operation < TableTotal.Operations.Count; operation++)
            {
                if (table.Of(operation) is > 0 and var count)
                {
                    json.WriteNumber(TableTotal.Operations[operation], count);
                }
            }

            json.WriteNumber("bytes", table.Bytes);
            json.WriteNumber("last", table.LastAtMs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteProblems(Utf8JsonWriter json, RecentProblems problems)
    {
        json.WriteStartArray("problems");
        foreach (var problem in problems.Latest())
        {
            json.WriteStartObject();
            json.WriteNumber("at", problem.At.ToUnixTimeMilliseconds());
            json.WriteString("level", problem.Level == LogLevel.Warning ? "warning" : "error");
            json.WriteString("text", problem.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNumberOrNull(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, Math.Round(number, 3));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
