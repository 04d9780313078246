using Microsoft.Extensions.Logging;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Slot;
using Penstock.Postgres.Wal;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Gives the slot up on purpose: a server that stands still for want of disk is worse than changes that a snapshot has to make good. The gap is noted and said.</summary>
internal sealed class SlotRelease(SourceDatabase database, string pipeline, ILogger logger)
{
    /// <param name="slot">As it was seen.</param>
    /// <param name="because">What limit was passed, and by what.</param>
    /// <param name="onlyWhilePaused">A pause that is over at this moment keeps its slot.</param>
    /// <exception cref="DatabaseException"><see cref="FailureClass.SlotActive"/>: somebody reads it at this moment.</exception>
    public void Drop(SlotState slot, string because, bool onlyWhilePaused)
    {
        string gap = $"{because}: slot \"{slot.Name}\" was dropped on purpose at {new Lsn(slot.ConfirmedFlushLsn)}, changes after that are missing";
        if (!new PipelineMemory(database, pipeline, isKept: true).DropSlot(slot.Name, gap, onlyWhilePaused))
        {
            return;
        }

        if (onlyWhilePaused)
        {
            logger.LogError("{Gap}; a new snapshot is needed: set PENSTOCK_ON_GAP=resnapshot and type: postgres-to-kafka resume {RetainedWalBytes}", gap, slot.HeldBytes);
        }
        else
        {
            logger.LogError("{Gap}; a new snapshot is needed: PENSTOCK_ON_GAP=resnapshot takes it {RetainedWalBytes}", gap, slot.HeldBytes);
        }
    }
}
