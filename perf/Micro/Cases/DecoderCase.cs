using System.Text;
using Penstock.Debezium.Events;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Wal;

namespace Penstock.Micro.Cases;

/// <summary>Decoding and encoding one batch of changes of one table: pgoutput messages in, Debezium's records out, taken by a sink that only counts.</summary>
internal sealed class DecoderCase : MicroCase
{
    /// <summary>A slab of the pipeline's default size, so that full slabs are exchanged as often as there.</summary>
    private const int SlabBytes = 256 * 1024;

    private readonly EventDecoder _decoder;
    private readonly WalBatch _batch;
    private readonly Queue<RecordBatch> _reused = new([new RecordBatch(), new RecordBatch()]);
    private long _records;
    private long _bytes;
    private string? _firstEvent;

    /// <param name="name">Name of the case.</param>
    /// <param name="format">How events are written.</param>
    /// <param name="table">The table.</param>
    /// <param name="rows">Changes in the batch, which is one transaction.</param>
    /// <param name="change">Writes the message of a row.</param>
    public DecoderCase(string name, EventFormat format, SampleTable table, int rows, Action<PgOutputText, int> change)
    {
        Name = name;
        Operations = rows;
        _decoder = new EventDecoder(format, table, table, new TopicTable(), new SlabPool("records", SlabBytes, 2), Take, _reused.Dequeue);
        _decoder.Decode(new PgOutputText().Begin(700).Relation(table).Commit().ToBatch());
        var stream = new PgOutputText().Begin(701);
        for (int row = 0; row < rows; row++)
        {
            change(stream, row);
        }

        _batch = stream.Commit().ToBatch();
    }

    public override string Name { get; }

    public override int Operations { get; }

    public override string Unit => "event";

    /// <summary>Bytes of keys, values and headers of one round.</summary>
    public long BytesOfOneRound()
    {
        _bytes = 0;
        Run();
        return _bytes;
    }

    /// <summary>The value of the batch's first record, to see what is measured.</summary>
    public string FirstEvent()
    {
        _firstEvent = "";
        Run();
        return _firstEvent;
    }

    public override long Run()
    {
        _records = 0;
        _decoder.Decode(_batch);
        return _records;
    }

    private void Take(RecordBatch batch)
    {
        _records += batch.Count;
        if (batch.Count > 0)
        {
            ref readonly var first = ref batch.Records[0];
            ref readonly var last = ref batch.Records[^1];
            _bytes += last.HeadersOffset + last.HeadersLength - first.KeyOffset;
            if (_firstEvent is "")
            {
                _firstEvent = Encoding.UTF8.GetString(batch.Value(first));
            }
        }

        batch.ReturnSlab();
        batch.Reset();
        _reused.Enqueue(batch);
    }
}
