using Penstock.Postgres.Slot;

namespace Penstock.Postgres.Preflight;

/// <summary>Whether the slot, if there is one, can be read, and whether a new one can be made as it is wanted.</summary>
internal static class SlotChecks
{
    private const int FirstVersionWithFailover = 17;

    public static void Add(List<PreflightFinding> findings, PreflightRequest request, SlotState? slot, string database, int serverVersion)
    {
        if (slot is not null && ReplicationSlots.Unusable(slot, database) is { } unusable)
        {
            findings.Add(slot.IsLost && request.RenewsLostSlot
                ? new PreflightFinding("slot", false, $"slot \"{slot.Name}\" is lost: what was changed since then and is not in its tables any more has no events. It is dropped and made anew.")
                : new PreflightFinding("slot", true, unusable));
        }

        if (request.Failover && serverVersion < FirstVersionWithFailover)
        {
            findings.Add(new PreflightFinding(
                "slot", true, $"PENSTOCK_SLOT_FAILOVER needs PostgreSQL {FirstVersionWithFailover} or later, this server is {serverVersion}: set it to false (Debezium makes an ordinary slot then, too)."));
        }
    }
}
