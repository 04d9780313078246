using System.Globalization;
using System.Text;

namespace Penstock.Engine.Operations;

/// <summary>
/// Where each named value of a log message is written, so that a line says it once: placeholders inside the sentence are written in it, placeholders behind the last word become
/// <c>key=value</c> pairs. <c>"streaming {Slot} {Lsn}"</c> gives <c>msg=streaming slot=... lsn=...</c>.
/// </summary>
internal static class MessageTemplate
{
    private const string OriginalFormat = "{OriginalFormat}";

    /// <summary>The sentence, and the values that are not in it.</summary>
    public static (string Message, IEnumerable<KeyValuePair<string, object?>> Pairs) Split(string formatted, IReadOnlyList<KeyValuePair<string, object?>> state)
    {
        string? template = state.FirstOrDefault(pair => pair.Key == OriginalFormat).Value as string;
        var values = state.Where(pair => pair.Key != OriginalFormat).ToArray();
        if (template is null || values.Length == 0)
        {
            return (formatted, values);
        }

        int sentence = SentenceLength(template);
        if (sentence == 0 || sentence == template.Length)
        {
            return (formatted, []);
        }

        int inside = template.AsSpan(0, sentence).Count('{');
        return (Fill(template[..sentence], values), values.Skip(inside));
    }

    /// <summary>Characters of the template before its last run of placeholders and spaces.</summary>
    private static int SentenceLength(string template)
    {
        int end = template.Length;
        while (end > 0 && template[end - 1] == '}' && template.LastIndexOf('{', end - 1) is >= 0 and var open)
        {
            int before = template.AsSpan(0, open).TrimEnd(' ').Length;
            if (before == open && open > 0)
            {
                // Punctuation directly before it: the value belongs to the sentence.
                break;
            }

            end = before;
        }

        return end;
    }

    private static string Fill(string sentence, KeyValuePair<string, object?>[] values)
    {
        var text = new StringBuilder();
        int next = 0;
        for (int at = 0; at < sentence.Length;)
        {
            int open = sentence.IndexOf('{', at);
            int close = open < 0 ? -1 : sentence.IndexOf('}', open);
            if (close < 0)
            {
                text.Append(sentence, at, sentence.Length - at);
                break;
            }

            text.Append(sentence, at, open - at);
            int colon = sentence.IndexOf(':', open, close - open);
            object? value = values[next++].Value;
            text.Append(value is IFormattable formattable
                ? formattable.ToString(colon < 0 ? null : sentence[(colon + 1)..close], CultureInfo.InvariantCulture)
                : value ?? "(null)");
            at = close + 1;
        }

        return text.ToString();
    }
}
