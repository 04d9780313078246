using Microsoft.Extensions.Logging;
using Penstock.Postgres.Slot;
using Penstock.PostgresToKafka.Settings;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Whether a snapshot is due at the beginning of a run, and why, for the log.</summary>
internal sealed class SnapshotDecision(PipelineOptions options, ProcessMemory memory, ILogger logger)
{
    /// <param name="slot">The slot as it is, null if there is none or none is used.</param>
    /// <param name="state">What is remembered of snapshots; made ready to be written to.</param>
    public bool IsDue(SlotState? slot, PipelineMemory state)
    {
        var rule = options.Snapshot.Rule;
        if (rule.Time == SnapshotTime.Never)
        {
            return false;
        }

        state.Ensure();
        // Another attempt of the same process is no new start, unless its slot has gone meanwhile.
        return rule.Time == SnapshotTime.EveryStart ? !memory.SnapshotTaken || (rule.WithStream && slot is null)
            : rule.WithStream ? IsDueOnce(slot, state)
            : IsDueAlone(state);
    }

    private bool IsDueAlone(PipelineMemory state)
    {
        bool isDone = state.Read()?.SnapshotCompletedAt is not null;
        if (isDone)
        {
            logger.LogInformation("The snapshot was completed earlier; to read it again: DELETE FROM penstock.pipeline WHERE name = '{Name}'", options.Name);
        }

        return !isDone;
    }

    private bool IsDueOnce(SlotState? slot, PipelineMemory state)
    {
        var record = state.Read();
        if (slot is not null && !state.IsKept)
        {
            logger.LogInformation("slot {Slot} exists: its snapshot counts as done (no state is kept, so there is no other memory)", slot.Name);
            return false;
        }

        return slot is null || record?.SnapshotCompletedAt is null || record.SlotName != slot.Name;
    }
}
