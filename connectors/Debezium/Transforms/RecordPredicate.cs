using System.Text;
using System.Text.RegularExpressions;
using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>Says which records a transform is for: Kafka Connect's predicates, and the rule that stands in where both unwrap and outbox are listed without one. Immutable.</summary>
internal abstract class RecordPredicate
{
    /// <summary>The predicate at work in one decoder.</summary>
    public abstract PredicateTest Open(StageTools tools);

    /// <summary>Its answer for the rows of a topic; null where a topic does not decide.</summary>
    /// <param name="topic">The topic at that point of the chain.</param>
    /// <param name="columns">Columns of the table; null where they are not known yet.</param>
    public abstract bool? OnRows(string topic, IReadOnlyCollection<string>? columns);

    /// <summary>Reads the predicate of an alias.</summary>
    /// <exception cref="FormatException">Names the property, and says what is wrong with it.</exception>
    public static RecordPredicate Read(string alias, IReadOnlyDictionary<string, string> properties)
    {
        var options = new TransformOptions("predicates", alias, properties);
        string type = options.Text("type") ?? throw options.Wrong("type", "is missing: TopicNameMatches, HasHeaderKey or RecordIsTombstone");
        RecordPredicate predicate = type[(type.LastIndexOf('.') + 1)..] switch
        {
            "TopicNameMatches" => new TopicNameMatches(options.Pattern("pattern") ?? throw options.Wrong("pattern", "is missing: a regular expression for the whole name of a topic")),
            "HasHeaderKey" => new HasHeaderKey(options.Text("name") ?? throw options.Wrong("name", "is missing: the name of a header")),
            "RecordIsTombstone" => new RecordIsTombstone(),
            _ => throw options.Wrong("type", $"is '{type}', which is none of TopicNameMatches, HasHeaderKey, RecordIsTombstone"),
        };
        options.EnsureAllRead();
        return predicate;
    }
}

/// <summary>A predicate at work. Allocates nothing per record.</summary>
internal abstract class PredicateTest
{
    public abstract bool Holds(RecordDraft draft, scoped in RowChange change);
}

/// <summary>TopicNameMatches: decided once for each topic.</summary>
internal sealed class TopicNameMatches(Regex pattern) : RecordPredicate
{
    public override PredicateTest Open(StageTools tools) => new Test(pattern, tools);

    public override bool? OnRows(string topic, IReadOnlyCollection<string>? columns) => pattern.IsMatch(topic);

    private sealed class Test(Regex pattern, StageTools tools) : PredicateTest
    {
        private bool?[] _known = [];

        public override bool Holds(RecordDraft draft, scoped in RowChange change)
        {
            if (draft.Topic >= _known.Length)
            {
                Array.Resize(ref _known, Math.Max(tools.Topics.Count, draft.Topic + 1));
            }

            return _known[draft.Topic] ??= pattern.IsMatch(tools.Topics.Name(draft.Topic));
        }
    }
}

/// <summary>RecordIsTombstone: the value is null at that point of the chain.</summary>
internal sealed class RecordIsTombstone : RecordPredicate
{
    public override PredicateTest Open(StageTools tools) => new Test();

    public override bool? OnRows(string topic, IReadOnlyCollection<string>? columns) => false;

    private sealed class Test : PredicateTest
    {
        public override bool Holds(RecordDraft draft, scoped in RowChange change) => draft.IsNull;
    }
}

/// <summary>HasHeaderKey: the record has a header of that name at that point of the chain.</summary>
internal sealed class HasHeaderKey(string name) : RecordPredicate
{
    public override PredicateTest Open(StageTools tools) => new Test(name, tools.Format.ExtendedHeaders);

    public override bool? OnRows(string topic, IReadOnlyCollection<string>? columns) => null;

    private sealed class Test(string name, bool extended) : PredicateTest
    {
        private readonly byte[] _name = Encoding.UTF8.GetBytes(name);
        private readonly bool _context = extended && EventHeaders.ContextNames.Contains(name);
        private readonly OtherKey _other = name switch { EventHeaders.NewKey => OtherKey.New, EventHeaders.OldKey => OtherKey.Old, _ => OtherKey.None };

        public override bool Holds(RecordDraft draft, scoped in RowChange change)
        {
            if ((_context && draft.OfRow) || (_other != OtherKey.None && draft.Other == _other))
            {
                return true;
            }

            foreach (var (stage, index) in draft.Headers)
            {
                if (stage.HeaderName(index).SequenceEqual(_name))
                {
                    return true;
                }
            }

            return false;
        }
    }
}

/// <summary>The records of tables, and the decoded messages, that have the columns of an outbox.</summary>
internal sealed class OutboxRows(string[] columns) : RecordPredicate
{
    public override PredicateTest Open(StageTools tools) => new Test(this);

    public override bool? OnRows(string topic, IReadOnlyCollection<string>? columns) => columns is null ? null : Has(columns);

    private bool Has(IReadOnlyCollection<string> given) => Array.TrueForAll(columns, given.Contains);

    private sealed class Test(OutboxRows rows) : PredicateTest
    {
        private readonly Dictionary<RelationPlan, bool> _known = new(ReferenceEqualityComparer.Instance);

        public override bool Holds(RecordDraft draft, scoped in RowChange change)
        {
            if (draft.Decoded is { } decoded)
            {
                return rows.Has([.. decoded.Columns.Keys]);
            }

            if (!draft.OfRow)
            {
                return false;
            }

            if (!_known.TryGetValue(change.Plan, out bool has))
            {
                has = rows.Has([.. change.Plan.RowSchema.Fields.Select(f => f.Field!)]);
                _known.Add(change.Plan, has);
            }

            return has;
        }
    }
}
