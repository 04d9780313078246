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
        "Changes the form of events: decode, timezone, changes, router, partition, then either outbox or unwrap, in this order; another name needs its TYPE")
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

    public static IReadOnlyList<Setting> All { get; } = [Transforms, Options];

    /// <summary>Notes what is wrong.</summary>
    public static void CheckTogether(SettingValues values)
    {
        try
        {
            Read(values);
        }
        catch (FormatException error)
        {
            values.Reject(Transforms, $"is not right: {Property().Replace(error.Message, static name => EnvironmentNames.Of(name.Value))}");
        }
    }

    /// <summary>The transforms of these settings.</summary>
    /// <exception cref="FormatException">They are wrong; says how, by Kafka Connect's names.</exception>
    public static TransformSet Read(SettingValues values)
    {
        string list = values.Get(Transforms);
        var properties = new Dictionary<string, string>(StringComparer.Ordinal) { ["transforms"] = list };
        string[] aliases = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var (rest, text) in values.Given(Options))
        {
            properties[PropertyOf(rest, aliases)] = text;
        }

        return TransformSet.Parse(properties);
    }

    // Dots and underscores of an alias both became underscores on the way here, as those of the option did: both are looked up.
    private static string PropertyOf(string rest, string[] aliases)
    {
        foreach (string alias in aliases)
        {
            string start = Upper(alias) + "_";
            if (rest.StartsWith(start, StringComparison.OrdinalIgnoreCase)
                && TransformSet.OptionNames.FirstOrDefault(o => Upper(o).Equals(rest[start.Length..], StringComparison.OrdinalIgnoreCase)) is { } option)
            {
                return $"transforms.{alias}.{option}";
            }
        }

        throw new FormatException($"PENSTOCK_TRANSFORMS_{rest.ToUpperInvariant()} is no option of a transform of the list '{string.Join(',', aliases)}'");
    }

    private static string Upper(string name) => name.ToUpperInvariant().Replace('.', '_').Replace('-', '_');

    [GeneratedRegex(@"\APENSTOCK_TRANSFORMS_(.+)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    [GeneratedRegex(@"\btransforms(\.[A-Za-z0-9_-]+)*\b(?= )|\btransforms\.[A-Za-z0-9_.-]+\b(?=:)")]
    private static partial Regex Property();
}
