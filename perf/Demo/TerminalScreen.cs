using System.Globalization;
using Spectre.Console;

namespace Penstock.Demo;

/// <summary>Colours, and the figures on the last line, for a terminal.</summary>
internal sealed class TerminalScreen(IAnsiConsole console) : IScreen
{
    private const string BackAndClear = "\r\e[2K";

    private string _foot = "";

    public void Say(string line) => Above(() => console.MarkupLineInterpolated($"[bold]{line}[/]"));

    public void Show(ShopEvent change, IReadOnlyList<(string Column, string? Before, string? After)> changes)
    {
        string colour = change.Operation switch
        {
            'c' => "green",
            'u' => "yellow",
            'd' => "red",
            _ => "blue",
        };
        string head = string.Create(CultureInfo.InvariantCulture, $"[{colour}]{EventText.Verb(change.Operation),-6}[/]  [aqua]{change.Table.Name,-11}[/]  {change.Key,6}  ");
        // 29 columns of head; an event is one line, whatever the width.
        string tail = EventText.Changes(change.Operation, changes);
        int room = Math.Max(10, console.Profile.Width - 30);
        Above(() => console.MarkupLine(head + Markup.Escape(tail.Length > room ? tail[..room] : tail)));
    }

    public void Foot(string line)
    {
        _foot = line.Length < console.Profile.Width ? line : line[..(console.Profile.Width - 1)];
        Above(() => { });
    }

    private void Above(Action write)
    {
        Console.Write(BackAndClear);
        write();
        console.MarkupInterpolated($"[invert]{_foot}[/]");
    }
}
