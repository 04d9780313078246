using Penstock.Engine.Configuration;
using Penstock.PostgresToKafka.Settings;
using static Penstock.PostgresToKafkaTests.Settings.TestSettings;

namespace Penstock.PostgresToKafkaTests.Settings;

/// <summary>A password set under the name of another setting: where it is no value of that setting, the message does not repeat it.</summary>
public sealed class MisplacedSecretTests
{
    /// <summary>In the forms that passwords, tokens and addresses have; each holds the part that must not be seen.</summary>
    private static readonly string[] Misplaced = ["Secr3t-p4ss", "Secr3t p4ss!", "Secr3t(p4ss", "me:Secr3t-p4ss@host/db", "postgres://me:Secr3t-p4ss@host/db", "Secr3t=p4ss,Secr3t;p4ss:[", "hex:Secr3t", "/Secr3t", "host=Secr3t password=Secr3t"];

    /// <summary>Their values are lists of names that the user makes up; a message about an option of such a name has to say it.</summary>
    private static readonly string[] ListsOfNames = ["PENSTOCK_TRANSFORMS", "PENSTOCK_PREDICATES"];

    public static TheoryData<string> Names =>
        [.. PipelineCatalog.Catalog.Settings.Where(setting => setting is not SettingFamily).SelectMany(setting => new[] { setting.EnvironmentName, setting.EnvironmentName + "_FILE" }).Except(ListsOfNames),
         .. new[] { "PENSTOCK_COLUMN_MASK_WITH_5_CHARS", "PENSTOCK_COLUMN_TRUNCATE_TO_5_CHARS", "PENSTOCK_COLUMN_MASK_HASH_V2_SHA_256_WITH_SALT_ABC", "PENSTOCK_PLUGIN_NAME", "PENSTOCK_NO_SUCH_SETTING" },
         .. LibrdkafkaOptions.PassThrough.EnvironmentNamesOfAll];

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_not_in_the_message(string name)
    {
        foreach (string value in Misplaced)
        {
            try
            {
                Read((name, value));
            }
            catch (SettingsException refused)
            {
                Assert.DoesNotContain("Secr3t", refused.Message, StringComparison.OrdinalIgnoreCase);
            }
        }
    }
}
