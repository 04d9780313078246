using System.Text;
using System.Text.Json;
using Npgsql;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;
using Penstock.Servers;

namespace Penstock.EndToEnd.Values;

/// <summary>
/// The same rows of a real server by snapshot and by stream, in every mode: equal to the byte with <c>PENSTOCK_COMPAT=correct</c>; in Debezium's own output all but the columns that the
/// captures show to differ.
/// </summary>
public sealed class SnapshotAndStreamTests : IAsyncLifetime, ITableSelection
{
    private const string Database = "twice";
    private const int Rows = 60;
    private const int SlabBytes = 1 << 22;

    // Captures A6 (name), A7 (generated columns), A12 (dates).
    private static readonly string[] DifferInDebezium = ["c_born", "c_date", "c_name", "generated"];

    private readonly int _seed = Random.Shared.Next();
    private PostgresServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.CreateAsync(new PostgresServerOptions { Settings = new Dictionary<string, string> { ["wal_level"] = "logical" } });
        await _server.ExecuteAsync($"CREATE DATABASE {Database}");
    }

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_row_is_the_same_by_snapshot_and_by_stream()
    {
        var columns = ColumnSamples.All.ToList();
        await _server.ExecuteAsync(
            $"{ColumnSamples.Preparation} CREATE TABLE t (id int PRIMARY KEY, {string.Join(", ", columns.Select(c => $"{c.Name} {c.Type}"))}, generated int GENERATED ALWAYS AS (id * 2) STORED);"
            + "CREATE PUBLICATION pub FOR TABLE t",
            Database);
        await _server.ExecuteAsync("SELECT pg_create_logical_replication_slot('slot', 'pgoutput')", Database);
        var random = new Random(_seed);
        await _server.ExecuteAsync(string.Concat(Enumerable.Range(0, Rows).Select(row => $"INSERT INTO t VALUES ({row}, {string.Join(", ", columns.Select(c => c.Value(row, random)))});")), Database);
        Assert.True(DatabaseUrl.TryParse(_server.Url(Database), _ => null, out var url, out string? error), error);
        using var database = new SourceDatabase(url!);
        using var catalog = new PostgresCatalog(database);
        var stream = ReadStream(database);
        var strictRows = ReadSnapshot(database, null);
        var correctRows = ReadSnapshot(database, "pub");
        var strictDifferences = new SortedSet<string>(StringComparer.Ordinal);
        int compared = 0;
        foreach (var modes in Modes())
        {
            var streamed = Decode(modes, catalog, stream, null);
            bool correct = modes.Compat == CompatMode.Correct;
            var snapshot = Decode(modes, catalog, correct ? correctRows : strictRows, new SnapshotOrigin(1, 700, 0));
            Assert.Equal(Rows, streamed.Count);
            var different = Different(snapshot, streamed);
            compared += Rows;
            if (!correct)
            {
                strictDifferences.UnionWith(different);
            }
            else
            {
                Assert.True(different.Count == 0, $"seed {_seed}, {modes}: {string.Join(", ", different)}");
            }
        }

        Assert.Equal(DifferInDebezium, strictDifferences);
        Assert.True(compared > 1000);
    }

    public bool Includes(string schema, string table) => schema == "public";

    public bool IncludesColumn(string schema, string table, string column) => true;

    private static IEnumerable<ValueModes> Modes() =>
        from compat in Enum.GetValues<CompatMode>()
        from time in Enum.GetValues<TimeMode>()
        from numeric in Enum.GetValues<DecimalMode>()
        from binary in Enum.GetValues<BinaryMode>()
        from unknown in (bool[])[false, true]
        select new ValueModes
        {
            Compat = compat,
            Time = time,
            Decimal = numeric,
            Binary = binary,
            IncludeUnknown = unknown,
            IntervalAsText = time is TimeMode.Connect or TimeMode.IsoString or TimeMode.Nanoseconds,
            HstoreAsMap = binary is BinaryMode.Base64 or BinaryMode.Hex,
            DecimalFormatNumeric = numeric == DecimalMode.Precise && unknown,
        };

    private static List<(byte[] Bytes, ulong Lsn)> ReadStream(SourceDatabase database)
    {
        using var connection = database.OpenPatient();
        using var command = new NpgsqlCommand("SELECT lsn::text, data FROM pg_logical_slot_get_binary_changes('slot', NULL, NULL, 'proto_version', '1', 'publication_names', 'pub')", connection);
        using var reader = command.ExecuteReader();
        var messages = new List<(byte[], ulong)>();
        while (reader.Read())
        {
            Assert.True(Lsn.TryParse(reader.GetString(0), out var lsn));
            messages.Add(((byte[])reader.GetValue(1), lsn.Value));
        }

        return messages;
    }

    private static List<(byte[] Bytes, ulong Lsn)> ReadSnapshot(SourceDatabase database, string? publication)
    {
        IReadOnlyList<CapturedTable> tables;
        using (var control = database.Open())
        {
            tables = CapturedTables.ReadAll(control);
        }

        var pool = new SlabPool("snapshot", SlabBytes, 1);
        using var snapshot = SnapshotReader.Start(database, pool, new SnapshotRequest { Tables = tables, PublishedBy = publication }, TimeProvider.System);
        var messages = new List<(byte[], ulong)>();
        bool more = true;
        while (more)
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            more = snapshot.TryRead(batch);
            foreach (ref readonly var message in batch.Messages)
            {
                messages.Add((batch.Bytes(message).ToArray(), message.WalStart));
            }

            batch.ReturnSlab();
        }

        return messages;
    }

    /// <summary>For each row by its key, the value's schema and <c>after</c>.</summary>
    private Dictionary<string, string> Decode(ValueModes modes, ICatalog catalog, List<(byte[] Bytes, ulong Lsn)> messages, SnapshotOrigin? origin)
    {
        var rows = new Dictionary<string, string>();
        var format = new EventFormat { TopicPrefix = "p", Database = Database, Values = modes, ReplaceNullWithDefault = modes.Compat == CompatMode.StrictDebezium, ValueSchemas = true };
        var decoder = new EventDecoder(format, catalog, this, new TopicTable(), new SlabPool("records", SlabBytes, 2), batch =>
        {
            foreach (ref readonly var record in batch.Records)
            {
                string value = Encoding.UTF8.GetString(batch.Value(record));
                rows.Add(Encoding.UTF8.GetString(batch.Key(record)), value[..value.LastIndexOf(",\"source\":{\"version\"", StringComparison.Ordinal)]);
            }

            batch.ReturnSlab();
        });
        var input = new SlabPool("wal", SlabBytes, 1);
        var whole = new WalBatch { Slab = input.Rent("test", messages.Sum(m => m.Bytes.Length)), ReceivedAtUnixNs = 1, Snapshot = origin };
        int offset = 0;
        foreach (var (bytes, lsn) in messages)
        {
            bytes.CopyTo(whole.Slab.Bytes, offset);
            whole.Add(new WalMessage(offset, bytes.Length, lsn, SnapshotMarker.True));
            offset += bytes.Length;
        }

        decoder.Decode(whole);
        whole.ReturnSlab();
        return rows;
    }

    /// <summary>The columns of which schema or value differ.</summary>
    private static SortedSet<string> Different(Dictionary<string, string> one, Dictionary<string, string> other)
    {
        var different = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (key, row) in one.Where(r => r.Value != other[r.Key]))
        {
            var fields = Fields(row);
            var others = Fields(other[key]);
            different.UnionWith(fields.Keys.Union(others.Keys).Where(name => fields.GetValueOrDefault(name) != others.GetValueOrDefault(name)));
        }

        return different;
    }

    private static Dictionary<string, string> Fields(string row)
    {
        using var json = JsonDocument.Parse(row + "}}");
        var schemas = json.RootElement.GetProperty("schema").GetProperty("fields")[1].GetProperty("fields").EnumerateArray().Select(f => f.GetRawText());
        return json.RootElement.GetProperty("payload").GetProperty("after").EnumerateObject().Zip(schemas, (f, schema) => (f.Name, Text: $"{schema} {f.Value.GetRawText()}")).ToDictionary(f => f.Name, f => f.Text);
    }
}
