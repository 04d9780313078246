using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>Writes the rows of a first snapshot, which come as Relation and Insert messages with markers; their ordinal counts over the whole of it.</summary>
internal sealed class SnapshotRows(RowEvents rows, SourceBlock source, RelationPlans plans)
{
    private SnapshotOrigin? _origin;
    private SnapshotMarker _marker;
    private long _ordinal;
    private bool _sourceReady;

    /// <summary>The plan of the row at hand, for the place of an error; null between batches.</summary>
    public RelationPlan? Plan { get; private set; }

    /// <exception cref="MalformedWalException">Neither of the two messages.</exception>
    public void Decode(SnapshotOrigin origin, in WalMessage message, ReadOnlySpan<byte> bytes)
    {
        if (!origin.Equals(_origin))
        {
            EndBatch();
            _origin = origin;
            _ordinal = 0;
        }

        switch (bytes[0])
        {
            case (byte)'R':
                Plan = null;
                plans.Add(bytes, typesMayDiffer: false);
                break;
            case (byte)'I':
                Read(origin, message, bytes);
                break;
            default:
                throw new MalformedWalException($"message type 0x{bytes[0]:x2} in a snapshot");
        }
    }

    /// <summary>What comes next may be something else, which prepares the source block for itself.</summary>
    public void EndBatch()
    {
        Plan = null;
        _sourceReady = false;
    }

    private void Read(SnapshotOrigin origin, in WalMessage message, ReadOnlySpan<byte> bytes)
    {
        uint oid = RowEvents.RelationOid(bytes);
        // Rows of one table come in runs.
        if (Plan is null || Plan.Relation.Oid != oid)
        {
            Plan = plans.Find(oid);
        }

        if (!Plan.Included)
        {
            return;
        }

        if (!_sourceReady || _marker != message.Marker)
        {
            _marker = message.Marker;
            source.PrepareSnapshot(origin, message.Marker);
            _sourceReady = true;
        }

        rows.Read(Plan, bytes, origin.Lsn, origin.Lsn, ref _ordinal);
    }
}
