using System.Text.RegularExpressions;
using Penstock.Debezium.Events;
using Penstock.Debezium.Transforms.Conditions;

namespace Penstock.Debezium.Transforms;

/// <summary>What a transform with an expression does with records whose value is null: <c>null.handling.mode</c>.</summary>
internal enum NullHandling
{
    Keep,
    Drop,
    Evaluate,
}

/// <summary>The options that Filter and ContentBasedRouter have in common: an expression, and which records it is asked about.</summary>
internal sealed class ExpressionOptions
{
    private const string OwnLanguage = "penstock";

    private readonly string _text;

    public ExpressionOptions(TransformOptions options, string expression, string example)
    {
        _text = options.Text(expression) ?? throw options.Wrong(expression, $"is missing: an expression such as {example}");
        Topics = options.Pattern("topic.regex");
        Nulls = options.Text("null.handling.mode", "keep") switch
        {
            "keep" => NullHandling.Keep,
            "drop" => NullHandling.Drop,
            "evaluate" => NullHandling.Evaluate,
            _ => throw options.Wrong("null.handling.mode", "is none of keep, drop, evaluate"),
        };
        Warning = options.Text("language", OwnLanguage) switch
        {
            OwnLanguage => null,
            "jsr223.groovy" => options.Wrong("language", $"is jsr223.groovy: {expression} is read as Penstock's own language, in which what it has of Groovy means the same").Message,
            var other => throw options.Wrong("language", $"is {other}, and there is no script engine here: write the condition in Penstock's own language, which is close to Groovy (docs/transforms.md), and set this to {OwnLanguage}"),
        };
        try
        {
            AsksForColumns = ConditionParser.Parse(_text, StageTools.ForChecks).Fields.Any(f => f.IsColumn);
        }
        catch (ConditionException error)
        {
            throw options.Wrong(expression, $"is no expression: {error.Message}");
        }
    }

    /// <summary>Topics whose records it is asked about; null for all.</summary>
    public Regex? Topics { get; }

    public NullHandling Nulls { get; }

    /// <summary>What the user should know of the language; null for nothing.</summary>
    public string? Warning { get; }

    /// <summary>Whether it looks at columns of an envelope's rows.</summary>
    public bool AsksForColumns { get; }

    public ConditionNode Open(StageTools tools) => ConditionParser.Parse(_text, tools).Expression;
}

/// <summary>Filter: records for which a condition does not hold end here.</summary>
internal sealed class RowFilter : Transform
{
    private RowFilter(TransformOptions options) => Expression = new ExpressionOptions(options, "condition", "value.op == 'c' && value.after.id > 2");

    public ExpressionOptions Expression { get; }

    public static RowFilter Read(TransformOptions options) => new(options);

    public override TransformStage Open(StageTools tools) => new RowFilterStage(Expression, tools);
}

/// <summary>ContentBasedRouter: an expression names the topic.</summary>
internal sealed class ContentRouting : Transform
{
    private ContentRouting(TransformOptions options) => Expression = new ExpressionOptions(options, "topic.expression", "value.op == 'u' ? 'updates' : null");

    public ExpressionOptions Expression { get; }

    public static ContentRouting Read(TransformOptions options) => new(options);

    public override TransformStage Open(StageTools tools) => new ContentRoutingStage(Expression, tools);
}

/// <summary>Asks an expression about the records it is for.</summary>
internal abstract class ExpressionStage(ExpressionOptions options, StageTools tools) : TransformStage
{
    private readonly ConditionNode _expression = options.Open(tools);
    private bool?[] _topics = [];

    protected StageTools Tools => tools;

    public override bool Apply(RecordDraft draft, scoped in RowChange change)
    {
        if (!Concerns(draft.Topic))
        {
            return true;
        }

        if (draft.IsNull && options.Nulls != NullHandling.Evaluate)
        {
            return options.Nulls == NullHandling.Keep || Drop();
        }

        var value = _expression.Evaluate(draft, change);
        if (!value.IsMissing)
        {
            return Decide(draft, value);
        }

        // Messages, transactions and heartbeats have other fields than rows; an expression that asks for those is not about them.
        return draft.OfRow ? throw new TransformException($"in the expression, column {value.MissingAt!.Column}: {value.MissingAt.Describe(draft)}") : true;
    }

    protected abstract bool Decide(RecordDraft draft, ConditionValue value);

    protected abstract bool Drop();

    private bool Concerns(int topic)
    {
        if (options.Topics is null)
        {
            return true;
        }

        if (topic >= _topics.Length)
        {
            Array.Resize(ref _topics, Math.Max(tools.Topics.Count, topic + 1));
        }

        return _topics[topic] ??= options.Topics.IsMatch(tools.Topics.Name(topic));
    }
}

/// <summary>Filter at work. What it leaves out is counted.</summary>
internal sealed class RowFilterStage(ExpressionOptions options, StageTools tools) : ExpressionStage(options, tools)
{
    private long _filtered;

    public override (string What, long Records) LeftOut => ("records", Volatile.Read(ref _filtered));

    protected override bool Decide(RecordDraft draft, ConditionValue value) => value.Kind switch
    {
        ConditionKind.True => true,
        ConditionKind.False => Drop(),
        ConditionKind.Null => throw new TransformException("the condition is null for this record, neither true nor false: compare it, as in: value.after?.flag == true"),
        _ => throw new TransformException($"the condition is {value.Describe()}, neither true nor false"),
    };

    protected override bool Drop()
    {
        Volatile.Write(ref _filtered, _filtered + 1);
        return false;
    }
}

/// <summary>ContentBasedRouter at work.</summary>
internal sealed class ContentRoutingStage(ExpressionOptions options, StageTools tools) : ExpressionStage(options, tools)
{
    private readonly TopicNumbers _topics = new(tools.Topics, name => name);

    protected override bool Decide(RecordDraft draft, ConditionValue value)
    {
        if (value.Kind == ConditionKind.Null)
        {
            return true;
        }

        int topic = value.Kind == ConditionKind.Text ? _topics.Find(value.Bytes) : throw new TransformException($"topic.expression is {value.Describe()}, and a topic's name is a text");
        draft.Topic = topic >= 0 ? topic : throw new TransformException("topic.expression is blank for this record: null leaves it in its topic");
        return true;
    }

    protected override bool Drop() => false;
}
