namespace Penstock.Debezium.Transforms.Conditions;

internal enum ConditionKind
{
    Null,
    False,
    True,
    Number,
    Text,

    /// <summary>An array, a map, bytes: only equal to the same.</summary>
    Whole,

    /// <summary>A struct that is not null: only its fields say more.</summary>
    Struct,

    /// <summary>What was asked for is not in this record.</summary>
    Missing,
}

/// <summary>The value of a part of an expression for one record. Its bytes are valid until the part is evaluated again.</summary>
internal readonly ref struct ConditionValue
{
    private ConditionValue(ConditionKind kind, ReadOnlySpan<byte> bytes, FieldNode? missing)
    {
        Kind = kind;
        Bytes = bytes;
        MissingAt = missing;
    }

    public static ConditionValue Null => default;

    public static ConditionValue Struct => new(ConditionKind.Struct, default, null);

    public ConditionKind Kind { get; }

    /// <summary>A number's digits, a text's JSON with its quotes, or a whole's JSON.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The field that is missing, which knows why.</summary>
    public FieldNode? MissingAt { get; }

    public bool IsMissing => Kind == ConditionKind.Missing;

    public static ConditionValue Of(bool truth) => new(truth ? ConditionKind.True : ConditionKind.False, default, null);

    public static ConditionValue Number(ReadOnlySpan<byte> digits) => new(ConditionKind.Number, digits, null);

    public static ConditionValue Text(ReadOnlySpan<byte> json) => new(ConditionKind.Text, json, null);

    public static ConditionValue Whole(ReadOnlySpan<byte> json) => new(ConditionKind.Whole, json, null);

    public static ConditionValue Missing(FieldNode field) => new(ConditionKind.Missing, default, field);

    /// <summary>The value of a piece of JSON.</summary>
    public static ConditionValue OfJson(ReadOnlySpan<byte> json) => json[0] switch
    {
        (byte)'n' => Null,
        (byte)'t' => Of(true),
        (byte)'f' => Of(false),
        (byte)'"' => Text(json),
        (byte)'{' or (byte)'[' => Whole(json),
        _ => Number(json),
    };

    /// <summary>What it is, for messages; never the value.</summary>
    public string Describe() => Kind switch
    {
        ConditionKind.Null => "null",
        ConditionKind.False or ConditionKind.True => "a boolean",
        ConditionKind.Number => "a number",
        ConditionKind.Text => "a text",
        ConditionKind.Whole => "an array, a map or bytes",
        _ => "a struct",
    };
}
