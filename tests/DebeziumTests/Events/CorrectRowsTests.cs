using System.Buffers.Binary;
using System.Text;
using Penstock.Debezium.Columns;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Events;

/// <summary>What <c>PENSTOCK_COMPAT=correct</c> changes about rows, keys and records, beside the values themselves.</summary>
public sealed class CorrectRowsTests : ICatalog, ITableSelection
{
    private const uint Table = 30_000, Int4 = 23, Text = 25, Bool8 = 1000, Numeric = 1700, Point = 600, NameType = 19;

    private static readonly EventFormat Correct = DecoderBench.Format with { Values = new ValueModes { Compat = CompatMode.Correct }, ReplaceNullWithDefault = false };

    private CatalogTable? _table;

    [Fact]
    public void The_old_row_says_null_for_what_the_server_did_not_send()
    {
        _table = TableOf(Column("id", Int4, true), Column("note", Text, true), Column("n", Int4, true, "7"));
        var script = Script('d', ("id", Int4, true), ("note", Text, false), ("n", Int4, false)).Delete(900, Table, 'K', "1", null, null).Commit(1000, 1080);
        Assert.Contains("\"before\":{\"id\":1,\"note\":null,\"n\":null}", Run(Correct, script)[0].Value, StringComparison.Ordinal);
        Assert.Contains("\"before\":{\"id\":1,\"note\":\"\",\"n\":7}", Run(DecoderBench.Format, script)[0].Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('d', true)]
    [InlineData('f', false)]
    public void Its_schema_allows_that_unless_the_identity_is_full(char identity, bool optional)
    {
        _table = TableOf(Column("id", Int4, true), Column("note", Text, true));
        var script = Script(identity, ("id", Int4, true), ("note", Text, identity == 'f')).Insert(900, Table, "1", "x").Commit(1000, 1080);
        var schema = EventJson.Member(Run(Correct with { ValueSchemas = true }, script)[0].Value!, "schema", "fields");
        foreach (var row in new[] { schema[0], schema[1] })
        {
            Assert.Equal([false, optional], row.GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("optional").GetBoolean()));
        }
    }

