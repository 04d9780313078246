using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Columns;

/// <summary>
/// The options that change chosen columns: <c>column.truncate.to.N.chars</c>, <c>column.mask.with.N.chars</c>, <c>column.mask.hash[.v2].ALGORITHM.with.salt.SALT</c>,
/// <c>column.propagate.source.type</c>, <c>datatype.propagate.source.type</c> (section 1.3). Patterns match <c>schema.table.column</c> (or <c>.type</c>); they change values, never keys.
/// </summary>
public sealed partial class ColumnRules
{
    private readonly (Regex[] Columns, Wrapping Wrap)[] _wraps;
    private readonly Regex[] _typedColumns;
    private readonly Regex[] _typedDatatypes;
    private readonly Regex[] _texts;

    private ColumnRules((Regex[] Columns, Wrapping Wrap)[] wraps, Regex[] typedColumns, Regex[] typedDatatypes, Regex[] texts)
    {
        _wraps = wraps;
        _typedColumns = typedColumns;
        _typedDatatypes = typedDatatypes;
        _texts = texts;
    }

    private delegate ValueEncoder Wrapping(ValueEncoder encoder, ValueModes modes, int length);

    /// <summary>This project's own option: columns that are passed as Postgres' text, whatever their type is, in the key too.</summary>
    public const string AsTextOption = "column.as.text";

    /// <summary>No column is changed.</summary>
    public static ColumnRules None { get; } = new([], [], [], []);

    /// <summary>These rules and one more option.</summary>
    /// <param name="option">Debezium's name of the option, numbers and salt included.</param>
    /// <param name="columns">Patterns, as a comma separated text or one by one.</param>
    /// <returns>Null for an option that is not one of these.</returns>
    /// <exception cref="FormatException">A pattern is not a regular expression, or the hash algorithm is not known.</exception>
    public ColumnRules? With(string option, string columns) => With(option, columns.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <inheritdoc cref="With(string, string)"/>
    public ColumnRules? With(string option, IReadOnlyList<string> columns)
    {
        if (option == "column.propagate.source.type")
        {
            return new ColumnRules(_wraps, Patterns(columns), _typedDatatypes, _texts);
        }

        if (option == "datatype.propagate.source.type")
        {
            return new ColumnRules(_wraps, _typedColumns, Patterns(columns), _texts);
        }

        if (option == AsTextOption)
        {
            return new ColumnRules(_wraps, _typedColumns, _typedDatatypes, Patterns(columns));
        }

        return WrappingOf(option) is { } wrap ? new ColumnRules([.. _wraps, (Patterns(columns), wrap)], _typedColumns, _typedDatatypes, _texts) : null;
    }

    /// <summary>The encoder of a column with what the options make of it. Only columns whose schema is a string are changed, as in Debezium.</summary>
    /// <param name="column"><c>schema.table.column</c>.</param>
    /// <param name="encoder">Encoder of the column's type.</param>
    /// <param name="modes">Handling modes.</param>
    /// <param name="length">The column's length in characters; <see cref="int.MaxValue"/> without one.</param>
    internal ValueEncoder Wrap(string column, ValueEncoder encoder, ValueModes modes, int length)
    {
        foreach (var (columns, wrap) in _wraps)
        {
            if (encoder.Schema.Type == "string" && Matches(columns, column))
            {
                return wrap(encoder, modes, length);
            }
        }

        return encoder;
    }

    /// <summary>Whether the column is passed as text.</summary>
    /// <param name="column"><c>schema.table.column</c>.</param>
    internal bool PassesAsText(string column) => Matches(_texts, column);

    /// <summary>Whether the column's schema tells the column's type in the source.</summary>
    /// <param name="column"><c>schema.table.column</c>.</param>
    /// <param name="datatype"><c>schema.table.type</c>.</param>
    internal bool TellsSourceType(string column, string datatype) => Matches(_typedColumns, column) || Matches(_typedDatatypes, datatype);

    private static Wrapping? WrappingOf(string option)
    {
        if (Truncate().Match(option) is { Success: true } truncate)
        {
            int characters = Number(truncate);
            return (encoder, modes, _) => new TruncatedEncoder(encoder, modes.UnavailableValuePlaceholder, characters);
        }

        if (Mask().Match(option) is { Success: true } mask)
        {
            int characters = Number(mask);
            return (encoder, _, _) => new MaskedEncoder(encoder, characters);
        }

        return Hash().Match(option) is { Success: true } hash ? HashOf(hash) : null;
    }

    private static Wrapping HashOf(Match option)
    {
        string name = option.Groups["algorithm"].Value;
        var algorithm = name.ToUpperInvariant() switch
        {
            "MD5" => HashAlgorithmName.MD5,
            "SHA-1" or "SHA" => HashAlgorithmName.SHA1,
            "SHA-256" => HashAlgorithmName.SHA256,
            "SHA-384" => HashAlgorithmName.SHA384,
            "SHA-512" => HashAlgorithmName.SHA512,
            "SHA3-256" => HashAlgorithmName.SHA3_256,
            "SHA3-384" => HashAlgorithmName.SHA3_384,
            "SHA3-512" => HashAlgorithmName.SHA3_512,
            _ => throw new FormatException($"column.mask.hash: the algorithm '{name}' is not known; there are MD5, SHA-1, SHA-256, SHA-384, SHA-512, SHA3-256, SHA3-384 and SHA3-512"),
        };
        bool serialized = !option.Groups["v2"].Success;
        string salt = option.Groups["salt"].Value;
        return (encoder, modes, length) => new HashedEncoder(encoder, modes.UnavailableValuePlaceholder, algorithm, salt, serialized, length);
    }

    private static Regex[] Patterns(IEnumerable<string> list) => [.. list.Select(AnchoredPattern.Compile)];

    private static bool Matches(Regex[] patterns, string name) => Array.Exists(patterns, p => p.IsMatch(name));

    private static int Number(Match match) => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^column\.truncate\.to\.(\d{1,9})\.chars$")]
    private static partial Regex Truncate();

    [GeneratedRegex(@"^column\.mask\.with\.(\d{1,9})\.chars$")]
    private static partial Regex Mask();

    [GeneratedRegex(@"^column\.mask\.hash(?<v2>\.v2)?\.(?<algorithm>[^.]+)\.with\.salt\.(?<salt>.+)$")]
    private static partial Regex Hash();
}
