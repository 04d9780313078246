using System.Globalization;
using System.Text;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;

namespace Penstock.Micro.Cases;

/// <summary>The decoder's cases by name. A case whose input changes gets a new name: its figures are no longer the same figures.</summary>
internal static partial class DecoderCases
{
    /// <summary>Rows of a batch: what one transaction of the load's workload has.</summary>
    public const int Rows = 1000;

    /// <summary>Rows of a batch where each event has 10 kB: about the bytes of the others.</summary>
    public const int LargeRows = 100;

    private const int DocumentBytes = 10_000;

    private static readonly EventFormat Plain = new() { TopicPrefix = "shop", Database = "shop" };

    private static readonly string[] States = ["new", "paid", "shipped", "returned"];

    /// <summary>The row of the bar: seven columns of the load's base workload.</summary>
    public static DecoderCase OrdersInsert() => new("orders-insert", Plain, Orders(), Rows, Inserts(Orders()));

    public static DecoderCase OrdersInsertWithSchemas() =>
        new("orders-insert-schemas", Plain with { KeySchemas = true, ValueSchemas = true }, Orders(), Rows, Inserts(Orders()));

    public static DecoderCase OrdersInsertWithHeaders() =>
        new("orders-insert-headers", Plain with { ExtendedHeaders = true, RunId = "5f0c2f6e-8f43-4f5b-9a55-6a3d8e5b9b11" }, Orders(), Rows, Inserts(Orders()));

    public static DecoderCase OrdersInsertWithTransaction() => new("orders-insert-transaction", Plain with { TransactionMetadata = true }, Orders(), Rows, Inserts(Orders()));

    public static DecoderCase OrdersUpdateFull()
    {
        var table = Orders();
        return new("orders-update-full", Plain, table, Rows, UpdatesOfState(table));
    }

    /// <summary>A delete is two records, the event and its tombstone.</summary>
    public static DecoderCase OrdersDelete()
    {
        var table = Orders();
        return new("orders-delete", Plain, table, Rows, (stream, row) => stream.Delete(table.KeyOf(row)));
    }

    /// <summary>100 columns: a key and eleven times the same nine types.</summary>
    public static DecoderCase Wide100()
    {
        const int Groups = 11;
        var columns = new List<SampleColumn> { SampleColumn.Int64("id", Number) };
        for (int group = 0; group < Groups; group++)
        {
            int salt = group * 7919;
            columns.AddRange(
            [
                SampleColumn.Int64($"c{group}_bigint", row => Number(row + salt)),
                SampleColumn.Int32($"c{group}_integer", row => Number((row + salt) % 1000)),
                SampleColumn.Numeric($"c{group}_numeric", 14, 4, row => Decimal(row + salt, 4)),
                new($"c{group}_timestamptz", "timestamp with time zone", 1184, -1, true, row => Time(row + salt) + "+00"),
                new($"c{group}_date", "date", 1082, -1, true, row => Time(row + salt)[..10]),
                new($"c{group}_boolean", "boolean", 16, -1, true, row => (row + salt) % 2 == 0 ? "t" : "f"),
                new($"c{group}_uuid", "uuid", 2950, -1, true, row => new Guid(row, (short)salt, 7, 1, 2, 3, 4, 5, 6, 7, 8).ToString()),
                SampleColumn.Words($"c{group}_text", true, row => Sentence(10 + ((row + salt) % 30), row)),
                SampleColumn.Words($"c{group}_note", false, row => (row + salt) % 3 == 0 ? null : Sentence(20, row)),
            ]);
        }

        return new("wide-100", Plain, new SampleTable("wide", [.. columns]), Rows, Inserts(new SampleTable("wide", [.. columns])));
    }

    public static DecoderCase Jsonb10Kb()
    {
        var table = new SampleTable("documents", SampleColumn.Int64("id", Number), new SampleColumn("doc", "jsonb", 3802, -1, true, Document));
        return new("jsonb-10kb", Plain, table, LargeRows, Inserts(table));
    }

    /// <summary>Twenty integers and ten texts, some of them quoted.</summary>
    public static DecoderCase Arrays()
    {
        var table = new SampleTable(
            "arrays",
            SampleColumn.Int64("id", Number),
            new SampleColumn("numbers", "integer[]", 1007, -1, true, row => "{" + string.Join(',', Enumerable.Range(row, 20)) + "}"),
            new SampleColumn("labels", "text[]", 1009, -1, true, row =>
                "{" + string.Join(',', Enumerable.Range(row, 10).Select(i => i % 3 == 0 ? $"\"label \\\"{i}\\\"\"" : $"label{i}")) + "}"));
        return new("arrays", Plain, table, Rows, Inserts(table));
    }

