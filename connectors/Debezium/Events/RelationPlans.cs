using Penstock.Debezium.Values;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>The plans of the relations that the stream, or the snapshot, has announced.</summary>
internal sealed class RelationPlans(RelationPlanner planner, RowOrigin origin)
{
    private readonly Dictionary<uint, RelationPlan> _plans = [];

    /// <summary>The plan of a relation.</summary>
    /// <exception cref="MalformedWalException">No Relation message came for it.</exception>
    public RelationPlan Find(uint oid) =>
        _plans.TryGetValue(oid, out var plan) ? plan : throw new MalformedWalException($"a change of relation {oid}, of which no Relation message came");

    /// <summary>Takes up a Relation message. The plan stays if the message and the catalogue say what they said before.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="typesMayDiffer">Type messages came before it: the plan is made anew.</param>
    /// <exception cref="MalformedWalException">The message is cut short, or longer than it says.</exception>
    public void Add(ReadOnlySpan<byte> message, bool typesMayDiffer)
    {
        uint oid = RowEvents.RelationOid(message);
        var table = planner.Find(oid);
        var known = _plans.GetValueOrDefault(oid);
        if (!typesMayDiffer && known is not null && message.SequenceEqual(known.Message) && CatalogComparison.Same(table, known.Catalog))
        {
            return;
        }

        var reader = new PgOutputReader(message[1..]);
        var relation = reader.ReadRelation();
        reader.EnsureEnd();
        _plans[oid] = planner.Build(message.ToArray(), relation, table, origin, known);
    }
}
