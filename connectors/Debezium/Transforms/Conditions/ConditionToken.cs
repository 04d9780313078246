namespace Penstock.Debezium.Transforms.Conditions;

internal enum TokenKind
{
    Name,
    Number,
    Text,

    /// <summary>A text between slashes, in which a backslash is a backslash.</summary>
    Pattern,
    Sign,
    End,
}

/// <summary>A piece of an expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text, without quotes and escapes.</param>
/// <param name="Column">Where it begins, counted from 1.</param>
internal readonly record struct ConditionToken(TokenKind Kind, string Text, int Column)
{
    public override string ToString() => Kind switch { TokenKind.End => "the end", TokenKind.Text => $"the text '{Text}'", _ => $"'{Text}'" };
}