    /// <summary>Ten numerics of five shapes, from 12 to 60 digits, with and without a scale.</summary>
    public static DecoderCase NumericHeavy()
    {
        var columns = new List<SampleColumn> { SampleColumn.Int64("id", Number) };
        for (int i = 0; i < 2; i++)
        {
            int salt = i * 104_729;
            columns.AddRange(
            [
                SampleColumn.Numeric($"amount{i}", 12, 2, row => Decimal(row + salt, 2)),
                SampleColumn.Numeric($"rate{i}", 18, 8, row => Decimal(row + salt, 8)),
                SampleColumn.Numeric($"wide{i}", 38, 10, row => "1234567890123456" + Decimal(row + salt, 10)),
                SampleColumn.Numeric($"huge{i}", 60, 0, row => "123456789012345678901234567890123456789012345678" + Number(row + 100_000)),
                new($"free{i}", "numeric", 1700, -1, true, row => "-" + Decimal(row + salt, 5)),
            ]);
        }

        var table = new SampleTable("ledger", [.. columns]);
        return new("numeric-heavy", Plain, table, Rows, Inserts(table));
    }

    /// <summary>All of them, for the gate.</summary>
    public static IEnumerable<DecoderCase> All() =>
    [
        OrdersInsert(),
        OrdersInsertWithSchemas(),
        OrdersInsertWithHeaders(),
        OrdersInsertWithTransaction(),
        OrdersUpdateFull(),
        OrdersDelete(),
        Wide100(),
        Jsonb10Kb(),
        Arrays(),
        NumericHeavy(),
        OrdersUnwrapped(),
        OrdersRouted(),
        OrdersPartitioned(),
        OrdersUpdateWithChanges(),
        OrdersMasked(),
        OrdersTruncated(),
        .. Enum.GetValues<TimeMode>().Select(Times),
        Octets(BinaryMode.Bytes),
        Octets(BinaryMode.Hex),
        UnicodeText(),
        Identifiers(),
        UpdateToast(),
    ];

    private static SampleTable Orders() => new(
        "orders",
        SampleColumn.Int64("id", row => Number(1_000_000 + row)),
        SampleColumn.Int64("customer_id", row => Number((row * 7919) % 100_000)),
        SampleColumn.Words("status", true, row => States[row % States.Length]),
        SampleColumn.Numeric("amount", 12, 2, row => Decimal(row, 2)),
        SampleColumn.Int32("quantity", row => Number(1 + (row % 20))),
        new SampleColumn("placed_at", "timestamp with time zone", 1184, -1, true, row => Time(row) + "+00"),
        SampleColumn.Words("note", false, row => Sentence(20 + (row % 21), row)));

    private static Action<PgOutputText, int> Inserts(SampleTable table) => (stream, row) => stream.Insert(table.Row(row));

    private static Action<PgOutputText, int> UpdatesOfState(SampleTable table) => (stream, row) =>
    {
        string?[] now = table.Row(row);
        now[2] = States[(row + 1) % States.Length];
        stream.UpdateFull(table.Row(row), now);
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Decimal(int seed, int scale) => $"{(seed * 7919L) % 10_000}.{((seed * 104_729L) % 100_000_000).ToString("D10", CultureInfo.InvariantCulture)[^scale..]}";

    private static string Time(int seed) =>
        new DateTime(2026, 11, 22, 13, 51, 30, DateTimeKind.Utc).AddMicroseconds(seed * 1009L).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    // Hexadecimal digits, as the load's notes are.
    private static string Sentence(int length, int seed)
    {
        var text = new StringBuilder();
        for (uint state = (uint)seed + 1; text.Length < length;)
        {
            state = (state * 1_664_525) + 1_013_904_223;
            text.Append(state.ToString("x8", CultureInfo.InvariantCulture));
        }

        return text.ToString(0, length);
    }

    // As jsonb_out writes it: a space behind colon and comma.
    private static string Document(int row)
    {
        var text = new StringBuilder("{\"items\": [");
        for (int i = 0; text.Length < DocumentBytes; i++)
        {
            text.Append(i == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture, $"{{\"sku\": \"{Sentence(12, row + i)}\", \"quantity\": {i % 9}, \"price\": {Decimal(row + i, 2)}, \"note\": \"naïve — café\"}}");
        }

        return text.Append("]}").ToString();
    }
}
