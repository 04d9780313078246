using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Penstock.Inspection.Tail;

/// <summary>An event as one line: time, operation, table, key, where it is, and values or what changed.</summary>
/// <param name="isDiff">Only what is different between the old and the new row.</param>
/// <param name="placeholder">What stands for values that the server did not send.</param>
/// <param name="colour">For a terminal.</param>
internal sealed class EventLine(bool isDiff, string placeholder, TerminalColour colour)
{
    /// <summary>Characters of a value that are shown: three values a line of a wide terminal. <c>--json</c> shows all of it.</summary>
    private const int ValueCharacters = 60;

    private readonly StringBuilder _line = new();

    public string Of(TailedEvent of)
    {
        _line.Clear();
        string time = of.TimeMs < 0 ? "-" : DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(of.TimeMs, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        _line.Append(colour.Dim(time)).Append(' ').Append(colour.Operation(of.Operation, of.Operation == TailedEvent.Tombstone ? "tombstone" : of.Operation == TailedEvent.Plain ? "record" : of.Operation.ToString()));
        if (of.Table.Length > 0)
        {
            _line.Append(' ').Append(Safe(of.Table));
        }

        string at = string.Create(CultureInfo.InvariantCulture, $"[{of.Partition}]@{of.Offset}{(of.Position.Length > 0 ? " " + of.Position : "")}");
        _line.Append(' ').Append(KeyText(of)).Append(' ').Append(colour.Dim(Safe(at)));
        if (isDiff)
        {
            Difference(of);
        }
        else
        {
            Values(of);
        }

        return _line.ToString();
    }

    private static string KeyText(TailedEvent of) => of.RawKey is null ? "(no key)"
        : of.Key.ValueKind == JsonValueKind.Object ? string.Join(' ', of.Key.EnumerateObject().Select(member => $"{Safe(member.Name)}={Short(member.Value)}"))
        : of.Key.ValueKind != JsonValueKind.Undefined ? Short(of.Key)
        : Cut(Encoding.UTF8.GetString(of.RawKey));

    private void Values(TailedEvent of)
    {
        var row = of.Operation == 'd' ? of.Before : of.After;
        switch (row.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in row.EnumerateObject().Where(member => !IsInKey(of, member)))
                {
                    _line.Append("  ").Append(Safe(member.Name)).Append('=').Append(Short(member.Value));
                }

                break;
            case JsonValueKind.Undefined when of.RawValue is { } raw && of.Operation == TailedEvent.Plain:
                _line.Append("  ").Append(Cut(Encoding.UTF8.GetString(raw)));
                break;
            case not (JsonValueKind.Undefined or JsonValueKind.Null):
                _line.Append("  ").Append(Short(row));
                break;
        }
    }

    private void Difference(TailedEvent of)
    {
        if (of.Operation != 'u' || of.After.ValueKind != JsonValueKind.Object)
        {
            Values(of);
            return;
        }

        if (of.Before.ValueKind != JsonValueKind.Object)
        {
            _line.Append("  ").Append(colour.Dim("(no before: its table's REPLICA IDENTITY is not FULL)"));
            Values(of);
            return;
        }

        int changes = 0;
        foreach (var member in of.After.EnumerateObject())
        {
            bool isThere = of.Before.TryGetProperty(member.Name, out var old);
            // A large value that did not change was not sent.
            if ((isThere && JsonElement.DeepEquals(old, member.Value)) || (member.Value.ValueKind == JsonValueKind.String && member.Value.ValueEquals(placeholder)))
            {
                continue;
            }

            changes++;
            _line.Append("  ").Append(Safe(member.Name)).Append(": ").Append(colour.Old(isThere ? Short(old) : "(not told)")).Append(" -> ").Append(colour.New(Short(member.Value)));
        }

        if (changes == 0)
        {
            _line.Append("  ").Append(colour.Dim("(nothing is different)"));
        }
    }

    private static bool IsInKey(TailedEvent of, JsonProperty member) =>
        of.Key.ValueKind == JsonValueKind.Object && of.Key.TryGetProperty(member.Name, out var key) && JsonElement.DeepEquals(key, member.Value);

    private static string Short(JsonElement value) => Cut(value.GetRawText());

    private static string Cut(string text)
    {
        if (text.Length <= ValueCharacters)
        {
            return Safe(text);
        }

        int end = char.IsHighSurrogate(text[ValueCharacters - 1]) ? ValueCharacters - 1 : ValueCharacters;
        return string.Create(CultureInfo.InvariantCulture, $"{Safe(text[..end])}...({text.Length} characters)");
    }

    /// <summary>No character of a value moves the cursor, ends the line or speaks to the terminal.</summary>
    internal static string Safe(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var safe = new StringBuilder(text.Length + 8);
        foreach (char c in text)
        {
            _ = char.IsControl(c) ? safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : safe.Append(c);
        }

        return safe.ToString();
    }
}
