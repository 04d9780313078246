using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Penstock.Debezium.Events;

/// <summary>Names of topics and schemas (section 2.1). Used when a relation becomes known, never per row.</summary>
internal sealed class TopicNames(EventFormat format)
{
    // Kafka's own limit for a topic name.
    private const int MaxTopicLength = 249;

    private readonly NameRules _rules = format.Names;
    private readonly Regex? _regex = format.Names.Strategy == TopicNaming.Regex ? AnchoredPattern.Compile(format.Names.TopicRegex) : null;

    /// <summary>Topic of a table.</summary>
    public string Table(string schema, string table)
    {
        string delimiter = _rules.TopicDelimiter;
        string name = _rules.Strategy switch
        {
            TopicNaming.Schema or TopicNaming.SchemaUnicode => $"{format.TopicPrefix}{delimiter}{schema}{delimiter}{table}",
            _ => $"{format.TopicPrefix}{delimiter}{table}",
        };
        if (_regex is not null)
        {
            // Java's replaceFirst of the whole name: a name that does not match stays.
            name = _regex.Replace(name, _rules.TopicReplacement);
        }

        return Allowed(name);
    }

    /// <summary>A field that tells tables of one topic apart, which the regex strategy adds to keys; null for none. The text is its value.</summary>
    public string? PhysicalTable(string table) => _regex is null ? null : $"{format.TopicPrefix}{_rules.TopicDelimiter}{table}";

    public string Transaction() => Allowed($"{format.TopicPrefix}{_rules.TopicDelimiter}{_rules.TransactionTopic}");

    /// <summary>Topic of logical decoding messages; ignores the delimiter (capture A4).</summary>
    public string Message() => Allowed($"{format.TopicPrefix}.message");

    public string Heartbeat() => Allowed(_rules.HeartbeatTopic ?? $"{_rules.HeartbeatPrefix}{_rules.TopicDelimiter}{format.TopicPrefix}");

    /// <summary>A schema's name, adjusted by <c>schema.name.adjustment.mode</c>.</summary>
    public string Schema(string name) => Adjust(name, _rules.SchemaNames, dotAllowed: true);

    /// <summary>A field's name, adjusted by <c>field.name.adjustment.mode</c>.</summary>
    public string Field(string name) => Adjust(name, _rules.FieldNames, dotAllowed: false);

    private string Allowed(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '.' or '-')
            {
                text.Append(c);
            }
            else if (_rules.Strategy == TopicNaming.SchemaUnicode)
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

    // Four digits up to U+00FF, as many as it takes above (capture A26).
    private static void AppendUnicode(StringBuilder text, char c) =>
        text.Append("_u").Append(((int)c).ToString(c <= 0xff ? "x4" : "x", CultureInfo.InvariantCulture));
}
