using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>xmin.fetch.interval.ms</c>: reads the slot's catalog_xmin again and again, for <c>source.xmin</c> of the events.</summary>
internal sealed class CatalogXmin : IDisposable
{
    private readonly SourceDatabase _database;
    private readonly string _slot;
    private readonly RecurringFailure _failure;
    private readonly Timer _timer;
    private int _running;
    private uint _value;

    private CatalogXmin(SourceDatabase database, string slot, int intervalMs, ILogger logger)
    {
        _database = database;
        _slot = slot;
        _failure = new RecurringFailure(logger, "catalog_xmin of the slot cannot be read: events keep the one before");
        // The first event has it, too.
        _value = Read();
        _timer = new Timer(_ => Refresh(), null, intervalMs, intervalMs);
    }

    /// <summary>As last read; 0 where the slot has none. Any thread.</summary>
    public uint Value => Volatile.Read(ref _value);

    /// <summary>Null where no interval is set.</summary>
    public static CatalogXmin? Start(SourceDatabase database, string slot, int intervalMs, ILogger logger) => intervalMs <= 0 ? null : new CatalogXmin(database, slot, intervalMs, logger);

    public void Dispose() => _timer.Dispose();

    private uint Read()
    {
        using var connection = _database.Open();
        return _database.Translated(() => ReplicationSlots.CatalogXmin(connection, _slot)) ?? 0;
    }

    private void Refresh()
    {
        // One that takes longer than the interval is not joined by a second.
        if (Interlocked.Exchange(ref _running, 1) == 1)
        {
            return;
        }

        try
        {
            Volatile.Write(ref _value, Read());
            _failure.Recovered();
        }
        catch (DatabaseException unread)
        {
            _failure.Failed(unread.Message);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }
}
