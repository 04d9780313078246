namespace Penstock.Inspection.Tail;

/// <summary>Colours of a terminal, by ANSI's sequences; none on a pipe, with <c>NO_COLOR</c> (no-color.org), or on a terminal that is dumb.</summary>
internal sealed class TerminalColour(bool isOn)
{
    private const string Reset = "\e[0m";

    public static TerminalColour Of(bool isTerminal, Func<string, string?> environment) =>
        new(isTerminal && string.IsNullOrEmpty(environment("NO_COLOR")) && environment("TERM") != "dumb");

    public string Dim(string text) => With("\e[2m", text);

    public string Old(string text) => With("\e[31m", text);

    public string New(string text) => With("\e[32m", text);

    public string Operation(char operation, string text) => With(
        operation switch
        {
            'c' or 'r' => "\e[32m",
            'u' => "\e[33m",
            'd' or 't' => "\e[31m",
            'm' => "\e[36m",
            _ => "\e[2m",
        },
        text);

    private string With(string colour, string text) => isOn && text.Length > 0 ? colour + text + Reset : text;
}
