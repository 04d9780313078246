namespace Penstock.Postgres.Connection;

/// <summary>How <c>DATABASE_URL</c> is shown.</summary>
public static class DatabaseUrlText
{
    /// <summary>The URL without password and query (which may hold one too).</summary>
    public static string Masked(string url)
    {
        var rest = AfterScheme(url) ?? "";
        var withoutQuery = rest.Split('?', '#')[0];
        var at = withoutQuery.LastIndexOf('@');
        var user = at < 0 ? "" : withoutQuery[..at].Split(':')[0];
        return $"postgres://{user}{(at < 0 ? "" : ":****@")}{withoutQuery[(at + 1)..]}";
    }

    private static string? AfterScheme(string url)
    {
        foreach (var scheme in (ReadOnlySpan<string>)["postgres://", "postgresql://"])
        {
            if (url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                return url[scheme.Length..];
            }
        }

        return null;
    }
}
