using System.Text;
using System.Text.Json;

namespace Penstock.Engine.Operations;

/// <summary>What <c>/healthz</c> says.</summary>
internal static class HealthJson
{
    public static string Text(HealthReport report)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("state", HealthEndpoint.NameOf(report.State));
            json.WriteString("since", report.Since.UtcDateTime);
            json.WriteString("last_error", report.LastError);
            json.WriteString("received_position", report.ReceivedPosition);
            json.WriteString("confirmed_position", report.ConfirmedPosition);
            json.WriteNumber("events", report.Events);
            json.WriteNumber("gaps", report.Gaps);
            json.WriteString("last_gap", report.LastGap);
            if (report.Pause is { } pause)
            {
                json.WriteStartObject("pause");
                json.WriteString("by", pause.By);
                json.WriteString("since", pause.Since.UtcDateTime);
                json.WriteNumber("retained_bytes", pause.RetainedBytes);
                json.WriteString("slot", pause.Slot);
                json.WriteEndObject();
            }

            if (report.Retained is { } retained)
            {
                json.WriteStartObject("retained_log");
                json.WriteNumber("bytes", retained.RetainedBytes);
                json.WriteNumber("unconfirmed_bytes", retained.UnconfirmedBytes);
                json.WriteNumberOrNull("limit_bytes", retained.LimitBytes);
                json.WriteNumberOrNull("seconds_to_full", retained.SecondsToFull);
                json.WriteString("alarm", RetainedLog.NameOf(retained.Alarm));
                json.WriteString("reason", retained.Reason);
                json.WriteEndObject();
            }

            json.WriteStartArray("losses");
            foreach (var loss in report.Losses)
            {
                json.WriteStartObject();
                json.WriteString("table", loss.Table);
                json.WriteString("column", loss.Column);
                json.WriteString("type", loss.Type);
                json.WriteNumber("values", loss.Values);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(body.ToArray()) + "\n";
    }
}
