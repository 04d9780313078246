using System.Globalization;
using System.Text.RegularExpressions;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;

namespace Penstock.Debezium.Transforms;

/// <summary>
/// TimezoneConverter: times with a zone in another zone, and times without one shifted to it. Part of a relation's plan: the columns' encoders do it. The key is left alone, as there.
/// </summary>
internal sealed partial class ZoneConversion : Transform
{
    private readonly TimeZoneInfo _zone;
    private readonly (string? Kind, string Match, string? Field)[] _rules;
    private readonly bool _excludes;

    private ZoneConversion(TransformOptions options)
    {
        string name = options.Text("converted.timezone") ?? throw options.Wrong("converted.timezone", "is missing: a zone such as Europe/Paris or an offset such as +08:00");
        _zone = Zone(name) ?? throw options.Wrong("converted.timezone", "is no zone that this system knows (Europe/Paris) and no offset (+08:00)");
        var include = Rules("include.list", options);
        var exclude = Rules("exclude.list", options);
        if (include.Length > 0 && exclude.Length > 0)
        {
            throw options.Wrong("include.list", "and exclude.list exclude each other: remove one of them");
        }

        _excludes = include.Length == 0;
        _rules = _excludes ? exclude : include;
    }

    public static ZoneConversion Read(TransformOptions options) => new(options);

    /// <summary>The encoder of a row's field, wrapped where its values are converted.</summary>
    public ValueEncoder Wrap(ValueEncoder encoder, string topic, string table, string field) =>
        ZonedEncoder.Converts(encoder.Schema.Name) && Selects(topic, table, field) ? new ZonedEncoder(encoder, _zone) : encoder;

    /// <summary>The columns' encoders do the work.</summary>
    public override TransformStage Open(StageTools tools) => new AlreadyDone();

    // Rules for topics count before those for tables, and those before rules that say neither; of one kind all rules count together.
    private bool Selects(string topic, string table, string field)
    {
        var rules = new[] { ("topic", topic), ("source", table), (null, topic), (null, table) }
            .Select(of => _rules.Where(r => (r.Kind, r.Match) == of).ToList())
            .FirstOrDefault(found => found.Count > 0) ?? [];
        bool named = rules.Exists(r => r.Field == field) || (rules.Count > 0 && rules.TrueForAll(r => r.Field is null));
        return named != _excludes;
    }

    // A rule that says neither topic nor source is of the kind of the rule before it: Debezium reads one kind for a list.
    private static (string? Kind, string Match, string? Field)[] Rules(string option, TransformOptions options)
    {
        var rules = new List<(string? Kind, string Match, string? Field)>();
        foreach (string text in options.List(option))
        {
            rules.Add(Rule(text, option, rules.Count == 0 ? null : rules[^1].Kind, options));
        }

        return [.. rules];
    }

    private static (string? Kind, string Match, string? Field) Rule(string text, string option, string? kindBefore, TransformOptions options)
    {
        string[] parts = text.Split(':');
        string? kind = parts[0].ToLowerInvariant() is "source" or "topic" && parts.Length > 1 ? parts[0].ToLowerInvariant() : null;
        int match = kind is null ? 0 : 1;
        string? field = parts.Length > match + 1 ? parts[match + 1] : null;
        return parts.Length <= match + 2 && field?.Contains('.', StringComparison.Ordinal) != true
            ? (kind ?? kindBefore, parts[match], field)
            : throw options.Wrong(option, $"has {text}, which is not [source:|topic:]name[:column]; rules for before., after. or source. alone are not supported");
    }

    private static TimeZoneInfo? Zone(string name)
    {
        if (Offset().IsMatch(name))
        {
            var offset = TimeSpan.Parse(name.TrimStart('+', '-'), CultureInfo.InvariantCulture);
            return TimeZoneInfo.CreateCustomTimeZone(name, name[0] == '-' ? -offset : offset, name, name);
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;
    }

    [GeneratedRegex(@"^[+-](0\d|1[0-3]):[0-5]\d$")]
    private static partial Regex Offset();

    private sealed class AlreadyDone : TransformStage
    {
        public override bool Apply(RecordDraft draft, scoped in RowChange change) => true;
    }
}
