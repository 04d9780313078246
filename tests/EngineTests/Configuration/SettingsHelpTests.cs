using Penstock.Engine.Configuration;

namespace Penstock.EngineTests.Configuration;

public sealed class SettingsHelpTests
{
    private static readonly SettingCatalog Catalog = new(
        [
            new Setting<string>("url", "Connections", SettingTypes.Text("scheme://host, with <port> | none"), "Where it is") { EnvironmentName = "THE_URL", IsRequired = true },
            new Setting<int>("max.batch.size", "Limits", SettingTypes.Integer(1), "How many changes travel together at most, which is a long sentence so that it has to be broken") { Default = 2048 },
            new Setting<PatternList?>("table.include.list", "Limits", SettingTypes.Patterns("name"), "Tables"),
        ],
        [],
        null);

    [Fact]
    public void Plain_text_fits_a_narrow_terminal()
    {
        var text = SettingsHelp.PlainText(Catalog);

        Assert.All(text.Split('\n'), static line => Assert.True(line.Length <= 80, line));
        Assert.StartsWith("Connections\n  THE_URL\n      Where it is.\n      Required.\n", text, StringComparison.Ordinal);
        Assert.Contains("\nLimits\n  PENSTOCK_MAX_BATCH_SIZE\n", text, StringComparison.Ordinal);
        Assert.Contains("      Default: 2048.\n      Allowed: a whole number, 1 or more.\n", text, StringComparison.Ordinal);
        Assert.Contains("      No default.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_has_a_table_for_each_group()
    {
        var text = SettingsHelp.Markdown(Catalog);

        Assert.Contains("## Connections\n\n| Variable | Option | Default | Meaning |\n|---|---|---|---|\n| `THE_URL` |  | **required** | Where it is. Allowed: scheme://host, with &lt;port> \\| none. |\n", text, StringComparison.Ordinal);
        Assert.Contains("| `PENSTOCK_MAX_BATCH_SIZE` | `max.batch.size` | `2048` | ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_settings_cannot_share_a_variable() => Assert.Throws<ArgumentException>(static () => new SettingCatalog(
        [
            new Setting<bool>("a.b", "G", SettingTypes.Boolean, "x"),
            new Setting<bool>("a-b", "G", SettingTypes.Boolean, "y"),
        ],
        [],
        null));
}
