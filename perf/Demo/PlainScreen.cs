using System.Globalization;

namespace Penstock.Demo;

/// <summary>Lines for a pipe or a file.</summary>
internal sealed class PlainScreen : IScreen
{
    public void Say(string line) => Console.WriteLine(line);

    public void Show(ShopEvent change, IReadOnlyList<(string Column, string? Before, string? After)> changes) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{EventText.Verb(change.Operation),-6}  {change.Table.Name,-11}  {change.Key,6}  {EventText.Changes(change.Operation, changes)}"));

    public void Foot(string line)
    {
        // An empty one clears the line on a terminal.
        if (line.Length > 0)
        {
            Console.WriteLine(line);
        }
    }
}
