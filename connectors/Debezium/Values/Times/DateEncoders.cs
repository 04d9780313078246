using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>date as days since 1970-01-01. The infinities are what Debezium makes of them, different in stream and snapshot (capture A12).</summary>
/// <param name="schema">io.debezium.time.Date or Connect's Date.</param>
/// <param name="throughJavaSql">A snapshot row or an array element.</param>
/// <param name="correct">The infinities are the ends of 32 bits, which Postgres itself keeps for them and no date reaches.</param>
internal sealed class DateEncoder(SchemaNode schema, bool throughJavaSql, bool correct) : WireEncoder(schema, [.. "0"u8])
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
        if (moment.Kind != MomentKind.Finite)
        {
            WriteInfinity(moment.Kind == MomentKind.After, output);
            return;
        }

        var date = throughJavaSql ? moment.Date.ThroughJavaSqlFields() : moment.Date;
        if (date != moment.Date)
        {
            Lose();
        }

        JsonNumber.Write(date.ToEpochDay(), output);
    }

    private void WriteInfinity(bool after, SlabWriter output)
    {
        if (correct)
        {
            JsonNumber.Write(after ? int.MaxValue : int.MinValue, output);
            return;
        }

        Lose();
        JsonNumber.Write(after ? throughJavaSql ? JavaSqlAfter : StreamAfter : throughJavaSql ? JavaSqlBefore : StreamBefore, output);
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (correct)
        {
            Write(text, output);
            return;
        }

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
/// <param name="correct">The infinities are words, as in a timestamp with time zone.</param>
internal sealed class IsoDateEncoder(bool throughJavaSql, bool correct) : WireEncoder(TemporalSchema.Debezium("string", "IsoDate"), [.. "\"1970-01-01Z\""u8])
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var moment = Moment.ParseDate(text);
        if (moment.Kind != MomentKind.Finite)
        {
            WriteInfinity(moment.Kind == MomentKind.After, output);
            return;
        }

        var date = throughJavaSql ? moment.Date.ThroughJavaSqlFields() : moment.Date;
        if (date != moment.Date)
        {
            Lose();
        }

        Write(date, output);
    }

    private void WriteInfinity(bool after, SlabWriter output)
    {
        if (correct)
        {
            output.Write(after ? "\"infinity\""u8 : "\"-infinity\""u8);
            return;
        }

        Lose();
        output.Write(after
            ? throughJavaSql ? "\"+292278994-08-16Z\""u8 : "\"-5877611-06-21Z\""u8
            : throughJavaSql ? "\"+292269055-12-02Z\""u8 : "\"-5877611-06-22Z\""u8);
    }

    public override void WriteDefault(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (correct)
        {
            Write(text, output);
            return;
        }

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
