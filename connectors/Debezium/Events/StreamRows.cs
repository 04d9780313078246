using Penstock.Debezium.Snapshots;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>The streamed messages about rows, Insert, Update, Delete and Truncate, in their transaction: which table they are of, whether it is captured, and what the source block says.</summary>
internal sealed class StreamRows(
    EventFormat format, RelationPlans plans, RowEvents rows, Transaction transaction, SourceBlock source, TransactionRecords? metadata, SignalledRows? signalled)
{
    private RelationPlan? _plan;
    private bool _sourceReady;

    /// <summary>The plan of the row at hand, if it is one.</summary>
    public RelationPlan? Plan => _plan;

    /// <summary>Another message than a row's came, or another batch.</summary>
    public void Leave() => _plan = null;

    /// <summary>What the source block is made of has changed.</summary>
    public void ForgetSource() => _sourceReady = false;

    /// <summary>Makes the source block that of the transaction.</summary>
    public void PrepareSource()
    {
        if (!_sourceReady)
        {
            source.Prepare(transaction, withId: true);
            _sourceReady = true;
        }
    }

    /// <summary>Somebody else's change: the transaction counts.</summary>
    public void Touch()
    {
        transaction.HasOthers = true;
        metadata?.Touch();
    }

    /// <summary>Writes the events of an Insert, Update or Delete.</summary>
    /// <exception cref="MalformedWalException">It stands outside of a transaction.</exception>
    public void Change(in WalMessage message, ReadOnlySpan<byte> bytes)
    {
        if (!transaction.Active)
        {
            throw new MalformedWalException("a row outside of a transaction");
        }

        uint oid = RowEvents.RelationOid(bytes);
        // Rows of one table come in runs.
        if (_plan is null || _plan.Relation.Oid != oid)
        {
            _plan = plans.Find(oid);
        }

        if (_plan.IsOwn)
        {
            transaction.HasOwnRows = true;
            return;
        }

        Touch();
        if (!_plan.Included)
        {
            return;
        }

        PrepareSource();
        if (signalled is null)
        {
            rows.Change(_plan, bytes, message.WalStart);
        }
        else
        {
            signalled.Write(_plan, bytes, message.WalStart);
        }
    }

    /// <summary>Writes the events of a Truncate, one for each table.</summary>
    /// <exception cref="MalformedWalException">It stands outside of a transaction, or its length is not what its count says.</exception>
    public void Truncate(in WalMessage message, ReadOnlySpan<byte> bytes)
    {
        if (!transaction.Active)
        {
            throw new MalformedWalException("a truncate outside of a transaction");
        }

        var reader = new PgOutputReader(bytes[1..]);
        int count = reader.ReadInt32();
        reader.ReadByte();
        if ((long)count * sizeof(uint) != reader.Remaining)
        {
            throw new MalformedWalException($"a truncate of {count} relations in a message of {bytes.Length} bytes");
        }

        Touch();
        for (int i = 0; i < count; i++)
        {
            var plan = plans.Find(reader.ReadUInt32());
            signalled?.Truncated(plan.Relation.Oid);
            if (plan.Included && (format.SkippedOperations & EventOperations.Truncate) == 0)
            {
                PrepareSource();
                rows.Truncate(plan, message.WalStart);
            }
        }
    }
}
