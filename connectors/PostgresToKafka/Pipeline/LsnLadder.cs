using Penstock.Engine.Flow;
using Penstock.Engine.Watching;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Where the parts of a stream stand in the write-ahead log, from its end down to what the server was told. Any thread.</summary>
/// <param name="head">Where the log ends.</param>
/// <param name="watermark">What is decoded and delivered.</param>
/// <param name="reader">What is received.</param>
/// <param name="status">What is confirmed.</param>
internal sealed class LsnLadder(LogHead head, Watermark watermark, IWalReader reader, StatusThread status)
{
    /// <summary>How old the end of the log is that everything before is delivered of; null where it is not known. Allocates nothing.</summary>
    public double? DeliveredSeconds(long nowMs) => head.SecondsSince(Delivered, nowMs);

    /// <summary>What is not delivered yet; null where it is not known. Allocates nothing.</summary>
    public long? UndeliveredBytes => Behind(Delivered);

    /// <summary>All of it, the end first.</summary>
    public IReadOnlyList<Rung> Rungs(long nowMs)
    {
        var last = head.Last;
        ulong received = reader.ReceivedLsn;
        // The look is some seconds old: what has come since then was sent, and the end is there at least.
        ulong end = last is null ? 0 : Math.Max(last.HeadLsn, received), sent = last?.Reader is { SentLsn: > 0 } walsender ? Math.Max(walsender.SentLsn, received) : 0;
        return
        [
            new Rung("head", Text(end), last is null ? null : 0, last is null ? null : 0),
            At("sent", sent, nowMs),
            At("received", received, nowMs),
            At("decoded", Math.Max(watermark.OpenedPosition, status.ConfirmedLsn), nowMs),
            At("delivered", Delivered, nowMs),
            At("confirmed", status.ConfirmedLsn, nowMs),
        ];
    }

    // A stream that was just begun has delivered nothing, and everything before its begin is.
    private ulong Delivered => Math.Max(watermark.Position, status.ConfirmedLsn);

    private Rung At(string name, ulong lsn, long nowMs) => new(name, Text(lsn), Behind(lsn), head.SecondsSince(lsn, nowMs));

    private long? Behind(ulong lsn) => lsn == 0 || head.Last is not { } last ? null : last.HeadLsn > lsn ? (long)(last.HeadLsn - lsn) : 0;

    private static string Text(ulong lsn) => lsn == 0 ? "" : new Lsn(lsn).ToString();
}
