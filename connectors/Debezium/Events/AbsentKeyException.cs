namespace Penstock.Debezium.Events;

/// <summary>An update or delete of a row whose key the server did not send (<see cref="RelationPlan.KeyMayBeAbsent"/>).</summary>
internal sealed class AbsentKeyException()
    : Exception("an UPDATE or DELETE whose old row does not hold the event's key, because the table's replica identity is an index of other columns: ALTER TABLE ... REPLICA IDENTITY FULL sends it from then on");
