namespace Penstock.Engine.Configuration;

/// <summary>Finds the known name that a mistyped one was most likely meant to be.</summary>
public static class NearestName
{
    /// <summary>The known name with the fewest edits to <paramref name="name"/> (insert, delete, replace, swap of neighbours; upper and lower case alike), or null when there is none at all.</summary>
    public static string? Of(string name, IEnumerable<string> known) => known
        .Select(candidate => (candidate, edits: Edits(name, candidate)))
        .OrderBy(static pair => pair.edits)
        .ThenBy(static pair => pair.candidate, StringComparer.Ordinal)
        .Select(static pair => pair.candidate)
        .FirstOrDefault();

    /// <summary>True when so few edits lie between the two that one is likely a typing error of the other: two, or a quarter of the length.</summary>
    public static bool IsClose(string name, string candidate) => Edits(name, candidate) <= Math.Max(2, name.Length / 4);

    /// <summary>Optimal string alignment distance.</summary>
    public static int Edits(string left, string right)
    {
        var twoBack = new int[right.Length + 1];
        var oneBack = new int[right.Length + 1];
        var current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            oneBack[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replace = oneBack[j - 1] + (Same(left[i - 1], right[j - 1]) ? 0 : 1);
                current[j] = Math.Min(replace, Math.Min(oneBack[j] + 1, current[j - 1] + 1));
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                {
                    current[j] = Math.Min(current[j], twoBack[j - 2] + 1);
                }
            }

            (twoBack, oneBack, current) = (oneBack, current, twoBack);
        }

        return oneBack[right.Length];
    }

    private static bool Same(char left, char right) => char.ToUpperInvariant(left) == char.ToUpperInvariant(right);
}
