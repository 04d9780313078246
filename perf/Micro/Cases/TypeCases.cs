using System.Globalization;
using Penstock.Debezium.Values;

namespace Penstock.Micro.Cases;

/// <summary>Tables that have much of one kind of value.</summary>
internal static partial class DecoderCases
{
    /// <summary>Ten columns of the seven types of dates and times, in one of the modes.</summary>
    public static DecoderCase Times(TimeMode mode)
    {
        var table = new SampleTable(
            "times",
            SampleColumn.Int64("id", Number),
            new("a", "timestamp without time zone", 1114, -1, true, Time),
            new("b", "timestamp without time zone", 1114, -1, true, row => Time(row * 31)),
            new("c", "timestamp(3) without time zone", 1114, 3, true, row => Time(row)[..23]),
            new("d", "timestamp with time zone", 1184, -1, true, row => Time(row) + "+00"),
            new("e", "timestamp with time zone", 1184, -1, true, row => Time(row * 17) + "+02"),
            new("f", "date", 1082, -1, true, row => Time(row)[..10]),
            new("g", "time without time zone", 1083, -1, true, row => Time(row)[11..]),
            new("h", "time(3) without time zone", 1083, 3, true, row => Time(row)[11..23]),
            new("i", "time with time zone", 1266, -1, true, row => Time(row)[11..] + "+01"),
            new("j", "interval", 1186, -1, true, row => $"{row % 9} mons {row % 30} days {Time(row)[11..]}"));
        string name = $"times-{mode switch { TimeMode.AdaptiveTimeMicroseconds => "adaptive-us", TimeMode.IsoString => "iso", _ => mode.ToString().ToLowerInvariant() }}";
        return new(name, Plain with { Values = new ValueModes { Time = mode, IntervalAsText = mode == TimeMode.IsoString } }, table, Rows, Inserts(table));
    }

    /// <summary>Two kilobytes of octets.</summary>
    public static DecoderCase Octets(BinaryMode mode)
    {
        var table = new SampleTable(
            "octets",
            SampleColumn.Int64("id", Number),
            new("small", "bytea", 17, -1, true, row => "\\x" + Sentence(64, row)),
            new("large", "bytea", 17, -1, true, row => "\\x" + Sentence(4096, row)));
        return new($"bytea-{mode.ToString().ToLowerInvariant()}", Plain with { Values = new ValueModes { Binary = mode } }, table, Rows, Inserts(table));
    }

    /// <summary>300 characters of two, three and four bytes beside ASCII; those of four bytes are escaped.</summary>
    public static DecoderCase UnicodeText()
    {
        var table = new SampleTable(
            "texts",
            SampleColumn.Int64("id", Number),
            SampleColumn.Words("greek", true, row => string.Concat(Enumerable.Range(row, 20).Select(i => $"λόγος {i % 97} "))),
            SampleColumn.Words("han", true, row => string.Concat(Enumerable.Range(row, 20).Select(i => (char)(0x4E00 + (i % 5000))))),
            SampleColumn.Words("faces", true, row => string.Concat(Enumerable.Range(row, 10).Select(i => $"{char.ConvertFromUtf32(0x1F600 + (i % 64))} ok"))));
        return new("unicode-text", Plain, table, Rows, Inserts(table));
    }

    /// <summary>Short values that are written as they are: enums, UUIDs, addresses, ranges.</summary>
    public static DecoderCase Identifiers()
    {
        static string Id(int row) => new Guid(row, 1, 7, 1, 2, 3, 4, 5, 6, 7, 8).ToString();
        var table = new SampleTable(
            "identifiers",
            new("id", "uuid", 2950, -1, true, Id),
            new("parent", "uuid", 2950, -1, false, row => row % 5 == 0 ? null : Id(row / 2)),
            new("state", "state", SampleTable.States, -1, true, row => States[row % States.Length]),
            new("address", "inet", 869, -1, true, row => $"10.{row / 65_536}.{row / 256 % 256}.{row % 256}/24"),
            new("mac", "macaddr", 829, -1, true, row => $"08:00:2b:01:{row / 256 % 256:x2}:{row % 256:x2}"),
            new("span", "int4range", 3904, -1, true, row => string.Create(CultureInfo.InvariantCulture, $"[{row},{row + 10})")),
            new("active", "boolean", 16, -1, true, row => row % 2 == 0 ? "t" : "f"));
        return new("identifiers", Plain, table, Rows, Inserts(table));
    }

    /// <summary>An update that leaves two TOASTed columns of its three as they are.</summary>
    public static DecoderCase UpdateToast()
    {
        var table = new SampleTable(
            "documents",
            SampleColumn.Int64("id", Number),
            SampleColumn.Words("title", true, row => Sentence(20, row)),
            SampleColumn.Words("body", true, _ => PgOutputText.Unchanged),
            new SampleColumn("doc", "jsonb", 3802, -1, true, _ => PgOutputText.Unchanged));
        return new("update-toast", Plain, table, Rows, (stream, row) => stream.Update(table.Row(row)));
    }
}
