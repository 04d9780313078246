using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Penstock.Debezium.Transforms;

namespace Penstock.Debezium.Events;

/// <summary>Names of topics and schemas (section 2.1). Used when a relation becomes known, never per row.</summary>
internal sealed class TopicNames(EventFormat format)
{
    // Kafka's own limit for a topic name.
    private const int MaxTopicLength = 249;

    private readonly NameRules _rules = format.Names;
    private readonly Regex? _regex = format.Names.Strategy is TopicNaming.Regex or TopicNaming.SchemaRegex ? AnchoredPattern.CompileAsSpelt(format.Names.TopicRegex) : null;
    private readonly string _replacement = JavaReplacement.ToNet(format.Names.TopicReplacement);
    private readonly Regex? _keyRegex = format.Names.TopicKeyRegex is { } pattern ? AnchoredPattern.CompileAsSpelt(pattern) : null;
    private readonly string _keyReplacement = JavaReplacement.ToNet(format.Names.TopicKeyReplacement);

    /// <summary>Name of the field that tells tables of one topic apart, which the regex strategies add to keys; null for none.</summary>
    public string? PhysicalTableField => _regex is null ? null : _rules.TopicKeyField;

    /// <summary>Topic of a table.</summary>
    public string Table(string schema, string table)
    {
        string name = Allowed(Whole(schema, table));
        // Java's replaceFirst of the whole name: a name that does not match stays, and so does one of which nothing would be left.
        return _regex is not null && _regex.IsMatch(name) && _regex.Replace(name, _replacement, 1) is { Length: > 0 } replaced ? replaced : name;
    }

    /// <summary>What <see cref="PhysicalTableField"/> says.</summary>
    public string PhysicalTable(string schema, string table)
    {
        string name = Whole(schema, table);
        return _keyRegex is not null && _keyRegex.IsMatch(name) ? _keyRegex.Replace(name, _keyReplacement, 1) : name;
    }

    public string Transaction() => Allowed($"{format.TopicPrefix}{_rules.TopicDelimiter}{_rules.TransactionTopic}");

    /// <summary>Topic of logical decoding messages; ignores the delimiter (capture A4).</summary>
    public string Message() => Allowed($"{format.TopicPrefix}.message");

    public string Heartbeat() => Allowed(_rules.HeartbeatTopic ?? $"{_rules.HeartbeatPrefix}{_rules.TopicDelimiter}{format.TopicPrefix}");

    /// <summary>A schema's name, adjusted by <c>schema.name.adjustment.mode</c>.</summary>
    public string Schema(string name) => Adjust(name, _rules.SchemaNames, dotAllowed: true);

    /// <summary>A field's name, adjusted by <c>field.name.adjustment.mode</c>.</summary>
    public string Field(string name) => Adjust(name, _rules.FieldNames, dotAllowed: false);

    private string Whole(string schema, string table) => _rules.Strategy is TopicNaming.Schema or TopicNaming.SchemaRegex or TopicNaming.SchemaUnicode
        ? $"{format.TopicPrefix}{_rules.TopicDelimiter}{schema}{_rules.TopicDelimiter}{table}"
        : $"{format.TopicPrefix}{_rules.TopicDelimiter}{table}";

    private string Allowed(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '.' or '-')
            {
                text.Append(c);
            }
            else if (_rules.Strategy is TopicNaming.SchemaUnicode or TopicNaming.DefaultUnicode)
            {
                AppendUnicode(text, c);
            }
            else
            {
                text.Append('_');
            }
        }

        string topic = text.ToString();
        return topic switch
        {
            "." => "_",
            ".." => "__",
            _ => topic.Length > MaxTopicLength ? topic[..MaxTopicLength] : topic,
        };
    }

    /// <summary>A name with the characters replaced that Avro does not allow.</summary>
    public static string Adjust(string name, NameAdjustment mode, bool dotAllowed)
    {
        if (mode == NameAdjustment.None)
        {
            return name;
        }

        var text = new StringBuilder(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            if (i == 0 && char.IsAsciiDigit(c) && mode == NameAdjustment.Avro)
            {
                // A digit may not begin a name but may stay behind an underscore.
                text.Append('_').Append(c);
                continue;
            }

            bool valid = char.IsAsciiLetter(c) || (c == '_' && mode == NameAdjustment.Avro) || (i > 0 && (char.IsAsciiDigit(c) || (dotAllowed && c == '.')));
            if (valid)
            {
                text.Append(c);
            }
            else if (mode == NameAdjustment.AvroUnicode)
            {
                AppendUnicode(text, c);
            }
            else
            {
                text.Append('_');
            }
        }

        return text.ToString();
    }

    // Two zeros before what has one or two digits, none before what has more (capture A26).
    private static void AppendUnicode(StringBuilder text, char c) =>
        text.Append(c <= 0xff ? "_u00" : "_u").Append(((int)c).ToString("x", CultureInfo.InvariantCulture));
}
