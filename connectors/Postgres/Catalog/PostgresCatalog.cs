using Npgsql;
using Penstock.Postgres.Connection;

namespace Penstock.Postgres.Catalog;

/// <summary>
/// The catalogue of the source database, read when something is first asked for and kept. Has a connection of its own, because the decoder's thread waits for it, and opens
/// it again when it is gone. One thread at a time.
/// </summary>
public sealed class PostgresCatalog(SourceDatabase database) : ICatalog, IDisposable
{
    /// <summary>OIDs below are built in and known to the value encoders (FirstNormalObjectId).</summary>
    public const uint FirstUserOid = 16384;

    private readonly Dictionary<uint, CatalogTable?> _tables = [];
    private readonly Dictionary<uint, CatalogType?> _types = [];
    private NpgsqlConnection? _connection;
    private volatile bool _asking;
    private volatile bool _closed;
    private bool _keepsTypes;

    /// <inheritdoc/>
    public CatalogTable? FindTable(uint oid)
    {
        if (!_tables.TryGetValue(oid, out var table))
        {
            table = Read(c => TableQueries.ReadTable(c, oid));
            _tables[oid] = table;
        }

        return table;
    }

    /// <inheritdoc/>
    public CatalogType? FindType(uint oid)
    {
        if (!_types.TryGetValue(oid, out var type))
        {
            type = Read(c => TypeQueries.ReadType(c, oid));
            _types[oid] = type;
        }

        return type;
    }

    /// <summary>Forgets a table or type: a Relation or Type message says that it changed.</summary>
    public void Invalidate(uint oid)
    {
        _tables.Remove(oid);
        if (!_keepsTypes)
        {
            _types.Remove(oid);
        }
    }

    /// <summary>
    /// From now on a type stays what it was when it was first seen, those that exist now what they are now: Debezium's connector reads types when it starts, a new one when a
    /// column has it, and none again.
    /// </summary>
    public void KeepTypes()
    {
        foreach (var type in Read(TypeQueries.ReadEnumsAndDomains))
        {
            _types[type.Oid] = type;
        }

        _keepsTypes = true;
    }

    /// <summary>Any thread; a question that is being asked fails then, and is not waited for.</summary>
    public void Dispose()
    {
        _closed = true;
        if (_asking)
        {
            Abandon();
        }
        else
        {
            _connection?.Dispose();
        }
    }

    private T Read<T>(Func<NpgsqlConnection, T> query)
    {
        _asking = true;
        try
        {
            return Ask(query);
        }
        finally
        {
            _asking = false;
            if (_closed)
            {
                Abandon();
            }
        }
    }

    private T Ask<T>(Func<NpgsqlConnection, T> query)
    {
        bool fresh = _connection is null;
        try
        {
            return query(_connection ??= database.OpenOwn());
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or InvalidOperationException)
        {
            // A connection that has been idle for hours may be dead: one new one is tried, then the failure is the caller's.
            Abandon();
            if (fresh || _closed || exception is PostgresException { IsTransient: false })
            {
                throw DatabaseErrors.Translate(exception, database.Url) ?? exception;
            }
        }

        return database.Translated(() => query(_connection = database.OpenOwn()));
    }

    private void Abandon()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } dead)
        {
            ConnectionEnd.CloseInBackground(dead, database.Url);
        }
    }
}
