using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Columns;

/// <summary>What the first option that names a column makes of it.</summary>
/// <param name="Encoder">The column's own encoder, or one around it.</param>
/// <param name="Parameters">What the option adds to the column's schema.</param>
internal sealed record ColumnChange(ValueEncoder Encoder, KeyValuePair<string, string>[] Parameters);

/// <summary>
/// The options that change chosen columns: <c>column.truncate.to.N.chars</c>, <c>column.mask.with.N.chars</c>, <c>column.mask.hash[.v2].ALGORITHM.with.salt.SALT</c>,
/// <c>column.propagate.source.type</c>, <c>datatype.propagate.source.type</c> (section 1.3). Patterns match <c>schema.table.column</c> (or <c>.type</c>); they change values, never keys.
/// A column follows one option only, the first in the order of <see cref="Precedence"/>, and among several of one kind the first in Java's order of their names, as in Debezium.
/// </summary>
public sealed partial class ColumnRules
{
    private readonly Rule[] _rules;
    private readonly Regex[] _texts;

    private ColumnRules(Rule[] rules, Regex[] texts)
    {
        _rules = rules;
        _texts = texts;
    }

    private delegate ColumnChange Change(string column, SourceType type, ValueEncoder encoder, ValueModes modes);

    /// <summary>Debezium asks its options in this order.</summary>
    private enum Precedence
    {
        Truncate,
        Mask,
        PropagateColumn,
        PropagateDatatype,
        Hash,
        HashV2,
    }

    /// <summary>This project's own option: columns that are passed as Postgres' text, whatever their type is, in the key too.</summary>
    public const string AsTextOption = "column.as.text";

    /// <summary>No column is changed.</summary>
    public static ColumnRules None { get; } = new([], []);

    private static KeyValuePair<string, string>[] Masked => [new("masked", "true")];

    /// <summary>These rules and one more option.</summary>
    /// <param name="option">Debezium's name of the option, numbers and salt included.</param>
    /// <param name="columns">Patterns, as a comma separated text or one by one.</param>
    /// <returns>Null for an option that is not one of these.</returns>
    /// <exception cref="FormatException">A pattern is not a regular expression, or the hash algorithm is not known.</exception>
    public ColumnRules? With(string option, string columns) => With(option, columns.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <inheritdoc cref="With(string, string)"/>
    public ColumnRules? With(string option, IReadOnlyList<string> columns)
    {
        if (option == AsTextOption)
        {
            return new ColumnRules(_rules, Patterns(columns));
        }

        return ChangeOf(option) is var (precedence, change)
            ? new ColumnRules([.. _rules.Append(new Rule(precedence, JavaHashOrder.OfOption(option), Patterns(columns), change)).OrderBy(rule => (rule.Precedence, rule.Place))], _texts)
            : null;
    }

    /// <summary>What the options make of a column; null for one that none of them names.</summary>
    /// <param name="table"><c>schema.table</c>.</param>
    /// <param name="column">The column's name.</param>
    /// <param name="type">The column's type.</param>
    /// <param name="encoder">Encoder of the column's type.</param>
    /// <param name="modes">Handling modes.</param>
    internal ColumnChange? Find(string table, string column, SourceType type, ValueEncoder encoder, ValueModes modes)
    {
        foreach (var rule in _rules)
        {
            string name = $"{table}.{(rule.Precedence == Precedence.PropagateDatatype ? type.Name : column)}";
            if (Array.Exists(rule.Patterns, p => p.IsMatch(name)))
            {
                return rule.Change(column, type, encoder, modes);
            }
        }

        return null;
    }

    /// <summary>Whether the column is passed as text.</summary>
    /// <param name="column"><c>schema.table.column</c>.</param>
    internal bool PassesAsText(string column) => Array.Exists(_texts, p => p.IsMatch(column));

    private static Regex[] Patterns(IReadOnlyList<string> columns) => [.. columns.Select(AnchoredPattern.Compile)];

    private static (Precedence Precedence, Change Change)? ChangeOf(string option)
    {
        if (option is "column.propagate.source.type" or "datatype.propagate.source.type")
        {
            return (option[0] == 'c' ? Precedence.PropagateColumn : Precedence.PropagateDatatype, (column, type, encoder, _) => new ColumnChange(encoder, type.Parameters(column)));
        }

        if (Truncate().Match(option) is { Success: true } truncate)
        {
            int most = Number(truncate);
            // The parameter stands where values could be longer by their type, whether or not they are text.
            return (Precedence.Truncate, (_, type, encoder, _) => type.Length > most
                ? new ColumnChange(TruncatedEncoder.Wrap(encoder, most), [new("truncateLength", most.ToString(CultureInfo.InvariantCulture))])
                : new ColumnChange(encoder, []));
        }

        if (Mask().Match(option) is { Success: true } mask)
        {
            int characters = Number(mask);
            return (Precedence.Mask, (_, type, encoder, _) => new ColumnChange(type.IsCharacters ? new MaskedEncoder(encoder, characters) : encoder, Masked));
        }

        return Hash().Match(option) is { Success: true } hash ? (hash.Groups["v2"].Success ? Precedence.HashV2 : Precedence.Hash, HashOf(hash)) : null;
    }

    private static Change HashOf(Match option)
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
        return (_, type, encoder, modes) =>
            new ColumnChange(type.IsCharacters ? new HashedEncoder(encoder, modes.UnavailableValuePlaceholder, algorithm, salt, serialized, type.Length) : encoder, Masked);
    }

    private static int Number(Match match) => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^column\.truncate\.to\.(\d{1,9})\.chars$")]
    private static partial Regex Truncate();

    [GeneratedRegex(@"^column\.mask\.with\.(\d{1,9})\.chars$")]
    private static partial Regex Mask();

    [GeneratedRegex(@"^column\.mask\.hash(?<v2>\.v2)?\.(?<algorithm>[^.]+)\.with\.salt\.(?<salt>.+)$")]
    private static partial Regex Hash();

    private sealed record Rule(Precedence Precedence, uint Place, Regex[] Patterns, Change Change);
}
