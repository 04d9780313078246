using System.Globalization;
using Penstock.Engine.Operations;
using Penstock.Postgres.Wal;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>status --watch</c>: a screen that stays where a terminal is, a line for each look on a pipe.</summary>
internal static class StatusScreen
{
    /// <summary>One look on a screen.</summary>
    public static IRenderable Of(StatusReport report)
    {
        var color = report.Alarm.Level switch
        {
            AlarmLevel.Critical => Color.Red,
            AlarmLevel.Warning => Color.Yellow,
            _ => Color.Green,
        };
        // The first line is the panel's head; the text is written as it is, not as markup.
        return new Panel(new Text(report.Text().TrimEnd()))
            .Header($" {Markup.Escape(report.Name)}: {report.State.Word} ")
            .BorderColor(color)
            .RoundedBorder()
            .Expand();
    }

    /// <summary>One look on a pipe.</summary>
    public static string Line(StatusReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"at={report.Now.At.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} state={report.State.Word} end={new Lsn(report.Now.HeadLsn)} confirmed={(report.Now.Slot is { } slot ? new Lsn(slot.ConfirmedFlushLsn).ToString() : "-")} behind_bytes={report.Now.UnconfirmedBytes} kept_bytes={report.Now.Slot?.HeldBytes ?? 0} log_bytes_per_second={report.Pace?.HeadBytesPerSecond ?? 0} confirmed_bytes_per_second={report.Pace?.ConfirmedBytesPerSecond ?? 0} alarm={RetainedLog.NameOf(report.Alarm.Level)}");
}
