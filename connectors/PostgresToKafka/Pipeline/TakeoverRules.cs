using System.Globalization;
using Penstock.Debezium.Offsets;
using Penstock.Postgres.Slot;
using Penstock.Postgres.State;
using Penstock.Postgres.Wal;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>Whether a pipeline may go on where a connector of Debezium stopped. Each refusal says what to type next.</summary>
internal static class TakeoverRules
{
    /// <summary>Chooses the connector's offset.</summary>
    /// <param name="offsets">All that are stored.</param>
    /// <param name="connector">The name that was asked for; null for the only one with the prefix.</param>
    /// <param name="topicPrefix">The pipeline's.</param>
    /// <param name="problem">Why there is none.</param>
    public static ConnectorOffset? Choose(IReadOnlyList<ConnectorOffset> offsets, string? connector, string topicPrefix, out string problem)
    {
        problem = "";
        var named = offsets.Where(offset => connector is null ? offset.TopicPrefix == topicPrefix : offset.Connector == connector).ToList();
        // A connector whose topic.prefix was changed has an offset of each.
        var chosen = named.Count > 1 ? [.. named.Where(offset => offset.TopicPrefix == topicPrefix)] : named;
        string others = offsets.Count == 0 ? "There is none of a Debezium connector for Postgres" : "There are: " + string.Join(", ", offsets.Select(offset => $"connector \"{offset.Connector}\" with topic.prefix \"{offset.TopicPrefix}\""));
        if (chosen.Count != 1)
        {
            problem = chosen.Count > 1
                ? $"several connectors have topic.prefix \"{topicPrefix}\": choose one with --connector. {others}."
                : $"no stored offset is of {(connector is null ? $"a connector with topic.prefix \"{topicPrefix}\" (PENSTOCK_TOPIC_PREFIX)" : $"connector \"{connector}\"")}. {others}.";
            return null;
        }

        if (chosen[0].TopicPrefix != topicPrefix)
        {
            problem = $"connector \"{chosen[0].Connector}\" has topic.prefix \"{chosen[0].TopicPrefix}\", this pipeline \"{topicPrefix}\": its events would go to other topics. Set PENSTOCK_TOPIC_PREFIX={chosen[0].TopicPrefix}.";
            return null;
        }

        return chosen[0];
    }

    /// <summary>Why the offset alone forbids it: rows that the connector had still to read would be missing.</summary>
    public static string? Unfinished(ConnectorOffset offset) => offset switch
    {
        { IsReset: true } => $"the offset of connector \"{offset.Connector}\" was deleted: where it stood is not known. Start the pipeline without takeover; its first start then reads the tables (PENSTOCK_SNAPSHOT_MODE=initial).",
        { OpenSnapshot: { } snapshot } =>
            $"connector \"{offset.Connector}\" has not come to the end of its snapshot ({snapshot}): rows would be missing. Start it again and let it finish, or start the pipeline without takeover; its first start then reads the tables (PENSTOCK_SNAPSHOT_MODE=initial).",
        { OpenIncremental: { } tables } =>
            $"connector \"{offset.Connector}\" is in the middle of an incremental snapshot of {tables}: its rows would be missing. Start it again and let it finish, or end it by a signal of type stop-snapshot.",
        { FurthestLsn: 0 } => $"the offset of connector \"{offset.Connector}\" names no position (no lsn): it has delivered nothing yet. Start the pipeline without takeover.",
        _ => null,
    };

    /// <summary>Why offset and slot together forbid it.</summary>
    /// <param name="offset">What the connector has delivered.</param>
    /// <param name="slot">Its slot; can be read by this pipeline, and is not lost.</param>
    /// <param name="headLsn">The end of the server's write-ahead log.</param>
    public static string? Mismatch(ConnectorOffset offset, SlotState slot, ulong headLsn)
    {
        if (slot.IsActive)
        {
            return $"slot \"{slot.Name}\" is read by process {slot.ActivePid} of the server: stop the connector first, so that it does not come back by itself. {Stopping(offset)}";
        }

        if (offset.FurthestLsn > headLsn)
        {
            return $"the offset of connector \"{offset.Connector}\" ({new Lsn(offset.FurthestLsn)}) lies beyond the end of the server's write-ahead log ({new Lsn(headLsn)}): it is of another server, or this one was restored from a backup. "
                + "Start the pipeline without takeover; its first start then reads the tables (PENSTOCK_SNAPSHOT_MODE=initial).";
        }

        if (slot.ConfirmedFlushLsn > offset.FurthestLsn)
        {
            return $"slot \"{slot.Name}\" stands at {new Lsn(slot.ConfirmedFlushLsn)}, beyond {new Lsn(offset.FurthestLsn)}, the furthest that connector \"{offset.Connector}\" has delivered: what was committed in between will not come again, and may be missing from the topics. "
                + "Either the slot was made anew or moved: then start the pipeline without takeover; its first start reads the tables (PENSTOCK_SNAPSHOT_MODE=initial). "
                + "Or these offsets are not the ones that the connector stored last (another topic or file). "
                + "Or the connector runs with lsn.flush.mode=connector_and_driver, which moves the slot over what other tables did: then start it again, change a row of a captured table, wait until its event has come and the offset is stored, stop it, and type this again.";
        }

        return null;
    }

    /// <summary>Why the pipeline's own memory forbids it.</summary>
    public static string? Remembered(string pipeline, string slotName, PipelineRecord? record) =>
        record is { ConfirmedLsn: not 0 } && record.SlotName != slotName
            ? $"pipeline \"{pipeline}\" has a past of its own, with slot \"{record.SlotName}\" up to {new Lsn(record.ConfirmedLsn)}: choose another PENSTOCK_NAME, or take it away first (destroy --confirm {pipeline}, with its own settings)."
            : null;

    /// <summary>How a connector is stopped for good.</summary>
    public static string Stopping(ConnectorOffset offset) => string.Create(
        CultureInfo.InvariantCulture, $"On Kafka Connect, type: curl -X PUT http://CONNECT:8083/connectors/{Uri.EscapeDataString(offset.Connector)}/stop; a standalone worker, a Debezium Server or an engine: end its process.");
}
