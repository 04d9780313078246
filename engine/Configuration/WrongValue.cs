using System.Buffers;

namespace Penstock.Engine.Configuration;

/// <summary>
/// Which wrong values a message may repeat. A value under the wrong name may be a password, so the rule is: a number where a number is asked for, a word that is nearly one of the words there are,
/// and nothing else. Whoever reads the message knows what was set from the setting's name.
/// </summary>
internal static class WrongValue
{
    private const int LongestNumberCharacters = 20;
    private const int LongestUnitCharacters = 3;

    /// <summary>A shorter text is in many words by chance, and no password.</summary>
    private const int ShortestMaskedCharacters = 6;

    private static readonly SearchValues<char> OfNumbers = SearchValues.Create("0123456789+-.,_");

    /// <summary>Digits with sign, point and commas, and at most a unit behind them: <c>-1</c>, <c>1,5</c>, <c>10 MB</c>.</summary>
    public static bool IsNumber(string text)
    {
        string number = text.Trim();
        int end = number.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        var unit = number.AsSpan(end).TrimStart();
        return number.Length <= LongestNumberCharacters
            && end > 0
            && number.AsSpan(0, end).IndexOfAnyExcept(OfNumbers) < 0
            && unit.Length <= LongestUnitCharacters
            && unit.IndexOfAnyExceptInRange('A', 'z') < 0;
    }

    /// <summary>One of <paramref name="words"/> but for a typing error.</summary>
    public static bool IsNearly(string text, IEnumerable<string> words)
    {
        string word = text.Trim();
        return words.Any(known => word.Length <= known.Length + 2 && NearestName.IsClose(word, known));
    }

    /// <summary><paramref name="message"/> without <paramref name="text"/>, where it was repeated.</summary>
    public static string Without(string text, string message)
    {
        string value = text.Trim();
        return value.Length < ShortestMaskedCharacters ? message : message.Replace(value, SettingsReader.Masked, StringComparison.OrdinalIgnoreCase);
    }
}
