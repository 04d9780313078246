using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary><c>slot.stream.params</c>: options of the server's plugin pgoutput, <c>name=value;name=value</c> (Debezium 1.2).</summary>
internal sealed class SlotStreamParameters
{
    // They change the form of the stream, which is read in one form only, or belong to a setting of their own.
    private static readonly string[] NotFree = ["proto_version", "publication_names", "binary", "streaming", "two_phase"];

    private readonly string _text;

    private SlotStreamParameters(string text, IReadOnlyDictionary<string, string> options)
    {
        _text = text;
        Options = options;
    }

    public static SettingType<SlotStreamParameters?> Type { get; } = new(
        $"name=value;name=value, without {string.Join(", ", NotFree)}",
        Parse,
        static value => value?._text ?? "");

    public IReadOnlyDictionary<string, string> Options { get; }

    private static string? Parse(string text, out SlotStreamParameters? value)
    {
        value = null;
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = part.Split('=', 2, StringSplitOptions.TrimEntries);
            if (pair.Length != 2 || pair[0].Length == 0)
            {
                return $"part {options.Count + 1} must be name=value";
            }

            if (NotFree.Contains(pair[0], StringComparer.OrdinalIgnoreCase))
            {
                return $"must not have {pair[0]}, which would change the form of the stream that is read here";
            }

            options[pair[0]] = pair[1];
        }

        value = new SlotStreamParameters(text.Trim(), options);
        return null;
    }
}
