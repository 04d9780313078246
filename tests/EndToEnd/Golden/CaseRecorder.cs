using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Penstock.DebeziumTests.Golden;
using Penstock.Servers;

namespace Penstock.EndToEnd.Golden;

/// <summary>
/// Makes the files of a case from its <c>setup.sql</c>, <c>steps.sql</c> and options: what the server sent and what its catalogue said, and the events that this project's decoder makes of that.
/// </summary>
internal sealed class CaseRecorder(PostgresServer postgres, string folder)
{
    private const string Slot = "recorder";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Everything that the decoder may ask, of all tables and types that are not built in.
    private const string CatalogSql = """
        SELECT json_build_object(
          'tables', (SELECT coalesce(json_agg(json_build_object(
              'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind, 'replicaIdentity', c.relreplident, 'isPartition', c.relispartition,
              'parentOid', (SELECT inhparent::bigint FROM pg_inherits WHERE inhrelid = c.oid AND c.relispartition),
              'columns', (SELECT json_agg(json_build_object('name', a.attname, 'attnum', a.attnum, 'type', format_type(a.atttypid, a.atttypmod), 'typeOid', a.atttypid::bigint, 'typmod', a.atttypmod,
                  'notNull', a.attnotnull, 'identity', a.attidentity, 'generated', a.attgenerated, 'defaultExpression', pg_get_expr(d.adbin, d.adrelid), 'ndims', a.attndims) ORDER BY a.attnum)
                FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
              'primaryKey', (SELECT coalesce(json_agg(a.attname ORDER BY k.place), '[]') FROM pg_index i, unnest(i.indkey::int[]) WITH ORDINALITY k(attnum, place), pg_attribute a
                WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts AND a.attrelid = c.oid AND a.attnum = k.attnum),
              'uniqueIndexes', (SELECT coalesce(json_agg(json_build_object('name', x.relname, 'isReplicaIdentity', i.indisreplident, 'isPrimary', i.indisprimary, 'predicate', pg_get_expr(i.indpred, i.indrelid),
                  'columns', (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(i.indkey::int[]) WITH ORDINALITY k(attnum, place) LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                    WHERE k.place <= i.indnkeyatts)) ORDER BY x.relname COLLATE "C"), '[]') FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisunique)
            ) ORDER BY c.oid), '[]')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p') AND n.nspname <> 'pg_toast'),
          'types', (SELECT coalesce(json_agg(json_build_object('oid', t.oid::bigint, 'schema', n.nspname, 'typname', t.typname, 'typtype', t.typtype, 'typelem', CASE t.typcategory WHEN 'A' THEN t.typelem::bigint ELSE 0 END,
              'typbasetype', t.typbasetype::bigint, 'typtypmod', t.typtypmod, 'typnotnull', t.typnotnull,
              'enumLabels', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)) ORDER BY t.oid), '[]')
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            WHERE t.oid >= 16384 AND t.oid IN (WITH RECURSIVE used(oid) AS (
                SELECT atttypid FROM pg_attribute WHERE attrelid >= 16384 UNION SELECT x FROM used u JOIN pg_type y ON y.oid = u.oid, unnest(ARRAY[y.typelem, y.typbasetype]) x WHERE x > 0) SELECT oid FROM used))
        )::text
        """;

    private readonly JsonArray _catalogs = [];
    private string _catalog = "";

    /// <summary>Statements of the steps that the server refused.</summary>
    public IReadOnlyList<string> Refused { get; private set; } = [];

