using System.Globalization;
using System.Text;
using System.Text.Json;
using Penstock.Engine.Operations;
using Penstock.Postgres.Slot;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>What <c>status</c> says, for people and as JSON. Positions as Postgres writes them, sizes in bytes, times in UTC.</summary>
/// <param name="Name">PENSTOCK_NAME.</param>
/// <param name="SlotName">The slot that is wanted.</param>
/// <param name="Database">Where, without its password.</param>
/// <param name="Now">The slot and the log.</param>
/// <param name="Pace">How fast both go; null without a slot.</param>
/// <param name="Record">What is remembered; null if nothing is.</param>
/// <param name="Pause">The pause that was asked for; null if none was.</param>
/// <param name="NoRecord">Why nothing is remembered.</param>
internal sealed record StatusReport(string Name, string SlotName, string Database, SlotProgress Now, SlotPace? Pace, PipelineRecord? Record, Pause? Pause, string NoRecord)
{
    /// <summary>How bad it is what the slot holds.</summary>
    public WalAlarm Alarm { get; init; } = WalAlarm.None;

    /// <summary>Events that somebody asked to leave out.</summary>
    public IReadOnlyList<EventSkip> Skips { get; init; } = [];

    /// <summary>How fast a snapshot's table is read; null where that is not known.</summary>
    public double? ReadRowsPerSecond { get; init; }

    /// <summary>In one word, and in a sentence.</summary>
    public (string Word, string Sentence) State => (Now.Slot, Pause) switch
    {
        ({ IsLost: true } slot, _) => ("slot-lost", $"the server has removed log that the slot needs{(slot.InvalidationReason.Length > 0 ? $" ({slot.InvalidationReason})" : "")}: the next start is a gap, PENSTOCK_ON_GAP decides"),
        ({ IsActive: true }, { } pause) => ("pausing", $"since {pause.SinceText} by {pause.By}; what was read is still being delivered"),
        (null, { } pause) when WasConfirmed => ("paused", $"since {pause.SinceText} by {pause.By}; {SlotGone}"),
        (_, { } pause) => ("paused", $"since {pause.SinceText} by {pause.By}; to go on: postgres-to-kafka resume"),
        ({ IsActive: true }, _) => Reader(),
        _ when Now.IsSnapshotRead => ("snapshot", "a process reads the tables"),
        (null, _) when WasConfirmed => ("slot-missing", SlotGone),
        (null, _) => ("new", "no slot yet: the first start makes it"),
        _ => ("down", $"nobody reads slot \"{SlotName}\": the process is down, or waits before its next attempt"),
    };

    private const int DoneSkipsShown = 3;

    private bool WasConfirmed => Record is { ConfirmedLsn: not 0 };

    private string SlotGone => $"slot \"{SlotName}\" is gone: the next start is a gap, PENSTOCK_ON_GAP decides";

