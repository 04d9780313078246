using Npgsql;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.Servers;

namespace Penstock.DebeziumTests.Golden;

/// <summary>Runs a case's <c>setup.sql</c> on a server and reads its rows with this project's own snapshot reader.</summary>
internal sealed class SnapshotRecorder(PostgresServer server)
{
    private const string Database = "snapshot_rows";
    private const int SlabBytes = 256 * 1024;

    private const string TypesSql = """
        SELECT t.oid::bigint, n.nspname::text, t.typname::text
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        WHERE t.oid IN (SELECT atttypid FROM pg_catalog.pg_attribute WHERE attnum > 0) AND t.oid >= 16384
        """;

    /// <summary>The rows that the snapshot finds, in its order.</summary>
    /// <exception cref="CaseNotRunException">The server lacks what the case needs, or an option is refused.</exception>
    public async Task<SnapshotRows> RecordAsync(GoldenCase golden)
    {
        await CaseDatabase.DropAsync(server, Database).ConfigureAwait(false);
        await CaseDatabase.CreateAsync(server, Database, golden.Folder).ConfigureAwait(false);
        if (!DatabaseUrl.TryParse(server.Url(Database), _ => null, out var url, out string? error))
        {
            throw new ServerException(error!);
        }

        using var database = new SourceDatabase(url!);
        using var connection = database.Open();
        var all = CapturedTables.ReadAll(connection);
        var options = CaseSettings.ForReplay(golden.Options, schemas: false);
        var tables = OptionMapping.SnapshotTables(
            options, all, CapturedTables.Select(all, OptionMapping.Selection(options)), Publications.Find(connection, options.Capture.PublicationName));
        var pool = new SlabPool("rows", SlabBytes, 1);
        using var reader = SnapshotReader.Start(database, pool, new SnapshotRequest { Tables = tables, Statements = options.Snapshot.Statements }, TimeProvider.System);
        return new SnapshotRows(
            SnapshotRows.DigestOf(golden.Folder),
            Messages(reader, pool),
            all.ToDictionary(t => t.Oid, t => SnapshotRows.NameOf(t.Schema, t.Name)),
            await TypesAsync(connection).ConfigureAwait(false));
    }

    private static List<GoldenMessage> Messages(SnapshotReader reader, SlabPool pool)
    {
        var messages = new List<GoldenMessage>();
        for (bool more = true; more;)
        {
            var batch = new WalBatch { Slab = pool.Rent("rows", SlabBytes) };
            more = reader.TryRead(batch);
            messages.AddRange(batch.Messages.ToArray().Select(message => new GoldenMessage(0, batch.Bytes(message).ToArray(), message.Marker)));
            batch.ReturnSlab();
        }

        return messages;
    }

    private static async Task<Dictionary<uint, string>> TypesAsync(NpgsqlConnection connection)
    {
        var types = new Dictionary<uint, string>();
        await using var command = new NpgsqlCommand(TypesSql, connection);
        await using var rows = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await rows.ReadAsync().ConfigureAwait(false))
        {
            types[(uint)rows.GetInt64(0)] = SnapshotRows.NameOf(rows.GetString(1), rows.GetString(2));
        }

        return types;
    }
}
