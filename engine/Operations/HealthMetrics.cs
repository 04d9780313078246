using System.Diagnostics;
using Penstock.Engine.Commands;

namespace Penstock.Engine.Operations;

/// <summary>What <c>/metrics</c> says of every pipeline: its state, what is delivered and missing, what the source keeps for it, and the process.</summary>
internal static class HealthMetrics
{
    private static readonly string[] States = [.. Enum.GetValues<PipelineState>().Select(HealthEndpoint.NameOf)];
    private static readonly string[] Alarms = [.. Enum.GetValues<AlarmLevel>().Select(RetainedLog.NameOf)];

    public static string Text(HealthReport report, MetricSources sources)
    {
        var text = new MetricText();
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

        sources.Write(text);
        WriteProcess(text);
        return text.ToString();
    }

    private static void WriteProcess(MetricText text)
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
