using System.Text;
using System.Text.RegularExpressions;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Transforms.Conditions;

/// <summary>A part of an expression, ready to be evaluated in one decoder. Allocates nothing per record but where its class says so.</summary>
/// <param name="column">Where it begins in the text, for messages.</param>
internal abstract class ConditionNode(int column)
{
    public int Column => column;

    /// <exception cref="TransformException">Two values cannot be compared.</exception>
    public abstract ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change);

    /// <summary>The value where a condition stands: a boolean, or missing. A null is false, as in Groovy.</summary>
    /// <exception cref="TransformException">It is something else.</exception>
    protected static ConditionValue Truth(ConditionNode node, RecordDraft draft, scoped in RowChange change)
    {
        var value = node.Evaluate(draft, change);
        return value.Kind switch
        {
            ConditionKind.True or ConditionKind.False or ConditionKind.Missing => value,
            ConditionKind.Null => ConditionValue.Of(false),
            _ => throw node.Wrong($"{value.Describe()} stands where a condition is needed"),
        };
    }

    protected TransformException Wrong(string problem) => new($"in the expression, column {column}: {problem}");
}

/// <summary>A value that stands in the text.</summary>
internal sealed class LiteralNode : ConditionNode
{
    private readonly ConditionKind _kind;
    private readonly byte[] _bytes;

    public LiteralNode(int column, ConditionKind kind, string text)
        : base(column)
    {
        _kind = kind;
        Text = text;
        _bytes = kind == ConditionKind.Text ? JsonFragment.From(output => JsonText.WriteString(Encoding.UTF8.GetBytes(text), output)) : Encoding.UTF8.GetBytes(text);
    }

    /// <summary>As it stands in the expression, without quotes.</summary>
    public string Text { get; }

    public bool IsText => _kind == ConditionKind.Text;

    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change) => _kind switch
    {
        ConditionKind.Number => ConditionValue.Number(_bytes),
        ConditionKind.Text => ConditionValue.Text(_bytes),
        ConditionKind.Null => ConditionValue.Null,
        _ => ConditionValue.Of(_kind == ConditionKind.True),
    };
}

/// <summary><c>!</c>.</summary>
internal sealed class NotNode(int column, ConditionNode inner) : ConditionNode(column)
{
    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change)
    {
        var value = Truth(inner, draft, change);
        return value.IsMissing ? value : ConditionValue.Of(value.Kind == ConditionKind.False);
    }
}

/// <summary><c>&amp;&amp;</c> and <c>||</c>: what stands behind is looked at only if it matters, so that it may ask for what only some records have.</summary>
internal sealed class LogicNode(int column, bool all, ConditionNode left, ConditionNode right) : ConditionNode(column)
{
    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change)
    {
        var value = Truth(left, draft, change);
        return value.IsMissing || value.Kind == (all ? ConditionKind.False : ConditionKind.True) ? value : Truth(right, draft, change);
    }
}

/// <summary><c>==</c> and the others. A null is equal to a null and less than everything else, as in Groovy.</summary>
internal sealed class CompareNode(int column, string sign, ConditionNode left, ConditionNode right) : ConditionNode(column)
{
    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change)
    {
        var a = left.Evaluate(draft, change);
        if (a.IsMissing)
        {
            return a;
        }

        var b = right.Evaluate(draft, change);
        return b.IsMissing ? b : ConditionValue.Of(sign switch
        {
            "==" => Equal(a, b),
            "!=" => !Equal(a, b),
            "<" => Order(a, b) < 0,
            "<=" => Order(a, b) <= 0,
            ">" => Order(a, b) > 0,
            _ => Order(a, b) >= 0,
        });
    }

    private bool Equal(ConditionValue a, ConditionValue b)
    {
        if (a.Kind == ConditionKind.Null || b.Kind == ConditionKind.Null)
        {
            return a.Kind == b.Kind;
        }

        if (a.Kind is ConditionKind.True or ConditionKind.False && b.Kind is ConditionKind.True or ConditionKind.False)
        {
            return a.Kind == b.Kind;
        }

        return a.Kind == b.Kind && a.Kind != ConditionKind.Struct ? ConditionOrder.Same(a, b) : throw Wrong($"{a.Describe()} is compared with {b.Describe()}");
    }

    private int Order(ConditionValue a, ConditionValue b)
    {
        if (a.Kind == ConditionKind.Null || b.Kind == ConditionKind.Null)
        {
            return (a.Kind != ConditionKind.Null).CompareTo(b.Kind != ConditionKind.Null);
        }

        return a.Kind == b.Kind && a.Kind is ConditionKind.Number or ConditionKind.Text
            ? ConditionOrder.Compare(a, b)
            : throw Wrong($"{a.Describe()} is compared with {b.Describe()}");
    }
}

