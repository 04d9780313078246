using System.CommandLine;

namespace Penstock.Engine.Commands;

/// <summary>Options that are numbers with a least value.</summary>
internal static class CommandNumbers
{
    /// <summary>An option that has a usual value.</summary>
    public static Option<int> Of(string name, string description, int usual, int least)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        AtLeast(option, least);
        return option;
    }

    /// <summary>An option that may be left out.</summary>
    public static Option<int?> Optional(string name, string description, int least)
    {
        var option = new Option<int?>(name) { Description = description };
        AtLeast(option, least);
        return option;
    }

    private static void AtLeast(Option option, int least) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, out int number) && number < least)
        {
            result.AddError($"{result.Option.Name} must be {least} or more");
        }
    });
}
