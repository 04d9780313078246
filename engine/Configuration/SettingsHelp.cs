using System.Text;

namespace Penstock.Engine.Configuration;

/// <summary>Writes the catalog for people: plain text for a terminal or a pipe, Markdown for the documentation.</summary>
public static class SettingsHelp
{
    /// <summary>The narrowest terminal that is common.</summary>
    private const int LineCharacters = 80;

    /// <summary>Every setting under its heading: variable, default, meaning, what is allowed. No line is longer than 80 characters unless a single word is.</summary>
    public static string PlainText(SettingCatalog catalog)
    {
        var text = new StringBuilder();
        foreach (var group in catalog.Groups)
        {
            text.Append(group.Key).Append('\n');
            foreach (var setting in group)
            {
                text.Append("  ").Append(setting.EnvironmentName).Append('\n');
                AppendWrapped(text, setting.Meaning + ".");
                AppendWrapped(text, DefaultSentence(setting));
                AppendWrapped(text, $"Allowed: {setting.Allowed}.");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The same as Markdown: a table for each heading.</summary>
    public static string Markdown(SettingCatalog catalog)
    {
        var text = new StringBuilder();
        foreach (var group in catalog.Groups)
        {
            text.Append("## ").Append(group.Key).Append("\n\n| Variable | Option | Default | Meaning |\n|---|---|---|---|\n");
            foreach (var setting in group)
            {
                text.Append("| `").Append(setting.EnvironmentName).Append("` | ")
                    .Append(setting.EnvironmentName == EnvironmentNames.Of(setting.Name) ? $"`{setting.Name}`" : "").Append(" | ")
                    .Append(Cell(MarkdownDefault(setting))).Append(" | ")
                    .Append(Cell($"{setting.Meaning}. Allowed: {setting.Allowed}.")).Append(" |\n");
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string DefaultSentence(Setting setting) =>
        setting.IsRequired ? "Required." : setting.DefaultText is { } text ? $"Default: {text}." : "No default.";

    private static string MarkdownDefault(Setting setting) => setting switch
    {
        { IsRequired: true } => "**required**",
        { DefaultText: null } => "",
        { DefaultText: { } text } when text.Contains(' ', StringComparison.Ordinal) => text,
        { DefaultText: { } text } => $"`{text}`",
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static void AppendWrapped(StringBuilder text, string sentence)
    {
        const string Indent = "      ";
        var column = 0;
        foreach (var word in sentence.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > LineCharacters)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(column == 0 ? Indent : " ").Append(word);
            column += (column == 0 ? Indent.Length : 1) + word.Length;
        }

        text.Append('\n');
    }
}
