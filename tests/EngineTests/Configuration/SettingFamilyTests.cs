using Microsoft.Extensions.Configuration;
using Penstock.Engine.Configuration;

namespace Penstock.EngineTests.Configuration;

public sealed class SettingFamilyTests
{
    private const string Prefix = "PENSTOCK_CUT_TO_";

    private static readonly SettingFamily Cut = new(
        "cut.to.<N>",
        "Group",
        "a word",
        "Cuts",
        static name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? "cut.to." + name[Prefix.Length..] : null,
        static (_, text) => text == "bad" ? "must be a word" : null)
    {
        MaskName = static name => name.Replace("hush", "****", StringComparison.Ordinal),
    };

    private static readonly SettingCatalog Catalog = new([Cut], [], null);

    private static SettingValues Read(params (string Name, string Value)[] environment) => SettingValues.Read(
        Catalog, new ConfigurationBuilder().AddInMemoryCollection(environment.Select(static pair => KeyValuePair.Create(pair.Item1, (string?)pair.Item2))).Build());

    [Fact]
    public void Each_choice_of_the_free_part_is_an_option_of_its_own()
    {
        var values = Read(("PENSTOCK_CUT_TO_9", "b"), ("PENSTOCK_CUT_TO_12", "a"));

        Assert.Empty(values.Problems);
        Assert.Equal([("cut.to.12", "a"), ("cut.to.9", "b")], values.Given(Cut));
    }

    [Fact]
    public void A_secret_part_of_the_name_is_masked()
    {
        Assert.Equal("PENSTOCK_CUT_TO_****", Assert.Single(Read(("PENSTOCK_CUT_TO_hush", "a")).Masked()).EnvironmentName);
        Assert.Equal("PENSTOCK_CUT_TO_****", Assert.Single(Read(("PENSTOCK_CUT_TO_hush", "bad")).Problems).EnvironmentName);
    }

    [Fact]
    public void Help_shows_the_family_with_its_free_part() => Assert.Contains("PENSTOCK_CUT_TO_<N>", SettingsHelp.PlainText(Catalog), StringComparison.Ordinal);
}
