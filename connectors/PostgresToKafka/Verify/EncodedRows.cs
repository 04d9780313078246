using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Verify;

/// <summary>Takes key and value of an event.</summary>
internal delegate void TakeEvent(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

/// <summary>The rows of a table as the events that a snapshot would make of them now: by the pipeline's own reader and decoder, so that what differs is the row and not its form.</summary>
internal sealed class EncodedRows(PipelineOptions options, SourceDatabase database, CapturedTable table)
{
    private const int Slabs = 2;

    /// <summary>Reads all of them, as of one position of the log, which it gives.</summary>
    public ulong Read(TakeEvent take, CancellationToken stop)
    {
        var format = OptionMapping.Format(options, database.Url.Database);
        using var catalog = new PostgresCatalog(database);
        if (options.Events.Values.Compat == CompatMode.StrictDebezium)
        {
            catalog.KeepTypes();
        }

        var wal = new SlabPool("wal", options.Flow.SlabBytes, Slabs);
        var decoder = new EventDecoder(format, catalog, new CatalogSelection(OptionMapping.Selection(options)), new TopicTable(), new SlabPool("records", options.Flow.SlabBytes, Slabs), batch => Take(batch, take));
        using var reader = SnapshotReader.Start(database, wal, new SnapshotRequest { Tables = [table], PublishedBy = OptionMapping.RowsOf(options), Stop = stop }, TimeProvider.System);
        using var stopping = stop.Register(reader.Stop);
        var read = new WalBatch();
        while (true)
        {
            read.Slab = wal.Rent("verify");
            try
            {
                if (!reader.TryRead(read))
                {
                    stop.ThrowIfCancellationRequested();
                    return reader.Origin.Lsn;
                }

                decoder.Decode(read);
            }
            finally
            {
                read.ReturnSlab();
                read.Reset();
            }
        }
    }

    private static void Take(RecordBatch batch, TakeEvent take)
    {
        foreach (ref readonly var record in batch.Records)
        {
            if (record.Operation == (byte)'r')
            {
                take(batch.Key(record), batch.Value(record));
            }
        }

        batch.ReturnSlab();
    }
}
