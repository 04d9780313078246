using Penstock.Engine.Configuration;

namespace Penstock.PostgresToKafka.Settings;

/// <summary>How <c>skipped.operations</c> is written: letters of operations, or <c>none</c>.</summary>
internal static class OperationsType
{
    private const string Allowed = "a comma separated list of c, u, d and t, or none";

    private static readonly (string Letter, Operations Operation)[] Letters =
        [("c", Operations.Create), ("u", Operations.Update), ("d", Operations.Delete), ("t", Operations.Truncate)];

    public static SettingType<Operations> Type { get; } = new(Allowed, Parse, Format);

    private static string? Parse(string text, out Operations value)
    {
        value = Operations.None;
        var words = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words is ["none"])
        {
            return null;
        }

        foreach (var word in words)
        {
            var found = Letters.FirstOrDefault(letter => string.Equals(letter.Letter, word, StringComparison.OrdinalIgnoreCase)).Operation;
            if (found == Operations.None)
            {
                return "must be " + Allowed;
            }

            value |= found;
        }

        return words.Length == 0 ? "must be " + Allowed : null;
    }

    private static string Format(Operations value) =>
        value == Operations.None ? "none" : string.Join(',', Letters.Where(letter => value.HasFlag(letter.Operation)).Select(static letter => letter.Letter));
}
