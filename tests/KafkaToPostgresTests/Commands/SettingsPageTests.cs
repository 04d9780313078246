using Penstock.KafkaToPostgres.Commands;

namespace Penstock.KafkaToPostgresTests.Commands;

public class SettingsPageTests
{
    [Fact]
    public async Task The_page_of_settings_is_what_the_program_prints()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Pipeline.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        string page = await File.ReadAllTextAsync(Path.Combine(folder, "docs", "sink-settings.md"));
        Assert.True(KafkaToPostgresProgram.Description.SettingsMarkdown() == page, "docs/sink-settings.md is old: run kafka-to-postgres help settings --markdown > docs/sink-settings.md");
    }
}
