using System.Text.RegularExpressions;

namespace Penstock.Debezium.Transforms.Conditions;

/// <summary>
/// Reads expressions: the part of Groovy in which conditions over Debezium's events are written, and a few words of SQL. There are no calls but the named ones, no variables and no loops, so an
/// expression ends, touches nothing, and costs what its text says. The grammar is in docs/transforms.md.
/// </summary>
internal sealed class ConditionParser
{
    private const string Roots = "value, key, topic and header";

    private readonly List<ConditionToken> _tokens;
    private readonly StageTools _tools;
    private readonly List<FieldNode> _fields = [];
    private int _at;

    private ConditionParser(string text, StageTools tools) => (_tokens, _tools) = (new ConditionLexer(text).Read(), tools);

    /// <summary>The expression, ready for one decoder.</summary>
    /// <exception cref="ConditionException">The text is none; says where and why.</exception>
    public static (ConditionNode Expression, IReadOnlyList<FieldNode> Fields) Parse(string text, StageTools tools)
    {
        var parser = new ConditionParser(text, tools);
        var node = parser.Choice();
        return parser.Peek.Kind == TokenKind.End ? (node, parser._fields) : throw parser.Unexpected("an operator such as ==, && or ||, or the end, is due");
    }

    private ConditionToken Peek => _tokens[_at];

    private ConditionToken Take() => _tokens[_at].Kind == TokenKind.End ? _tokens[_at] : _tokens[_at++];

    private bool TakeSign(string sign)
    {
        bool found = Peek.Kind == TokenKind.Sign && Peek.Text == sign;
        _at += found ? 1 : 0;
        return found;
    }

    private bool TakeWord(string word)
    {
        bool found = Peek.Kind == TokenKind.Name && Peek.Text == word;
        _at += found ? 1 : 0;
        return found;
    }

    private void Need(string sign, string what)
    {
        if (!TakeSign(sign))
        {
            throw Unexpected($"{sign} is due, {what}");
        }
    }

    private ConditionException Unexpected(string due) => new(Peek.Column, $"{Peek} is not expected here; {due}");

    private ConditionNode Choice()
    {
        var condition = Or();
        int column = Peek.Column;
        if (!TakeSign("?"))
        {
            return condition;
        }

        var then = Choice();
        Need(":", "between the two values of a choice");
        return new ChoiceNode(column, condition, then, Choice());
    }

    private ConditionNode Or()
    {
        var left = And();
        for (int column = Peek.Column; TakeSign("||"); column = Peek.Column)
        {
            left = new LogicNode(column, all: false, left, And());
        }

        return left;
    }

    private ConditionNode And()
    {
        var left = Not();
        for (int column = Peek.Column; TakeSign("&&"); column = Peek.Column)
        {
            left = new LogicNode(column, all: true, left, Not());
        }

        return left;
    }

    private ConditionNode Not()
    {
        int column = Peek.Column;
        return TakeSign("!") ? new NotNode(column, Not()) : Comparison();
    }

