using System.Globalization;
using System.Text;

namespace Penstock.Debezium.Transforms.Conditions;

/// <summary>Cuts an expression into tokens.</summary>
internal sealed class ConditionLexer(string text)
{
    // Longer ones first: the first that fits is taken.
    private static readonly string[] Signs = ["==~", "===", "!==", "==", "=~", "!=", "<=", ">=", "&&", "||", "?.", "<", ">", "!", "(", ")", "[", "]", ",", ".", "?", ":", "+", "-"];

    private int _at;

    /// <summary>All tokens, the end included.</summary>
    /// <exception cref="ConditionException">A character that begins nothing, or a text without end.</exception>
    public List<ConditionToken> Read()
    {
        var tokens = new List<ConditionToken>();
        do
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }

            tokens.Add(Next());
        }
        while (tokens[^1].Kind != TokenKind.End);
        return tokens;
    }

    private ConditionToken Next()
    {
        int start = _at;
        if (start == text.Length)
        {
            return new ConditionToken(TokenKind.End, "", start + 1);
        }

        char c = text[start];
        if (char.IsLetter(c) || c is '_' or '$')
        {
            while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] is '_' or '$'))
            {
                _at++;
            }

            return new ConditionToken(TokenKind.Name, text[start.._at], start + 1);
        }

        return char.IsAsciiDigit(c) ? Number(start) : c switch
        {
            '\'' or '"' => Quoted(start),
            '/' => Pattern(start),
            _ => Sign(start),
        };
    }

    private ConditionToken Sign(int start)
    {
        string sign = Array.Find(Signs, s => string.CompareOrdinal(text, start, s, 0, s.Length) == 0) ?? throw Unexpected(start);
        _at += sign.Length;
        return sign is "===" or "!==" ? throw new ConditionException(start + 1, $"{sign} is not known: write {sign[..2]}") : new ConditionToken(TokenKind.Sign, sign, start + 1);
    }

    private ConditionException Unexpected(int start) => new(start + 1, text[start] switch
    {
        '&' or '|' => $"a single {text[start]} is not known: write {text[start]}{text[start]}",
        '=' => "a single = is not known: write ==",
        '{' or '}' or ';' => $"'{text[start]}' is not known: an expression is one condition, without statements and closures",
        _ => $"'{text[start]}' is not known",
    });

    // Groovy's suffixes say how a number is kept, which makes no difference here.
    private ConditionToken Number(int start)
    {
        Digits();
        if (_at + 1 < text.Length && text[_at] == '.' && char.IsAsciiDigit(text[_at + 1]))
        {
            _at++;
            Digits();
        }

        if (_at < text.Length && text[_at] is 'e' or 'E')
        {
            _at += _at + 1 < text.Length && text[_at + 1] is '+' or '-' ? 2 : 1;
            Digits();
        }

        string number = text[start.._at];
        if (_at < text.Length && text[_at] is 'l' or 'L' or 'g' or 'G' or 'd' or 'D' or 'f' or 'F' or 'i' or 'I')
        {
            _at++;
        }

        return _at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] == '_')
            ? throw new ConditionException(start + 1, $"'{text[start..(_at + 1)]}' is no number")
            : new ConditionToken(TokenKind.Number, number, start + 1);
    }

    private void Digits()
    {
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            _at++;
        }
    }

    private ConditionToken Quoted(int start)
    {
        char quote = text[start];
        var content = new StringBuilder();
        for (_at = start + 1; _at < text.Length && text[_at] != quote; _at++)
        {
            if (quote == '"' && text[_at] == '$')
            {
                throw new ConditionException(_at + 1, "a text in double quotes has a $, which Groovy would fill in: use single quotes");
            }

            content.Append(text[_at] == '\\' ? Escape() : text[_at]);
        }

        return _at++ < text.Length ? new ConditionToken(TokenKind.Text, content.ToString(), start + 1) : throw new ConditionException(start + 1, $"a text has no end: the {quote} is missing");
    }

    private char Escape()
    {
        int start = _at++;
        if (_at + 4 < text.Length && text[_at] == 'u' && int.TryParse(text.AsSpan(_at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
        {
            _at += 4;
            return (char)code;
        }

        return (_at < text.Length ? text[_at] : '\0') switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\b',
            'f' => '\f',
            '\\' => '\\',
            '\'' => '\'',
            '"' => '"',
            '$' => '$',
            _ => throw new ConditionException(start + 1, "a backslash in a text goes with n, t, r, b, f, u and four digits, $, a quote or another backslash; between slashes, /.../, it stands for itself"),
        };
    }

    private ConditionToken Pattern(int start)
    {
        var content = new StringBuilder();
        for (_at = start + 1; _at < text.Length && text[_at] != '/'; _at++)
        {
            if (text[_at] == '\\' && _at + 1 < text.Length && text[_at + 1] == '/')
            {
                _at++;
            }

            content.Append(text[_at]);
        }

        return _at++ < text.Length ? new ConditionToken(TokenKind.Pattern, content.ToString(), start + 1) : throw new ConditionException(start + 1, "a pattern has no end: the / is missing");
    }
}
