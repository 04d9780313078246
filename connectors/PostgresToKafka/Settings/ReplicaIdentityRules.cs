using System.Text.RegularExpressions;
using Penstock.Engine.Configuration;
using Penstock.Postgres.Catalog;

namespace Penstock.PostgresToKafka.Settings;

/// <summary><c>replica.identity.autoset.values</c>: <c>schema.table:FULL,schema.table:INDEX name</c>, the table as a regular expression (Debezium, option of that name).</summary>
internal sealed partial class ReplicaIdentityRules
{
    private readonly string _text;
    private readonly IReadOnlyList<(PatternList Table, WantedIdentity Identity)> _rules;

    private ReplicaIdentityRules(string text, IReadOnlyList<(PatternList Table, WantedIdentity Identity)> rules)
    {
        _text = text;
        _rules = rules;
    }

    public static SettingType<ReplicaIdentityRules?> Type { get; } = new(
        "schema.table:FULL, DEFAULT, NOTHING or INDEX and an index's name, several divided by commas, with the table as a regular expression",
        Parse,
        static value => value?._text ?? "");

    /// <summary>The identities that are wanted of a table: none, one, or more than one where the expressions contradict each other.</summary>
    public IReadOnlyList<WantedIdentity> Of(string schema, string table) =>
        [.. _rules.Where(rule => rule.Table.Matches($"{schema}.{table}")).Select(static rule => rule.Identity)];

    private static string? Parse(string text, out ReplicaIdentityRules? value)
    {
        value = null;
        var rules = new List<(PatternList, WantedIdentity)>();
        foreach (string part in text.Split(','))
        {
            if (Form().Match(part) is not { Success: true } found)
            {
                return $"entry {rules.Count + 1} must be schema.table:FULL, :DEFAULT, :NOTHING or :INDEX and an index's name";
            }

            if (!PatternList.TryParseSingle(found.Groups["table"].Value, out var table, out string? problem))
            {
                return $"entry {rules.Count + 1}: {problem}";
            }

            char kind = char.ToLowerInvariant(found.Groups["identity"].Value[0]);
            rules.Add((table, new WantedIdentity(kind, kind == 'i' ? found.Groups["index"].Value : null)));
        }

        value = new ReplicaIdentityRules(text.Trim(), rules);
        return null;
    }

    [GeneratedRegex(@"\A\s*(?<table>[^\s:]+):(?<identity>DEFAULT|INDEX\s+(?<index>\S+)|FULL|NOTHING)\s*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
