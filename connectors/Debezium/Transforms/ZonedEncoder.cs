using System.Globalization;
using System.Text;
using Penstock.Debezium.Schemas;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Transforms;

/// <summary>
/// Writes what another encoder writes, in another zone. Allocates for each value: a small text. What .NET's calendar does not reach (before year 1, after 9999, infinities) stays as it is.
/// </summary>
internal sealed class ZonedEncoder(ValueEncoder inner, TimeZoneInfo zone) : ValueEncoder
{
    private const string Prefix = "io.debezium.time.";
    private const string ConnectTimestamp = "org.apache.kafka.connect.data.Timestamp";

    private readonly JsonScratch _scratch = new();

    public override SchemaNode Schema => inner.Schema;

    public override bool ReadsAsNull => inner.ReadsAsNull;

    public override bool NeedsNullForUnavailable => inner.NeedsNullForUnavailable;

    public override long Losses => inner.Losses;

    /// <summary>Whether values with this schema name are converted.</summary>
    public static bool Converts(string? schemaName) => schemaName is ConnectTimestamp
        or Prefix + "ZonedTimestamp" or Prefix + "ZonedTime" or Prefix + "Timestamp" or Prefix + "MicroTimestamp" or Prefix + "NanoTimestamp";

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        inner.Write(text, _scratch.Begin());
        WriteConverted(output);
    }

    public override void WriteUnavailable(SlabWriter output) => inner.WriteUnavailable(output);

    public override void WriteZero(SlabWriter output)
    {
        inner.WriteZero(_scratch.Begin());
        WriteConverted(output);
    }

    private void WriteConverted(SlabWriter output)
    {
        string json = Encoding.UTF8.GetString(_scratch.Span);
        string? converted = Schema.Name switch
        {
            Prefix + "ZonedTimestamp" => Timestamp(json.Trim('"')),
            Prefix + "ZonedTime" => Time(json.Trim('"')),
            Prefix + "MicroTimestamp" => Number(json, TimeSpan.TicksPerMicrosecond, 1),
            Prefix + "NanoTimestamp" => Number(json, 1, TimeSpan.NanosecondsPerTick),
            _ => Number(json, TimeSpan.TicksPerMillisecond, 1),
        };
        output.Write(Encoding.UTF8.GetBytes(converted ?? json));
    }

    private string? Timestamp(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) && moment.Year is > 1 and < 9999
            ? $"\"{moment.ToOffset(OffsetAt(moment.DateTime)).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture)}{Suffix(OffsetAt(moment.DateTime))}\""
            : null;

    // The zone's offset of today, since a time of day has no date.
    private string? Time(string text)
    {
        int end = text.AsSpan().IndexOfAny('Z', '+', '-');
        if (end < 0 || !TimeOnly.TryParse(text.AsSpan(0, end), CultureInfo.InvariantCulture, out var time)
            || (text[end] != 'Z' && !TimeSpan.TryParse(text.AsSpan(end + 1), CultureInfo.InvariantCulture, out _)))
        {
            return null;
        }

        var offset = text[end] == 'Z' ? TimeSpan.Zero : TimeSpan.Parse(text.AsSpan(end + 1), CultureInfo.InvariantCulture) * (text[end] == '-' ? -1 : 1);
        var today = zone.GetUtcOffset(DateTimeOffset.UtcNow);
        return $"\"{time.Add(today - offset).ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture)}{Suffix(today)}\"";
    }

    // value x ticks / divisor are ticks since 1970 of a clock on the wall; the offset that the zone has then goes off it.
    private string? Number(string json, long ticks, long divisor)
    {
        if (!long.TryParse(json, CultureInfo.InvariantCulture, out long value))
        {
            return null;
        }

        var at = ((Int128)value * ticks / divisor) + DateTime.UnixEpoch.Ticks;
        return at < TimeSpan.TicksPerDay || at > DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay
            ? null
            : (value - (OffsetAt(new DateTime((long)at)).Ticks / ticks * divisor)).ToString(CultureInfo.InvariantCulture);
    }

    // Of a time that the clocks show twice the first, as Java does.
    private TimeSpan OffsetAt(DateTime wall)
    {
        wall = DateTime.SpecifyKind(wall, DateTimeKind.Unspecified);
        return zone.IsAmbiguousTime(wall) ? zone.GetAmbiguousTimeOffsets(wall).Max() : zone.GetUtcOffset(wall);
    }

    private static string Suffix(TimeSpan offset) => offset == TimeSpan.Zero ? "Z" : $"{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hh\\:mm}";
}
