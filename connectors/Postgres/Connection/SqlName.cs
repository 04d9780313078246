namespace Penstock.Postgres.Connection;

/// <summary>Identifiers and literals for SQL text, quoted always.</summary>
public static class SqlName
{
    /// <summary><c>"name"</c>, quotes inside doubled.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary><c>"schema"."name"</c>.</summary>
    public static string Qualified(string schema, string name) => $"{Quote(schema)}.{Quote(name)}";

    /// <summary>A string constant that no backslash setting can change: <c>E'..'</c> when there is a backslash.</summary>
    public static string Literal(string value)
    {
        string quoted = value.Replace("'", "''", StringComparison.Ordinal);
        return quoted.Contains('\\', StringComparison.Ordinal) ? $"E'{quoted.Replace("\\", "\\\\", StringComparison.Ordinal)}'" : $"'{quoted}'";
    }
}
