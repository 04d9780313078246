using Penstock.Debezium.Events;
using Penstock.Engine.Flow;

namespace Penstock.Debezium.Transforms;

/// <summary>One transform as the user configured it: immutable, part of the format.</summary>
internal abstract class Transform
{
    /// <summary>The transform at work in one decoder.</summary>
    public abstract TransformStage Open(StageTools tools);
}

/// <summary>One transform at work. Allocates nothing per record but where its class says so.</summary>
internal abstract class TransformStage
{
    /// <summary>Changes the draft as the transform changes a record; false where the record ends here.</summary>
    /// <exception cref="TransformException">The row is not what the transform needs.</exception>
    public abstract bool Apply(RecordDraft draft, scoped in RowChange change);

    /// <summary>What the stage has left out that a user may miss. Any thread.</summary>
    public virtual (string What, long Records) LeftOut => ("", 0);

    /// <summary>Name of a header that the stage added, UTF-8.</summary>
    public virtual ReadOnlySpan<byte> HeaderName(int index) => throw new InvalidOperationException("this transform adds no headers");

    /// <summary>JSON of its value; valid until the next call.</summary>
    public virtual ReadOnlySpan<byte> HeaderJson(int index, scoped in RowChange change) => throw new InvalidOperationException("this transform adds no headers");
}

/// <summary>What stages share with the decoder.</summary>
/// <param name="Format">All options.</param>
/// <param name="Topics">Gets the topics that transforms choose.</param>
/// <param name="Rows">Writes columns, and knows which one it is at when something fails.</param>
/// <param name="Blocks">The envelope without its rows.</param>
/// <param name="Clock">The time of the envelope.</param>
/// <param name="Notes">What the row at hand has lost; null where no header tells it.</param>
/// <param name="Track">Takes note of columns that are written in another form than their plan's, so that lost values are counted there too.</param>
internal sealed record StageTools(EventFormat Format, TopicTable Topics, RowWriter Rows, EventBlocks Blocks, EnvelopeClock Clock, Action<string, ColumnSlot[]> Track, LossNotes? Notes)
{
    /// <summary>For expressions that are only checked.</summary>
    public static StageTools ForChecks { get; } = Of(new EventFormat { TopicPrefix = "", Database = "" }, new EnvelopeClock(valueSchemas: false));

    private static StageTools Of(EventFormat format, EnvelopeClock clock) =>
        new(format, new TopicTable(), new RowWriter(failOnUnrepresented: false), new EventBlocks(new SourceBlock(format), null, clock), clock, static (_, _) => { }, null);
}
