using Penstock.Debezium.Values;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.Debezium.Events;

/// <summary>The plans of the relations that the stream, or the snapshot, has announced.</summary>
internal sealed class RelationPlans(RelationPlanner planner, RowOrigin origin)
{
    private readonly Dictionary<uint, RelationPlan> _plans = [];

    // What the catalogue said about the types of each plan.
    private readonly Dictionary<uint, CatalogType[]> _types = [];

    /// <summary>The plan of a relation.</summary>
    /// <exception cref="MalformedWalException">No Relation message came for it.</exception>
    public RelationPlan Find(uint oid) =>
        _plans.TryGetValue(oid, out var plan) ? plan : throw new MalformedWalException($"a change of relation {oid}, of which no Relation message came");

    /// <summary>
    /// Takes up a Relation message. The plan stays if the message and the catalogue say what they said before: a server that vacuums a table tells it again, with its types, for years, and
    /// much hangs on a plan.
    /// </summary>
    /// <param name="message">The whole message.</param>
    /// <param name="typesMayDiffer">Type messages came before it: the types are looked at too.</param>
    /// <exception cref="MalformedWalException">The message is cut short, or longer than it says.</exception>
    public void Add(ReadOnlySpan<byte> message, bool typesMayDiffer)
    {
        uint oid = RowEvents.RelationOid(message);
        var table = planner.Find(oid);
        var known = _plans.GetValueOrDefault(oid);
        if (known is not null && message.SequenceEqual(known.Message) && CatalogComparison.Same(table, known.Catalog)
            && (!typesMayDiffer || !known.Included || CatalogComparison.Same(planner.TypesOf(known.Relation), _types[oid])))
        {
            return;
        }

        var reader = new PgOutputReader(message[1..]);
        var relation = reader.ReadRelation();
        reader.EnsureEnd();
        var plan = planner.Build(message.ToArray(), relation, table, origin, known);
        _types[oid] = plan.Included ? planner.TypesOf(relation) : [];
        _plans[oid] = plan;
    }
}
