using System.Text.RegularExpressions;
using Penstock.Debezium.Transforms;
using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>The transforms, under the names that Kafka Connect gives them: a list of aliases, and options of each alias.</summary>
internal static partial class TransformSettings
{
    private const string Group = "Transforms";

    public static readonly Setting<string> Transforms = new(
        "transforms",
        Group,
        SettingTypes.Text("a comma separated list of transforms"),
        "Changes the form of events, one behind the other: decode, timezone, changes, router, partition, filter, content, outbox, unwrap; another name needs its TYPE")
    {
        Default = "",
    };

    public static readonly SettingFamily Options = new(
        "transforms.<name>.<option>",
        Group,
        "what Debezium's documentation says of the option",
        "Option of one transform by Debezium's name, such as PENSTOCK_TRANSFORMS_UNWRAP_ADD_FIELDS; TYPE is Debezium's class, with or without its package",
        static name => Form().Match(name) is { Success: true } found ? found.Groups[1].Value : null,
        static (_, _) => null);

    public static readonly Setting<string> Predicates = new(
        "predicates", Group, SettingTypes.Text("a comma separated list of predicates"), "Names of predicates, which say what records a transform is for: PENSTOCK_TRANSFORMS_<NAME>_PREDICATE, _NEGATE")
    {
        Default = "",
    };

    public static readonly SettingFamily PredicateOptions = new(
        "predicates.<name>.<option>",
        Group,
        "what Kafka Connect's documentation says of the option",
        "TYPE of one predicate: TopicNameMatches, HasHeaderKey or RecordIsTombstone, with or without Kafka's package; PATTERN of the first, NAME of the second",
        static name => PredicateForm().Match(name) is { Success: true } found ? found.Groups[1].Value : null,
        static (_, _) => null);

    public static IReadOnlyList<Setting> All { get; } = [Transforms, Options, Predicates, PredicateOptions];

    /// <summary>Notes what is wrong.</summary>
    public static void CheckTogether(SettingValues values)
    {
        try
        {
            var transforms = Read(values);
            foreach (string warning in transforms.Warnings)
            {
                values.Warn(Shown(warning));
            }

            if (transforms.Flattens && values.Get(CloudEventSettings.ValueConverter))
            {
                values.Reject(Transforms, $"lists unwrap or outbox, which leave no envelope: {values.EnvironmentNameOf(CloudEventSettings.ValueConverter)}, the CloudEventsConverter, would write nulls");
            }
        }
        catch (FormatException error)
        {
            values.Reject(Transforms, $"is not right: {Shown(error.Message)}");
        }
    }

    /// <summary>The transforms of these settings.</summary>
    /// <exception cref="FormatException">They are wrong; says how, by Kafka Connect's names.</exception>
    public static TransformSet Read(SettingValues values)
    {
        string list = values.Get(Transforms);
        var properties = new Dictionary<string, string>(StringComparer.Ordinal) { ["transforms"] = list };
        string predicates = values.Get(Predicates);
        properties["predicates"] = predicates;
        Add(properties, "transforms", list, TransformSet.OptionNames, values.Given(Options));
        Add(properties, "predicates", predicates, TransformSet.PredicateOptionNames, values.Given(PredicateOptions));
        return TransformSet.Parse(properties);
    }

    private static void Add(Dictionary<string, string> properties, string kind, string list, IReadOnlyList<string> options, IEnumerable<(string Option, string Text)> given)
    {
        string[] aliases = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var (rest, text) in given)
        {
            properties[PropertyOf(kind, rest, aliases, options)] = text;
        }
    }

    // Dots and underscores of an alias both became underscores on the way here, as those of the option did: both are looked up.
    private static string PropertyOf(string kind, string rest, string[] aliases, IReadOnlyList<string> options)
    {
        foreach (string alias in aliases)
        {
            string start = Upper(alias) + "_";
            if (rest.StartsWith(start, StringComparison.OrdinalIgnoreCase)
                && options.FirstOrDefault(o => Upper(o).Equals(rest[start.Length..], StringComparison.OrdinalIgnoreCase)) is { } option)
            {
                return $"{kind}.{alias}.{option}";
            }
        }

        throw new FormatException($"PENSTOCK_{Upper(kind)}_{rest.ToUpperInvariant()} is no option of a {kind[..^1]} of the list '{string.Join(',', aliases)}'");
    }

    private static string Shown(string message) => Property().Replace(message, static name => EnvironmentNames.Of(name.Value));

    private static string Upper(string name) => name.ToUpperInvariant().Replace('.', '_').Replace('-', '_');

    [GeneratedRegex(@"\APENSTOCK_TRANSFORMS_(.+)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    [GeneratedRegex(@"\APENSTOCK_PREDICATES_(.+)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PredicateForm();

    [GeneratedRegex(@"\b(transforms|predicates)(\.[A-Za-z0-9_-]+)*\b(?= )|\b(transforms|predicates)\.[A-Za-z0-9_.-]+\b(?=:)")]
    private static partial Regex Property();
}
