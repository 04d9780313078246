using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>date as days since 1970-01-01. The infinities are what Debezium makes of them, different in stream and snapshot (capture A12).</summary>
/// <param name="schema">io.debezium.time.Date or Connect's Date.</param>
/// <param name="throughJavaSql">A snapshot row or an array element.</param>
internal sealed class DateEncoder(SchemaNode schema, bool throughJavaSql) : WireEncoder(schema, [.. "0"u8])
{
    // LocalDate -5877611-06-21 and -22, the constants that Debezium's stream decoder uses.
    private const long StreamAfter = -2_147_472_692;
    private const long StreamBefore = -2_147_472_691;

    // java.sql.Date of Long.MAX/MIN-like milliseconds, days cut to 32 bits.
    private const long JavaSqlAfter = -622_191_234;
    private const long JavaSqlBefore = -625_821_272;

    // LocalDateTime.MAX and MIN in days, cut to 32 bits: how a default of infinity is read (capture A13).
    private const long DefaultAfter = 169_560_311;
    private const int DefaultBefore = unchecked((int)-365_243_219_162);

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseDate(text);
        JsonNumber.Write(moment.Kind switch
        {
            MomentKind.After => throughJavaSql ? JavaSqlAfter : StreamAfter,
            MomentKind.Before => throughJavaSql ? JavaSqlBefore : StreamBefore,
            _ => (throughJavaSql ? moment.Date.ThroughJavaSqlFields() : moment.Date).ToEpochDay(),
        }, output);
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseDate(text);
        JsonNumber.Write(moment.Kind switch
        {
            MomentKind.After => DefaultAfter,
            MomentKind.Before => DefaultBefore,
            _ => moment.Date.ToEpochDay(),
        }, output);
    }
}

/// <summary>date, <c>time.precision.mode=isostring</c>: <c>2016-11-04Z</c>.</summary>
/// <param name="throughJavaSql">A snapshot row or an array element.</param>
internal sealed class IsoDateEncoder(bool throughJavaSql) : WireEncoder(TemporalSchema.Debezium("string", "IsoDate"), [.. "\"1970-01-01Z\""u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseDate(text);
        switch (moment.Kind)
        {
            case MomentKind.After:
                output.Write(throughJavaSql ? "\"+292278994-08-16Z\""u8 : "\"-5877611-06-21Z\""u8);
                break;
            case MomentKind.Before:
                output.Write(throughJavaSql ? "\"+292269055-12-02Z\""u8 : "\"-5877611-06-22Z\""u8);
                break;
            default:
                Write(throughJavaSql ? moment.Date.ThroughJavaSqlFields() : moment.Date, output);
                break;
        }
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseDate(text);
        switch (moment.Kind)
        {
            case MomentKind.After:
                output.Write("\"+999999999-12-31Z\""u8);
                break;
            case MomentKind.Before:
                output.Write("\"-999999999-01-01Z\""u8);
                break;
            default:
                Write(moment.Date, output);
                break;
        }
    }

    private static void Write(CivilDate date, SlabWriter output)
    {
        output.WriteByte((byte)'"');
        IsoTimeJson.WriteDate(date, output);
        output.Write("Z\""u8);
    }
}
