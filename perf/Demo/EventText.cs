namespace Penstock.Demo;

/// <summary>An event in words for one line.</summary>
internal static class EventText
{
    private const int ValueCharacters = 28;

    public static string Verb(char operation) => operation switch
    {
        'r' => "read",
        'c' => "insert",
        'u' => "update",
        'd' => "delete",
        _ => operation.ToString(),
    };

    /// <summary>name="Ann", price=3.50 -> 4.00, ...</summary>
    public static string Changes(char operation, IReadOnlyList<(string Column, string? Before, string? After)> changes) =>
        string.Join("  ", changes.Select(c => operation == 'u' ? $"{c.Column}: {Short(c.Before)} -> {Short(c.After)}" : $"{c.Column}={Short(c.After)}"));

    private static string Short(string? value)
    {
        if (value is null)
        {
            return "null";
        }
        return value.Length <= ValueCharacters ? value : $"{value[..ValueCharacters]}...";
    }
}