    [Fact]
    public void A_header_names_what_the_server_did_not_send_and_what_has_no_form()
    {
        _table = TableOf(Column("id", Int4, true), Column("note", Text, true), Column("flags", Bool8, true), Column("price", Numeric, false));
        var script = Script('f', ("id", Int4, true), ("note", Text, true), ("flags", Bool8, true), ("price", Numeric, true))
            .Insert(900, Table, "1", "x", "{t}", "1.5")
            .Update(901, Table, null, ' ', "1", WalScript.Unchanged, WalScript.Unchanged, "NaN")
            .Update(902, Table, ["1", "x", "{t}", "NaN"], 'O', "1", WalScript.Unchanged, "{f}", "2")
            .Commit(1000, 1080);
        var records = Run(Correct, script);
        Assert.Equal("", records[0].Headers);
        Assert.Equal("__penstock.unavailable=[\"after.note\",\"after.flags\"] __penstock.lost=[\"after.price\"]", records[1].Headers);
        Assert.Contains("\"after\":{\"id\":1,\"note\":\"__debezium_unavailable_value\",\"flags\":null,\"price\":null}", records[1].Value, StringComparison.Ordinal);
        Assert.Equal("__penstock.lost=[\"before.price\"]", records[2].Headers);
        Assert.Contains("\"after\":{\"id\":1,\"note\":\"x\",\"flags\":[false],\"price\":{\"scale\":0,\"value\":\"Ag==\"}}", records[2].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Context_headers_come_first_and_Debeziums_own_output_has_no_such_header()
    {
        _table = TableOf(Column("id", Int4, true), Column("price", Numeric, false));
        var script = Script('d', ("id", Int4, true), ("price", Numeric, false)).Insert(900, Table, "1", "NaN").Commit(1000, 1080);
        string headers = Run(Correct with { ExtendedHeaders = true, RunId = "r" }, script)[0].Headers;
        Assert.StartsWith("__debezium.context.connectorLogicalName=shop ", headers, StringComparison.Ordinal);
        Assert.EndsWith(" __debezium.context.runId=r __penstock.lost=[\"after.price\"]", headers, StringComparison.Ordinal);
        Assert.Equal("", Run(DecoderBench.Format, script)[0].Headers);
    }

    [Fact]
    public void A_delete_whose_key_the_server_does_not_send_stops_the_pipeline()
    {
        _table = TableOf(Column("id", Int4, true), Column("code", Int4, true)) with { ReplicaIdentity = 'i' };
        var script = Script('i', ("id", Int4, false), ("code", Int4, true)).Insert(900, Table, "1", "7").Delete(901, Table, 'K', null, "7").Commit(1000, 1080);
        var error = Assert.Throws<UndecodableEventException>(() => Run(Correct, script));
        Assert.Contains("REPLICA IDENTITY FULL", error.Message, StringComparison.Ordinal);
        Assert.Equal(("public.visits", 901UL), (error.Table, error.Lsn));
        Assert.Equal("{\"id\":0}", Run(DecoderBench.Format, script)[1].Key);
    }

    [Fact]
    public void The_key_columns_outside_of_the_identity_are_known_beforehand()
    {
        var table = TableOf(Column("id", Int4, true), Column("code", Int4, true));
        var keys = DecoderBench.Format with { MessageKeys = MessageKeyColumns.Parse("public.visits:code,id") };
        Assert.Empty(EventKeys.OutsideOfIdentity(DecoderBench.Format, table));
        Assert.Equal(["code"], EventKeys.OutsideOfIdentity(keys, table));
        Assert.Empty(EventKeys.OutsideOfIdentity(keys, table with { ReplicaIdentity = 'f' }));
        var byIndex = table with { ReplicaIdentity = 'i', UniqueIndexes = [new CatalogIndex("code_key", true, false, null, ["code"])] };
        Assert.Equal(["id"], EventKeys.OutsideOfIdentity(DecoderBench.Format, byIndex));
    }

    [Theory]
    [InlineData(null, true, "{\"code\":7}")]
    [InlineData("(code > 0)", true, null)]
    [InlineData(null, false, null)]
    public void Only_an_index_that_tells_every_row_is_a_key(string? predicate, bool notNull, string? key)
    {
        _table = TableOf(Column("id", Int4, true), Column("code", Int4, notNull)) with { ReplicaIdentity = 'f', PrimaryKey = [], UniqueIndexes = [new CatalogIndex("code_key", false, false, predicate, ["code"])] };
        var script = Script('f', ("id", Int4, true), ("code", Int4, true)).Insert(900, Table, "1", "7").Commit(1000, 1080);
        Assert.Equal(key, Run(Correct, script)[0].Key);
        Assert.Equal("{\"code\":7}", Run(DecoderBench.Format, script)[0].Key);
    }

    [Fact]
    public void Names_and_unknown_types_are_in_stream_and_snapshot_alike()
    {
        const uint Box = 603;
        _table = TableOf(Column("id", Int4, true), Column("n", NameType, false), Column("b", Box, false), Column("p", Point, false));
        WalScript Rows() => new WalScript().Relation(Table, "public", "visits", 'd', ("id", Int4, true), ("n", NameType, false), ("b", Box, false), ("p", Point, false)).Insert(900, Table, "1", "me", "(1,1),(0,0)", "(1,2)");
        var stream = Script('d', ("id", Int4, true), ("n", NameType, false), ("b", Box, false), ("p", Point, false)).Insert(900, Table, "1", "me", "(1,1),(0,0)", "(1,2)").Commit(1000, 1080);
        string streamed = After(Run(Correct, stream)[0].Value!);
        Assert.Equal(streamed, After(Run(Correct, Rows(), new SnapshotOrigin(1, 700, 0))[0].Value!));
        Assert.StartsWith("{\"id\":1,\"n\":\"me\",\"b\":\"(1,1),(0,0)\",\"p\":{", streamed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_may_be_passed_as_text_in_the_key_too()
    {
        _table = TableOf(Column("id", Int4, true), Column("price", Numeric, false));
        var script = Script('d', ("id", Int4, true), ("price", Numeric, false)).Insert(900, Table, "1", "NaN").Commit(1000, 1080);
        var format = DecoderBench.Format with { Columns = ColumnRules.None.With(ColumnRules.AsTextOption, @"public\.visits\.(id|price)")! };
        var record = Run(format, script)[0];
        Assert.Equal("{\"id\":\"1\"}", record.Key);
        Assert.Equal("{\"id\":\"1\",\"price\":\"NaN\"}", After(record.Value!));
    }

    [Fact]
    public void Messages_are_one_collection_and_have_their_own_time()
    {
        var script = new WalScript().Message(500, false, "p", "a").Begin(1000).Message(900, true, "p", "b").Message(901, true, "p", "c").Commit(1000, 1080);
        var records = Run(Correct with { TransactionMetadata = true }, script);
        Assert.Contains("\"ts_us\":1700000000123456,", records[0].Value, StringComparison.Ordinal);
        Assert.Equal(2, EventJson.Member(records[3].Value!, "transaction", "data_collection_order").GetInt64());
        Assert.Contains("\"data_collections\":[{\"data_collection\":\"LOGICAL_DECODING_MESSAGE\",\"event_count\":2}]", records[4].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_and_columns_left_out_are_told_by_column()
    {
        _table = TableOf(Column("id", Int4, true), Column("n", NameType, false), Column("b", 603, false), Column("d", 1082, false));
        var script = Script('d', ("id", Int4, true), ("n", NameType, false), ("b", 603, false), ("d", 1082, false))
            .Insert(900, Table, "1", "me", "(1,1),(0,0)", "infinity").Insert(901, Table, "2", null, null, "2020-01-01").Commit(1000, 1080);
        Run(DecoderBench.Format, script);
        Assert.Equal([("n", 1L), ("d", 1L)], _decoder!.Unrepresented.Select(u => (u.Column, u.Values)));
        Assert.Equal([("public.visits", "b", "type")], _decoder.LeftOut);
        Run(Correct, script);
        Assert.Empty(_decoder.Unrepresented);
        Assert.Empty(_decoder.LeftOut);
    }

    private EventDecoder? _decoder;

    public CatalogTable? FindTable(uint oid) => _table;

    public CatalogType? FindType(uint oid) => null;

    public bool Includes(string schema, string table) => true;

    public bool IncludesColumn(string schema, string table, string column) => true;

    private static WalScript Script(char identity, params (string Name, uint Type, bool Key)[] columns) => new WalScript().Begin(1000).Relation(Table, "public", "visits", identity, columns);

    private static CatalogTable TableOf(params CatalogColumn[] columns) =>
        new(Table, "public", "visits", 'r', 'd', false, null, columns, ["id"], [new CatalogIndex("visits_pkey", false, true, null, ["id"])]);

    private static CatalogColumn Column(string name, uint type, bool notNull, string? expression = null) => new(name, 1, "type", type, -1, notNull, "", "", expression, 1);

    private static string After(string value)
    {
        int start = value.IndexOf("\"after\":", StringComparison.Ordinal) + "\"after\":".Length;
        return value[start..value.IndexOf(",\"source\"", StringComparison.Ordinal)];
    }

    private List<(string? Key, string? Value, string Headers)> Run(EventFormat format, WalScript script, SnapshotOrigin? snapshot = null)
    {
        var records = new List<(string?, string?, string)>();
        _decoder = new EventDecoder(format, this, this, new TopicTable(), new SlabPool("records", 1 << 16, 2), batch =>
        {
            foreach (ref readonly var record in batch.Records)
            {
                records.Add((
                    record.KeyLength < 0 ? null : Encoding.UTF8.GetString(batch.Key(record)),
                    record.ValueLength < 0 ? null : Encoding.UTF8.GetString(batch.Value(record)),
                    record.HeadersLength == 0 ? "" : Headers(batch.Slab!.Bytes.AsSpan(record.HeadersOffset, record.HeadersLength))));
            }

            batch.ReturnSlab();
        });
        var input = script.Batch(new SlabPool("wal", 1 << 16, 2), snapshot: snapshot);
        _decoder.Decode(input);
        input.ReturnSlab();
        return records;
    }

    private static string Headers(ReadOnlySpan<byte> bytes)
    {
        var headers = new List<string>();
        int count = BinaryPrimitives.ReadInt16BigEndian(bytes);
        bytes = bytes[2..];
        for (; count > 0; count--)
        {
            headers.Add($"{Sized(ref bytes)}={Sized(ref bytes)}");
        }

        Assert.True(bytes.IsEmpty);
        return string.Join(' ', headers);
    }

    private static string Sized(ref ReadOnlySpan<byte> bytes)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        string text = Encoding.UTF8.GetString(bytes.Slice(4, length));
        bytes = bytes[(4 + length)..];
        return text;
    }
}
