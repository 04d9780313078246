using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>The transforms of a list at work, one behind the other, each for the records that its predicate names.</summary>
internal sealed class TransformChain
{
    private readonly (TransformStage Stage, PredicateTest? Test, bool Negate)[] _links;
    private readonly string[] _aliases;

    public TransformChain(TransformSet transforms, StageTools tools)
    {
        _aliases = [.. transforms.Links.Select(l => l.Alias)];
        _links = [.. transforms.Links.Select(l => (l.Transform.Open(tools), l.Predicate?.Open(tools), l.Negate))];
    }

    /// <inheritdoc cref="EventDecoder.LeftOutByTransforms"/>
    public IEnumerable<(string Transform, string What, long Records)> LeftOut =>
        _links.Zip(_aliases).Where(l => l.First.Stage.LeftOut.Records > 0).Select(l => (l.Second, l.First.Stage.LeftOut.What, l.First.Stage.LeftOut.Records));

    /// <summary>Takes a draft through the chain; false where the record ends on the way.</summary>
    /// <exception cref="TransformException">A row is not what a transform needs.</exception>
    public bool Run(RecordDraft draft, scoped in RowChange change)
    {
        foreach (var (stage, test, negate) in _links)
        {
            if ((test is null || test.Holds(draft, change) != negate) && !stage.Apply(draft, change))
            {
                return false;
            }
        }

        return true;
    }
}