    private ConditionNode Comparison()
    {
        var left = Join();
        var token = Peek;
        switch (token)
        {
            case { Kind: TokenKind.Sign, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" }:
                Take();
                return new CompareNode(token.Column, token.Text, left, Join());
            case { Kind: TokenKind.Sign, Text: "==~" or "=~" }:
                Take();
                return new MatchNode(token.Column, left, Pattern(token.Text == "==~"));
            case { Kind: TokenKind.Name, Text: "matches" }:
                Take();
                return new MatchNode(token.Column, left, Pattern(whole: true));
            case { Kind: TokenKind.Name, Text: "in" }:
                Take();
                return new InNode(token.Column, left, List());
            case { Kind: TokenKind.Name, Text: "not" } or { Kind: TokenKind.Sign, Text: "!" }:
                Take();
                return TakeWord("in") ? new NotNode(token.Column, new InNode(token.Column, left, List())) : throw Unexpected("in is due, as in: not in ['c', 'u']");
            case { Kind: TokenKind.Name, Text: "is" }:
                Take();
                bool negated = TakeWord("not");
                return TakeWord("null")
                    ? new CompareNode(token.Column, negated ? "!=" : "==", left, new LiteralNode(token.Column, ConditionKind.Null, ""))
                    : throw Unexpected("null is due, as in: is null, is not null");
            default:
                return left;
        }
    }

    private ConditionNode[] List()
    {
        string end = TakeSign("[") ? "]" : TakeSign("(") ? ")" : throw Unexpected("a list is due, as in: in ['c', 'u']");
        var items = new List<ConditionNode> { Join() };
        while (TakeSign(","))
        {
            items.Add(Join());
        }

        Need(end, "at the end of the list");
        return [.. items];
    }

    private Regex Pattern(bool whole)
    {
        var token = Take();
        if (token.Kind is not (TokenKind.Text or TokenKind.Pattern))
        {
            _at = _tokens.IndexOf(token);
            throw Unexpected("a pattern is due, in quotes or between slashes");
        }

        try
        {
            return new Regex(whole ? $"^(?:{token.Text})$" : token.Text, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (ArgumentException error)
        {
            throw new ConditionException(token.Column, $"{token} is no regular expression: {error.Message}");
        }
    }

    private ConditionNode Join()
    {
        var left = Operand();
        for (int column = Peek.Column; TakeSign("+"); column = Peek.Column)
        {
            left = new JoinNode(column, left, Operand());
        }

        return left;
    }

    private ConditionNode Operand()
    {
        var token = Take();
        switch (token)
        {
            case { Kind: TokenKind.Sign, Text: "(" }:
                var inner = Choice();
                Need(")", $"for the ( of column {token.Column}");
                return inner;
            case { Kind: TokenKind.Sign, Text: "-" } when Peek.Kind == TokenKind.Number:
                return new LiteralNode(token.Column, ConditionKind.Number, $"-{Take().Text}");
            case { Kind: TokenKind.Number }:
                return new LiteralNode(token.Column, ConditionKind.Number, token.Text);
            case { Kind: TokenKind.Text }:
                return new LiteralNode(token.Column, ConditionKind.Text, token.Text);
            case { Kind: TokenKind.Name, Text: "true" }:
                return new LiteralNode(token.Column, ConditionKind.True, "true");
            case { Kind: TokenKind.Name, Text: "false" }:
                return new LiteralNode(token.Column, ConditionKind.False, "false");
            case { Kind: TokenKind.Name, Text: "null" }:
                return new LiteralNode(token.Column, ConditionKind.Null, "null");
            case { Kind: TokenKind.Name, Text: "value" or "key" or "topic" or "header" }:
                return Path(token);
            case { Kind: TokenKind.Name, Text: "valueSchema" or "keySchema" }:
                throw new ConditionException(token.Column, $"{token} is not supported: an expression may ask for {Roots}");
            case { Kind: TokenKind.Name }:
                throw new ConditionException(token.Column, $"{token} is not known: paths begin with {Roots}, a text stands in quotes");
            default:
                _at -= token.Kind == TokenKind.End ? 0 : 1;
                throw Unexpected($"a value is due: a path of {Roots}, a text in quotes, a number, true, false or null");
        }
    }

    private ConditionNode Path(ConditionToken root)
    {
        var steps = new List<PathStep>();
        int column = Peek.Column;
        while (true)
        {
            bool safe = TakeSign("?.");
            if (!safe && TakeSign("["))
            {
                steps.Add(new PathStep(Name("in brackets, as in ['name']"), Safe: false));
                Need("]", "behind the name");
            }
            else if (safe || TakeSign("."))
            {
                var name = Take();
                if (name.Kind is not (TokenKind.Name or TokenKind.Text))
                {
                    _at -= name.Kind == TokenKind.End ? 0 : 1;
                    throw Unexpected("the name of a field is due");
                }

                if (!TakeSign("("))
                {
                    steps.Add(new PathStep(name.Text, safe));
                }
                else if (name.Text is "get" or "getString" or "getInt32" or "getInt64" or "getStruct")
                {
                    steps.Add(new PathStep(Name($"as in {name.Text}('name')"), safe));
                    Need(")", "behind the name");
                }
                else
                {
                    return Method(root, [.. steps], name, safe);
                }
            }
            else
            {
                return Field(root, steps, column);
            }
        }
    }

    private FieldNode Field(ConditionToken root, IReadOnlyList<PathStep> steps, int column, bool safe = false)
    {
        var field = new FieldNode(root.Column, root.Text, [.. steps], _tools) { IsSafe = safe };
        _fields.Add(field);
        return root.Text == "topic" && steps.Count > 0 ? throw new ConditionException(column, "topic is a text and has no fields") : field;
    }

    private string Name(string form)
    {
        var token = Take();
        if (token.Kind == TokenKind.Text)
        {
            return token.Text;
        }

        _at -= token.Kind == TokenKind.End ? 0 : 1;
        throw Unexpected($"a name in quotes is due, {form}");
    }

    // The ( is taken. The safe step before the method is the method's: a null has none.
    private ConditionNode Method(ConditionToken root, PathStep[] steps, ConditionToken method, bool safe)
    {
        var field = Field(root, steps, method.Column, safe);
        ConditionNode node;
        switch (method.Text)
        {
            case "matches":
                node = new MatchNode(method.Column, field, Pattern(whole: true));
                break;
            case "startsWith" or "endsWith" or "contains":
                node = new PartNode(method.Column, field, method.Text, Name($"as in {method.Text}('text')"));
                break;
            case "equals":
                node = new CompareNode(method.Column, "==", field, Join());
                break;
            default:
                throw new ConditionException(method.Column, $"{method} is not known: there are startsWith, endsWith, contains, matches, equals and get");
        }

        Need(")", $"for the ( behind {method.Text}");
        return node;
    }
}