    public string Text()
    {
        var text = new StringBuilder();
        void Line(string name, string value) => text.AppendLine(CultureInfo.InvariantCulture, $"{name,-11}{value}");
        Line("pipeline", $"{Name}, slot {SlotName}, {Database}");
        Line("state", $"{State.Word}: {State.Sentence}");
        Line("log", $"{"end",-11}{new Lsn(Now.HeadLsn)}");
        if (Now.Slot is { } slot)
        {
            Rung(Line, "sent", Now.Reader?.SentLsn ?? 0);
            Rung(Line, "received", Now.Reader?.ReceivedLsn ?? 0);
            Rung(Line, "confirmed", slot.ConfirmedFlushLsn);
            Rung(Line, "kept from", slot.RestartLsn);
            string limit = Now.KeepBytes is { } keep ? $"max_slot_wal_keep_size {Size(keep)}" : "no limit (max_slot_wal_keep_size)";
            Line("kept log", $"{Size(slot.HeldBytes)}, {limit}, wal_status {slot.WalStatus}{(Pace?.ToFull is { } full ? $"; full in {PausedPipeline.Span(full)} at this pace" : "")}");
            if (Alarm.Level != AlarmLevel.None)
            {
                Line("alarm", $"{RetainedLog.NameOf(Alarm.Level)}: {Alarm.Reason}");
            }
        }

        if (Pace is { } pace)
        {
            Line("pace", $"log {Size(pace.HeadBytesPerSecond)}/s, confirmed {Size(pace.ConfirmedBytesPerSecond)}/s{(pace.ToCatchUp is { } left ? $"; caught up in {PausedPipeline.Span(left)}" : "")}");
        }

        if (Now.Oldest is { } oldest && oldest.For > WalMarks.LongOpen)
        {
            Line("held by", $"{oldest.Holder}, {oldest.State}, open for {PausedPipeline.Span(oldest.For)}: the log from its begin on is kept");
        }

        if (Now.Reading is { } reading)
        {
            Line("reads", Reading(reading, ReadRowsPerSecond));
        }

        if (Record is { } record)
        {
            Line("snapshot", record.SnapshotCompletedAt is { } at ? $"complete since {Time(at)}, as of {new Lsn(record.SnapshotLsn)}" : "none noted");
            Line("gaps", record.Gaps.ToString(CultureInfo.InvariantCulture));
            foreach (var skip in Skips.Where(skip => skip.DoneAt is null).Concat(Skips.Where(skip => skip.DoneAt is not null).OrderByDescending(skip => skip.DoneAt).Take(DoneSkipsShown)))
            {
                Line("skip", $"{skip.Position}, asked for {Time(skip.AskedAt)} by {skip.AskedBy}: {OutcomeOf(skip).Sentence}");
            }
        }
        else
        {
            Line("record", NoRecord);
        }

        return text.ToString();
    }

    /// <summary>A table's progress, with a bar where the server has an estimate.</summary>
    internal static string Reading(SnapshotReading reading, double? rowsPerSecond)
    {
        const int BarWidth = 20;
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{reading.Table}: {reading.Rows:N0}");
        if (reading.EstimatedRows is > 0 and var rows)
        {
            // The estimate is of the last ANALYZE, and may be too low by now.
            int filled = (int)Math.Min(BarWidth, BarWidth * reading.Rows / rows);
            text.Append(CultureInfo.InvariantCulture, $" of about {rows:N0} rows [{new string('#', filled)}{new string('.', BarWidth - filled)}] {Math.Min(100, 100 * reading.Rows / rows)} %");
        }
        else
        {
            text.Append(" rows");
        }

        if (rowsPerSecond is > 0 and var pace)
        {
            text.Append(CultureInfo.InvariantCulture, $", {pace:N0} rows/s");
            if (reading.EstimatedRows is { } all && all > reading.Rows)
            {
                text.Append(CultureInfo.InvariantCulture, $", {PausedPipeline.Span(TimeSpan.FromSeconds((all - reading.Rows) / pace))} left for this table");
            }
        }

        return text.ToString();
    }

