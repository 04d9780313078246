using System.Text.RegularExpressions;
using Penstock.Debezium.Columns;
using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>The options that change or describe chosen columns; those with a number, an algorithm or a salt in their name are families.</summary>
internal static partial class ColumnSettings
{
    private const string Columns = "Changed and described columns";
    private const string Allowed = "a comma separated list of regular expressions, each matching a whole schema.table.column, upper and lower case alike";

    public static readonly SettingFamily Truncate = new("column.truncate.to.<N>.chars", Columns, Allowed, "Cuts the text of these columns to N characters", Numbered(TruncateName(), "column.truncate.to."), Problem);

    public static readonly SettingFamily Mask = new("column.mask.with.<N>.chars", Columns, Allowed, "Writes N asterisks instead of the text of these columns; 0 for an empty text", Numbered(MaskName(), "column.mask.with."), Problem);

    public static readonly SettingFamily HashV2 = new(
        "column.mask.hash.v2.<algorithm>.with.salt.<salt>",
        Columns,
        Allowed,
        "Writes a hash instead of the text of these columns: SHA-256 is SHA_256 in the variable's name, the salt stands there as it is, upper and lower case told apart; gives the same hash in every release",
        name => Hashed(HashV2Name(), "column.mask.hash.v2.", name),
        Problem)
    {
        MaskName = WithoutSalt,
    };

    public static readonly SettingFamily Hash = new(
        "column.mask.hash.<algorithm>.with.salt.<salt>",
        Columns,
        Allowed,
        "The same with the older form of the hash, for values that were written by it",
        name => Hashed(HashName(), "column.mask.hash.", name),
        Problem)
    {
        MaskName = WithoutSalt,
    };

    public static readonly Setting<PatternList?> PropagateSourceType = new(
        "column.propagate.source.type", Columns, SettingTypes.Patterns("schema.table.column"), "Columns whose type, length and scale in Postgres stand in the schema's parameters");

    public static readonly Setting<PatternList?> DatatypePropagateSourceType = new(
        "datatype.propagate.source.type", Columns, SettingTypes.Patterns("schema.table.type"), "The same for all columns of these types");

    public static readonly Setting<PatternList?> AsText = new(
        ColumnRules.AsTextOption, Columns, SettingTypes.Patterns("schema.table.column"), "Columns that are passed as Postgres' own text, whatever their type: a way on for a value that no rule covers");

    public static IReadOnlyList<Setting> All { get; } = [Truncate, Mask, HashV2, Hash, PropagateSourceType, DatatypePropagateSourceType, AsText];

    private static SettingFamily[] Families => [Truncate, Mask, HashV2, Hash];

    /// <summary>The rules of these settings.</summary>
    public static ColumnRules Rules(SettingValues values)
    {
        var rules = ColumnRules.None;
        foreach (var (option, text) in Families.SelectMany(values.Given))
        {
            rules = With(rules, option, text);
        }

        foreach (var setting in (ReadOnlySpan<Setting<PatternList?>>)[PropagateSourceType, DatatypePropagateSourceType, AsText])
        {
            rules = values.Get(setting) is { } patterns ? rules.With(setting.Name, patterns.Sources)! : rules;
        }

        return rules;
    }

    private static ColumnRules With(ColumnRules rules, string option, string text) =>
        PatternList.TryParse(text, out var patterns, out var problem) ? rules.With(option, patterns.Sources) ?? throw new FormatException($"{option} is no option of columns") : throw new FormatException(problem);

    private static string? Problem(string option, string text)
    {
        try
        {
            With(ColumnRules.None, option, text);
            return null;
        }
        catch (FormatException error)
        {
            return error.Message;
        }
    }

    private static Func<string, string?> Numbered(Regex pattern, string prefix) => name => pattern.Match(name) is { Success: true } found ? $"{prefix}{found.Groups[1].Value}.chars" : null;

    // A variable's name has no dashes; the names of the algorithms have no underscores.
    private static string? Hashed(Regex pattern, string prefix, string name) => pattern.Match(name) is { Success: true } found
        ? $"{prefix}{found.Groups[1].Value.Replace('_', '-')}.with.salt.{found.Groups[2].Value}"
        : null;

    private static string WithoutSalt(string name) => SaltInName().Replace(name, "$1****");

    [GeneratedRegex(@"\APENSTOCK_COLUMN_TRUNCATE_TO_([0-9]{1,9})_CHARS\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex TruncateName();

    [GeneratedRegex(@"\APENSTOCK_COLUMN_MASK_WITH_([0-9]{1,9})_CHARS\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MaskName();

    [GeneratedRegex(@"\APENSTOCK_COLUMN_MASK_HASH_V2_(.+?)_WITH_SALT_(.+)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HashV2Name();

    [GeneratedRegex(@"\APENSTOCK_COLUMN_MASK_HASH_(?!V2_)(.+?)_WITH_SALT_(.+)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HashName();

    [GeneratedRegex("(_WITH_SALT_).+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SaltInName();
}