/// <summary><c>in [...]</c>.</summary>
internal sealed class InNode(int column, ConditionNode value, ConditionNode[] list) : ConditionNode(column)
{
    private readonly CompareNode[] _each = [.. list.Select(item => new CompareNode(item.Column, "==", value, item))];

    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change)
    {
        foreach (var one in _each)
        {
            var same = one.Evaluate(draft, change);
            if (same.Kind != ConditionKind.False)
            {
                return same;
            }
        }

        return ConditionValue.Of(false);
    }
}

/// <summary><c>condition ? this : that</c>.</summary>
internal sealed class ChoiceNode(int column, ConditionNode condition, ConditionNode then, ConditionNode otherwise) : ConditionNode(column)
{
    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change)
    {
        var truth = Truth(condition, draft, change);
        return truth.IsMissing ? truth : truth.Kind == ConditionKind.True ? then.Evaluate(draft, change) : otherwise.Evaluate(draft, change);
    }
}

/// <summary>Two texts one behind the other; a number is taken as its text.</summary>
internal sealed class JoinNode(int column, ConditionNode left, ConditionNode right) : ConditionNode(column)
{
    private readonly JsonScratch _joined = new();

    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change)
    {
        var a = left.Evaluate(draft, change);
        if (a.IsMissing)
        {
            return a;
        }

        var b = right.Evaluate(draft, change);
        if (b.IsMissing)
        {
            return b;
        }

        var output = _joined.Begin();
        output.WriteByte((byte)'"');
        output.Write(Part(a));
        output.Write(Part(b));
        output.WriteByte((byte)'"');
        return ConditionValue.Text(_joined.Span);
    }

    private ReadOnlySpan<byte> Part(ConditionValue value) => value.Kind switch
    {
        ConditionKind.Text => value.Bytes[1..^1],
        ConditionKind.Number => value.Bytes,
        _ => throw Wrong($"{value.Describe()} stands where + joins texts"),
    };
}

/// <summary>A regular expression over a text. Allocates only for very long texts.</summary>
/// <param name="column">Where it begins.</param>
/// <param name="value">The text.</param>
/// <param name="pattern">The expression.</param>
internal sealed class MatchNode(int column, ConditionNode value, Regex pattern) : ConditionNode(column)
{
    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change)
    {
        var text = value.Evaluate(draft, change);
        return text.Kind switch
        {
            ConditionKind.Missing => text,
            ConditionKind.Null => ConditionValue.Of(false),
            ConditionKind.Text => ConditionValue.Of(Matches(text.Bytes)),
            _ => throw Wrong($"{text.Describe()} is matched with a pattern, which needs a text"),
        };
    }

    private bool Matches(ReadOnlySpan<byte> json)
    {
        const int OnStack = 512;
        Span<byte> utf8 = json.Length <= OnStack ? stackalloc byte[OnStack] : new byte[json.Length];
        Span<char> text = json.Length <= OnStack ? stackalloc char[OnStack] : new char[json.Length];
        int length = Encoding.UTF8.GetChars(ConditionOrder.Unescape(json, utf8), text);
        return pattern.IsMatch(text[..length]);
    }
}

/// <summary>startsWith, endsWith and contains of a text. Allocates only for very long texts with escapes.</summary>
internal sealed class PartNode(int column, FieldNode value, string method, string part) : ConditionNode(column)
{
    private readonly byte[] _part = Encoding.UTF8.GetBytes(part);

    public override ConditionValue Evaluate(RecordDraft draft, scoped in RowChange change)
    {
        var text = value.Evaluate(draft, change);
        return text.Kind switch
        {
            ConditionKind.Text => ConditionValue.Of(Has(text.Bytes)),
            ConditionKind.Missing => text,
            ConditionKind.Null => value.IsSafe ? text : ConditionValue.Missing(value),
            _ => throw Wrong($"{text.Describe()} has no {method}, which needs a text"),
        };
    }

    private bool Has(ReadOnlySpan<byte> json)
    {
        const int OnStack = 512;
        bool escaped = json.IndexOf((byte)'\\') >= 0;
        Span<byte> utf8 = !escaped ? default : json.Length <= OnStack ? stackalloc byte[OnStack] : new byte[json.Length];
        var content = escaped ? ConditionOrder.Unescape(json, utf8) : json[1..^1];
        return method switch
        {
            "startsWith" => content.StartsWith(_part),
            "endsWith" => content.EndsWith(_part),
            _ => content.IndexOf(_part) >= 0,
        };
    }
}