    public string Json()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("pipeline", Name);
            json.WriteString("slot", SlotName);
            json.WriteString("state", State.Word);
            json.WriteString("reason", State.Sentence);
            json.WriteString("at", Time(Now.At));
            json.WriteStartObject("lsn");
            Position(json, "end", Now.HeadLsn);
            Position(json, "sent", Now.Reader?.SentLsn ?? 0);
            Position(json, "received", Now.Reader?.ReceivedLsn ?? 0);
            Position(json, "confirmed", Now.Slot?.ConfirmedFlushLsn ?? 0);
            Position(json, "kept_from", Now.Slot?.RestartLsn ?? 0);
            json.WriteEndObject();
            json.WriteNumberOrNull("behind_bytes", Behind(Now.Slot?.ConfirmedFlushLsn ?? 0));
            json.WriteNumberOrNull("kept_bytes", Now.Slot?.HeldBytes);
            json.WriteNumberOrNull("keep_limit_bytes", Now.KeepBytes);
            json.WriteString("wal_status", Now.Slot?.WalStatus);
            json.WriteString("alarm", RetainedLog.NameOf(Alarm.Level));
            json.WriteString("alarm_reason", Alarm.Level == AlarmLevel.None ? null : Alarm.Reason);
            json.WriteNumberOrNull("log_bytes_per_second", Pace?.HeadBytesPerSecond);
            json.WriteNumberOrNull("confirmed_bytes_per_second", Pace?.ConfirmedBytesPerSecond);
            json.WriteNumberOrNull("seconds_to_catch_up", (long?)Pace?.ToCatchUp?.TotalSeconds);
            json.WriteNumberOrNull("seconds_to_full", (long?)Pace?.ToFull?.TotalSeconds);
            json.WriteNumberOrNull("reader_pid", Now.Reader?.Pid);
            json.WriteString("reader_client", Now.Reader?.Client);
            json.WriteString("oldest_transaction", Now.Oldest?.Who);
            json.WriteNumberOrNull("oldest_transaction_pid", Now.Oldest?.Pid);
            json.WriteNumberOrNull("oldest_transaction_seconds", (long?)Now.Oldest?.For.TotalSeconds);
            json.WriteString("reads_table", Now.Reading?.Table);
            json.WriteNumberOrNull("reads_rows", Now.Reading?.Rows);
            json.WriteNumberOrNull("reads_rows_estimated", Now.Reading?.EstimatedRows);
            json.WriteNumberOrNull("reads_rows_per_second", (long?)ReadRowsPerSecond);
            json.WriteString("snapshot_completed_at", Record?.SnapshotCompletedAt is { } at ? Time(at) : null);
            json.WriteString("paused_since", Pause?.SinceText);
            json.WriteString("paused_by", Pause?.By);
            json.WriteNumberOrNull("gaps", Record?.Gaps);
            json.WriteStartArray("skips");
            foreach (var skip in Skips)
            {
                json.WriteStartObject();
                json.WriteString("position", skip.Position.ToString());
                json.WriteString("asked_at", Time(skip.AskedAt));
                json.WriteString("asked_by", skip.AskedBy);
                json.WriteString("outcome", OutcomeOf(skip).Word);
                json.WriteString("done_at", skip.DoneAt is { } done ? Time(done) : null);
                json.WriteString("table", skip.Table.Length > 0 ? skip.Table : null);
                json.WriteString("reason", skip.Reason.Length > 0 ? skip.Reason : null);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    private (string Word, string Sentence) OutcomeOf(EventSkip skip) => skip switch
    {
        { DoneAt: { } at } => ("done", $"left out {Time(at)}{(skip.Table.Length > 0 ? $", operation {skip.Operation} of {skip.Table}" : "")}: {skip.Reason}"),
        _ when Record?.ConfirmedLsn > skip.Position.CommitLsn => ("passed", $"never met: {new Lsn(Record.ConfirmedLsn)} is confirmed, and there was no event at this position"),
        _ => ("waiting", "the pipeline has not come to it"),
    };

    private (string Word, string Sentence) Reader()
    {
        var reader = Now.Reader;
        string whom = reader is { Application.Length: > 0 } ? $" to {reader.Application} at {reader.Client} since {Time(reader.Since)}" : "";
        string hint = reader is { State.Length: > 0 } ? "" : "; to see how far: GRANT pg_monitor TO the user";
        return (reader?.State == "catchup" ? "catching-up" : "streaming", $"process {Now.Slot!.ActivePid} of the server sends{whom}{hint}");
    }

    private void Rung(Action<string, string> line, string name, ulong lsn) =>
        line("", $"{name,-11}{(lsn == 0 ? "-" : $"{new Lsn(lsn).ToString(),-18}{Size(Behind(lsn) ?? 0)} behind")}");

    private long? Behind(ulong lsn) => lsn == 0 ? null : Now.HeadLsn > lsn ? (long)(Now.HeadLsn - lsn) : 0;

    private static void Position(Utf8JsonWriter json, string name, ulong lsn) => json.WriteString(name, lsn == 0 ? null : new Lsn(lsn).ToString());

    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    internal static string Size(long bytes) => bytes switch
    {
        < 10_240 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 10_485_760 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0} kB"),
        < 10_737_418_240 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0} GB"),
    };
}
