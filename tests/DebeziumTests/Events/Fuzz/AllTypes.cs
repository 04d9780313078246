using Penstock.DebeziumTests.Values;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>A stream with every kind of message and every kind of type, so that mutations do not depend on a corpus.</summary>
internal sealed class AllTypes : ICatalog
{
    private const uint Wide = 30_001;
    private const uint Narrow = 30_002;
    private const uint Signals = 30_003;

    private static readonly CatalogTable[] Tables =
    [
        Table(Wide, "wide", [("id", 23), .. SampleValues.Oids.Select(oid => ($"c{oid}", oid))]),
        Table(Narrow, "outbox", [("id", 23), ("aggregateid", 25), ("aggregatetype", 25), ("payload", 3802), ("note", 25)]),
        Table(Signals, "signals", [("id", 1043), ("type", 1043), ("data", 1043)]),
    ];

    public static FuzzStream Stream()
    {
        string?[] row = ["1", .. SampleValues.Oids.Select(SampleValues.TextOf)];
        string?[] nulls = ["1", .. SampleValues.Oids.Select(_ => (string?)null)];
        string?[] moved = ["2", .. SampleValues.Oids.Select(oid => oid == 25 ? "other" : SampleValues.TextOf(oid))];
        string?[] toasted = ["1", .. SampleValues.Oids.Select((oid, i) => i % 2 == 0 ? WalScript.Unchanged : SampleValues.TextOf(oid))];
        var script = new WalScript()
            .Begin(0x2000)
            .Raw([(byte)'O', 0, 0, 0, 0, 0, 0, 0x10, 0, .. "far"u8, 0], 0x1900)
            .Raw([(byte)'Y', 0, 0, 0x4E, 0x20, .. "public"u8, 0, .. "mood"u8, 0], 0x1900)
            .Relation(Wide, "public", "wide", 'd', Columns(Tables[0]))
            .Insert(0x1910, Wide, row)
            .Insert(0x1920, Wide, nulls)
            .Update(0x1930, Wide, null, ' ', toasted)
            .Update(0x1940, Wide, row, 'O', moved)
            .Update(0x1950, Wide, nulls, 'K', moved)
            .Update(0x1960, Wide, row, 'O', toasted)
            .Delete(0x1970, Wide, 'K', nulls)
            .Delete(0x1980, Wide, 'O', row)
            .Relation(Narrow, "public", "outbox", 'f', Columns(Tables[1]))
            .Insert(0x1990, Narrow, "7", "a-1", "order", "{\"a\": {\"b\": [1, 2]}, \"c\": \"\u00e9\"}", "plain")
            .Update(0x19A0, Narrow, ["7", "a-1", "order", "{}", "plain"], 'O', "7", "a-1", "order", "{}", "new")
            .Message(0x19B0, true, "outbox", "{\"id\":\"1\",\"aggregateid\":\"a\",\"aggregatetype\":\"t\",\"payload\":\"p\"}")
            .Raw([(byte)'T', 0, 0, 0, 2, 0, 0, 0, 0x75, 0x31, 0, 0, 0x75, 0x32], 0x19C0)
            .Relation(Signals, "public", "signals", 'd', Columns(Tables[2]))
            .Insert(0x19D0, Signals, "s1", "execute-snapshot", "{\"data-collections\": [\"public.wide\"], \"type\": \"incremental\", \"additional-conditions\": [{\"data-collection\": \"public.wide\", \"filter\": \"id > 3\"}]}")
            .Insert(0x19E0, Signals, "s2", "execute-snapshot", "{\"data-collections\": [\"public..*\"], \"type\": \"blocking\"}")
            .Insert(0x19F0, Signals, "s3", "log", "{\"message\": \"at {}\"}")
            .Insert(0x1A00, Signals, "s4", "pause-snapshot", "{\"type\": \"incremental\"}")
            .Insert(0x1A10, Signals, "s5", "resume-snapshot", "{\"type\": \"incremental\"}")
            .Insert(0x1A20, Signals, "s6", "stop-snapshot", "{\"data-collections\": [\"public.wide\"], \"type\": \"incremental\"}")
            .Delete(0x1A30, Signals, 'K', "s1", null, null)
            .Commit(0x2000, 0x2030)
            .Message(0x2100, false, "alone", "text");
        return new FuzzStream(
            "all types",
            new AllTypes(),
            _ => { },
            new Dictionary<string, string>(),
            [.. Enumerable.Range(0, script.Count).Select(i => FuzzStream.Message(script.Bytes(i), 0))]);
    }

    public CatalogTable? FindTable(uint oid) => Array.Find(Tables, t => t.Oid == oid);

    public CatalogType? FindType(uint oid) => Array.Find(SampleValues.Types, t => t.Oid == oid);

    private static (string, uint, bool)[] Columns(CatalogTable table) => [.. table.Columns.Select((c, i) => (c.Name, c.TypeOid, i == 0))];

    private static CatalogTable Table(uint oid, string name, (string Name, uint Type)[] columns) => new(
        oid,
        "public",
        name,
        'r',
        'd',
        false,
        null,
        [.. columns.Select((c, i) => new CatalogColumn(c.Name, i + 1, $"type{c.Type}", c.Type, -1, i == 0, "", "", c.Type == 25 ? "'none'::text" : null, 0))],
        ["id"],
        [new CatalogIndex($"{name}_pkey", false, true, null, ["id"])]);
}
