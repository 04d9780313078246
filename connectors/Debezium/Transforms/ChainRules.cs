namespace Penstock.Debezium.Transforms;

/// <summary>What shows only when the transforms of a list are looked at together, and what can be said of a topic's rows before the first one comes.</summary>
internal static class ChainRules
{
    /// <summary>Checks the list, and gives unwrap and outbox their rule where both stand there without a predicate.</summary>
    /// <exception cref="FormatException">Two transforms do not go together.</exception>
    public static IReadOnlyList<TransformLink> Complete(IReadOnlyList<TransformLink> links)
    {
        CheckZones(links);
        foreach (var link in links)
        {
            if (link.Transform is FlatRows { DropFieldsHeader: { } header } && !links.TakeWhile(l => l != link).Any(l => l.Transform is ChangedHeaders c && (c.Changed == header || c.Unchanged == header)))
            {
                throw new FormatException($"transforms.{link.Alias}.drop.fields.header.name names {header}, which no ExtractChangedRecordState before it writes");
            }
        }

        // Without predicates Debezium's chain would flatten outbox rows, or fail at the rows of other tables: nobody means that.
        var outboxes = links.Where(l => l.Transform is OutboxEvents).ToList();
        var flats = links.Where(l => l.Transform is FlatRows).ToList();
        if (outboxes.Count != 1 || flats.Count != 1 || outboxes[0].Predicate is not null || flats[0].Predicate is not null)
        {
            return links;
        }

        var rows = new OutboxRows(((OutboxEvents)outboxes[0].Transform).NeededColumns);
        return [.. links.Select(l => l.Transform is OutboxEvents ? l with { Predicate = rows } : l.Transform is FlatRows ? l with { Predicate = rows, Negate = true } : l)];
    }

    /// <summary>Transforms that stand where they find nothing to do.</summary>
    public static IReadOnlyList<string> Warnings(IReadOnlyList<TransformLink> links)
    {
        var warnings = links.Select(l => l.Transform switch { RowFilter f => f.Expression.Warning, ContentRouting c => c.Expression.Warning, _ => null }).OfType<string>().ToList();
        var flattens = links.FirstOrDefault(l => l is { Transform: FlatRows or OutboxEvents, Predicate: null });
        foreach (var link in links.SkipWhile(l => l != flattens).Skip(1))
        {
            if (link.Transform is ChangedHeaders or PartitionFields or ZoneConversion)
            {
                warnings.Add($"transforms lists {link.Alias} behind {flattens!.Alias}, where no envelope is left for it: it has no effect there");
            }
        }

        return warnings;
    }

    /// <summary>The topic that takes the rows of a topic in the end, null where rows decide; and the zones that their columns are converted to, each with the topic at that point.</summary>
    public static (string? Topic, IReadOnlyList<(ZoneConversion Zone, string Topic)> Zones) Follow(IReadOnlyList<TransformLink> links, string topic, IReadOnlyCollection<string>? columns)
    {
        string? at = topic;
        bool enveloped = true;
        var zones = new List<(ZoneConversion, string)>();
        foreach (var link in links)
        {
            bool? takes = at is null ? null : link.Takes(at, columns);
            switch (link.Transform)
            {
                case LogicalRouting router when takes != false:
                    at = takes is null ? null : router.Topic(at!) ?? at;
                    break;
                case ZoneConversion zone when takes == true && enveloped:
                    zones.Add((zone, at!));
                    break;
                case FlatRows flat when takes != false:
                    enveloped = false;
                    at = flat.RouteByField is null ? at : null;
                    break;
                case ContentRouting when takes != false:
                    at = null;
                    break;
                case OutboxEvents when takes != false && enveloped:
                    enveloped = false;
                    at = null;
                    break;
                default:
                    break;
            }
        }

        return (at, zones);
    }

    // Zones are part of a relation's plan, which knows topics and columns and no headers.
    private static void CheckZones(IReadOnlyList<TransformLink> links)
    {
        int last = links.Count - 1;
        while (last >= 0 && links[last].Transform is not ZoneConversion)
        {
            last--;
        }

        for (int i = 0; i <= last; i++)
        {
            if (links[i].Transform is RowFilter { Expression.AsksForColumns: true } or ContentRouting { Expression.AsksForColumns: true } or PartitionFields { AsksForColumns: true })
            {
                throw new FormatException($"transforms lists {links[i].Alias} before {links[last].Alias}: it would see converted times there already; list {links[last].Alias} first");
            }

            if (links[i] is { Predicate: HasHeaderKey, Transform: ZoneConversion or FlatRows or OutboxEvents or LogicalRouting })
            {
                throw new FormatException($"transforms.{links[i].Alias}.predicate is a HasHeaderKey, which does not go with TimezoneConverter at or behind it: list the converter first, without such a predicate");
            }
        }
    }
}
