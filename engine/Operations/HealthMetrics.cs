using System.Diagnostics;
using Penstock.Engine.Commands;
using Penstock.Engine.Watching;

namespace Penstock.Engine.Operations;

/// <summary>What <c>/metrics</c> says of every pipeline: its state, what is delivered and missing, what the source keeps for it, and the process.</summary>
internal static class HealthMetrics
{
    private static readonly string[] States = [.. Enum.GetValues<PipelineState>().Select(HealthEndpoint.NameOf)];
    private static readonly string[] Alarms = [.. Enum.GetValues<AlarmLevel>().Select(RetainedLog.NameOf)];

    /// <summary>The page of <c>/metrics</c>.</summary>
    public static string Text(HealthState health)
    {
        var text = new MetricText();
        Write(health, text);
        return text.ToString();
    }

    /// <summary>Writes all that there is at the moment.</summary>
    public static void Write(HealthState health, MetricWriter text)
    {
        var report = health.Report();
        text.Info("penstock_build_info", "The program that answers.", ("program", AppDomain.CurrentDomain.FriendlyName), ("version", ProductVersion.Text), ("dotnet", Environment.Version.ToString()));
        text.States("penstock_state", "What the pipeline is doing.", "state", States, HealthEndpoint.NameOf(report.State));
        text.Gauge("penstock_state_entered_timestamp_seconds", "Since when it is doing that.", Unix(report.Since));
        text.Counter("penstock_interruptions_total", "How often the pipeline went into back-off.", report.Interruptions);
        text.Counter("penstock_records_delivered_total", "Records that the target has acknowledged.", report.Events);
        text.Counter("penstock_gaps_total", "How often changes were found missing for ever.", report.Gaps);
        text.Counter("penstock_values_lost_total", "Values that are not in the events as the row holds them.", report.Losses.Sum(loss => loss.Values));
        if (report.Retained is { } retained)
        {
            text.Gauge("penstock_slot_retained_bytes", "Write-ahead log that the server keeps for the slot.", retained.RetainedBytes);
            text.Gauge("penstock_slot_unconfirmed_bytes", "Write-ahead log from the slot's confirmed position to its end: how far the pipeline is behind.", retained.UnconfirmedBytes);
            text.Gauge("penstock_slot_limit_bytes", "At which the slot is lost or dropped; missing where only the disk is a limit.", retained.LimitBytes);
            text.Gauge("penstock_slot_full_seconds", "Time until then at the present pace; missing where there is no limit, or nothing grows.", retained.SecondsToFull);
            text.States("penstock_slot_alarm", "How bad that is, by the marks that are set.", "level", Alarms, RetainedLog.NameOf(retained.Alarm));
        }

        text.Counters("penstock_log_lines_total", "Warnings and errors of the log.", "level", [("warning", health.Problems.Warnings), ("error", health.Problems.Errors), ("fatal", health.Problems.Fatal)]);
        text.Gauge("penstock_delivery_seconds", "From the commit at the source to the acknowledgement at the target, of the batch that was last acknowledged; by the clocks of both machines.", health.Delivery.LastSeconds);
        WriteTables(health.Tables, text);
        health.Metrics.Write(text);
        WriteProcess(text);
    }

    private static void WriteTables(TableTotals tables, MetricWriter text)
    {
        const int AlwaysWritten = 4;
        TableTotal[] all = [.. tables.All];
        text.Counters("penstock_events_total", "Events that went to the brokers, by the table of the row.", "table", "operation", all.SelectMany(table => Enumerable.Range(0, TableTotal.Operations.Count)
            .Where(operation => table.Of(operation) > 0 || (operation < AlwaysWritten && table.Name[0] != '('))
            .Select(operation => (table.Name, TableTotal.Operations[operation], (double)table.Of(operation)))));
        text.Counters("penstock_event_bytes_total", "Bytes of their keys and values.", "table", all.Select(table => (table.Name, (double)table.Bytes)));
    }

    private static void WriteProcess(MetricWriter text)
    {
        using var process = Process.GetCurrentProcess();
        text.Gauge("process_start_time_seconds", "Start of the process, seconds since 1970.", Unix(process.StartTime.ToUniversalTime()));
        text.Counter("process_cpu_seconds_total", "User and system time of the process.", process.TotalProcessorTime.TotalSeconds);
        text.Gauge("process_resident_memory_bytes", "Resident memory of the process.", process.WorkingSet64);
        text.Gauge("penstock_gc_heap_bytes", "Managed heap, as of the last collection.", GC.GetGCMemoryInfo().HeapSizeBytes);
        text.Counter("penstock_gc_pause_seconds_total", "Time that the process stood still for garbage collections.", GC.GetTotalPauseDuration().TotalSeconds);
        text.Counters("penstock_gc_collections_total", "Garbage collections.", "generation", Enumerable.Range(0, GC.MaxGeneration + 1).Select(g => ($"{g}", (double)GC.CollectionCount(g))));
    }

    private static double Unix(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