    /// <summary>Runs the case and writes <c>catalog.json</c>, <c>wal.jsonl</c>, <c>snapshot.jsonl</c> where it has a snapshot, and <c>events.jsonl</c>.</summary>
    public async Task RecordAsync()
    {
        var options = CaseOptions.Read(folder);
        string database = options["database.dbname"];
        await CaseDatabase.DropAsync(postgres, database).ConfigureAwait(false);
        await CaseDatabase.CreateAsync(postgres, database, folder).ConfigureAwait(false);
        await using var connection = new NpgsqlConnection(postgres.ConnectionString(database));
        await connection.OpenAsync().ConfigureAwait(false);
        string publication = options["publication.name"];
        if (await ScalarAsync(connection, $"SELECT pubname FROM pg_publication WHERE pubname = '{publication}'").ConfigureAwait(false) is null)
        {
            await ScalarAsync(connection, $"CREATE PUBLICATION \"{publication}\" FOR ALL TABLES").ConfigureAwait(false);
        }

        await NoteCatalogAsync(connection, "setup").ConfigureAwait(false);
        await ScalarAsync(connection, $"SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput')::text").ConfigureAwait(false);
        await using (var steps = new CaseSteps(postgres.ConnectionString(database), _ => Task.CompletedTask, text => NoteCatalogAsync(connection, text)))
        {
            await steps.RunAsync(CaseSql.Read(Path.Combine(folder, "steps.sql"))).ConfigureAwait(false);
            Refused = steps.Failures;
        }

        await WriteWalAsync(connection, publication).ConfigureAwait(false);
        await connection.CloseAsync().ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(folder, "catalog.json"), new JsonObject { ["database"] = database, ["catalogs"] = _catalogs }.ToJsonString() + "\n").ConfigureAwait(false);
        await CaseDatabase.DropAsync(postgres, database).ConfigureAwait(false);
        await WriteEventsAsync(options).ConfigureAwait(false);
    }

    private async Task NoteCatalogAsync(NpgsqlConnection connection, string at)
    {
        string catalog = await ScalarAsync(connection, CatalogSql).ConfigureAwait(false) ?? "{}";
        if (catalog == _catalog)
        {
            return;
        }

        _catalog = catalog;
        var version = JsonNode.Parse(catalog)!.AsObject();
        version.Insert(0, "lsn", await ScalarAsync(connection, "SELECT pg_current_wal_insert_lsn()::text").ConfigureAwait(false));
        version.Insert(0, "at", at.Trim());
        _catalogs.Add(version);
    }

    private async Task WriteWalAsync(NpgsqlConnection connection, string publication)
    {
        // A message outside of transactions is read when it is flushed.
        await ScalarAsync(connection, "CHECKPOINT").ConfigureAwait(false);
        await using (var file = new StreamWriter(Path.Combine(folder, "wal.jsonl")) { NewLine = "\n" })
        {
            string sql = $"SELECT lsn::text, data FROM pg_logical_slot_get_binary_changes('{Slot}', NULL, NULL, 'proto_version', '1', 'publication_names', '\"{publication}\"', 'messages', 'true')";
            await using var command = new NpgsqlCommand(sql, connection);
            await using var rows = await command.ExecuteReaderAsync().ConfigureAwait(false);
            while (await rows.ReadAsync().ConfigureAwait(false))
            {
                await file.WriteLineAsync(JsonSerializer.Serialize(new { start = rows.GetString(0), data = Convert.ToBase64String(rows.GetFieldValue<byte[]>(1)) })).ConfigureAwait(false);
            }
        }

        await ScalarAsync(connection, $"SELECT pg_drop_replication_slot('{Slot}')::text").ConfigureAwait(false);
    }

    private async Task WriteEventsAsync(SortedDictionary<string, string> options)
    {
        string events = Path.Combine(folder, "events.jsonl");
        string snapshot = Path.Combine(folder, "snapshot.jsonl");
        File.Delete(events);
        File.Delete(snapshot);
        var golden = new GoldenCase(folder);
        IReadOnlyList<GoldenMessage> rows = [];
        if (options["snapshot.mode"] != "no_data")
        {
            var recorded = await new SnapshotRecorder(postgres).RecordAsync(golden).ConfigureAwait(false);
            recorded.Write(snapshot);
            rows = recorded.In(golden.Catalog);
        }

        var replay = new GoldenReplay(golden, rows);
        var plain = replay.Run(CaseSettings.ForReplay(options, schemas: false), null);
        var withSchemas = replay.Run(CaseSettings.ForReplay(options, schemas: true), null);
        if (plain.Failure is { } failure)
        {
            throw new ServerException($"the decoder fails: {failure}");
        }

        await using var file = new StreamWriter(events) { NewLine = "\n" };
        for (int i = 0; i < plain.Records.Count; i++)
        {
            await file.WriteLineAsync(Line(plain.Records[i], withSchemas.Records[i], i < plain.OfSnapshot)).ConfigureAwait(false);
        }
    }

    // In the corpus' order of members.
    private static string Line(GoldenRecord record, GoldenRecord schemas, bool isSnapshot)
    {
        var line = new JsonObject
        {
            ["topic"] = record.Topic,
            ["partition"] = record.Partition,
            ["key"] = record.Key,
            ["value"] = record.Value,
            ["keyWithSchema"] = schemas.Key,
            ["valueWithSchema"] = schemas.Value,
            ["headers"] = JsonNode.Parse(record.Headers),
        };
        if (isSnapshot)
        {
            line["snapshotEvent"] = true;
        }

        return line.ToJsonString(Readable);
    }

    private static async Task<string?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync().ConfigureAwait(false) as string;
    }
}
