using Microsoft.Extensions.Configuration;
using Penstock.Engine.Configuration;

namespace Penstock.EngineTests.Configuration;

public sealed class SettingFilesTests : IDisposable
{
    private static readonly Setting<string> Password = new("password", "G", SettingTypes.Text("text"), "Password") { IsSecret = true, IsRequired = true };
    private static readonly SettingCatalog Catalog = new(
        [Password],
        [],
        new PassThroughOptions("kafka", "librdkafka", ["sasl.password"], new Dictionary<string, string>(), new HashSet<string>()));

    private readonly string _folder = Directory.CreateTempSubdirectory("penstock-settings-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string content)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, content);
        return path;
    }

    private static SettingValues Read(params (string Name, string Value)[] environment) => SettingValues.Read(
        Catalog,
        new ConfigurationBuilder().AddInMemoryCollection(environment.Select(static pair => KeyValuePair.Create(pair.Name, (string?)pair.Value))).Build());

    [Theory]
    [InlineData("hush", "hush")]
    [InlineData("hush\n", "hush")]
    [InlineData("hush\r\n", "hush")]
    [InlineData("two\nlines\n", "two\nlines")]
    public void A_file_gives_its_content_without_the_last_line_end(string content, string value)
    {
        var values = Read(("PENSTOCK_PASSWORD_FILE", Write(content)));

        values.ThrowIfRejected();
        Assert.Equal(value, values.Get(Password));
        Assert.Contains(("PENSTOCK_PASSWORD", "****", SettingOrigin.File), values.Masked());
    }

    [Fact]
    public void A_value_and_a_file_exclude_each_other()
    {
        var values = Read(("PENSTOCK_PASSWORD", "a"), ("PENSTOCK_PASSWORD_FILE", Write("b")));

        Assert.Equal("PENSTOCK_PASSWORD and PENSTOCK_PASSWORD_FILE are both given: remove one of them", Assert.Single(values.Problems).ToString());
    }

    [Fact]
    public void A_file_that_is_not_there_is_named_once()
    {
        string path = Path.Combine(_folder, "passwd");

        Assert.Equal($"PENSTOCK_PASSWORD_FILE names '{path}', which cannot be read: there is no such file", Assert.Single(Read(("PENSTOCK_PASSWORD_FILE", path)).Problems).ToString());
    }

    [Theory]
    [InlineData("p4ss-w0rd")]
    [InlineData("/p4ss-w0rd")]
    [InlineData("/nowhere/p4ss-w0rd")]
    public void A_password_in_the_place_of_its_file_is_not_repeated(string path) =>
        Assert.Equal("PENSTOCK_PASSWORD_FILE names a file, which cannot be read: there is no such file", Assert.Single(Read(("PENSTOCK_PASSWORD_FILE", path)).Problems).ToString());

    [Fact]
    public void An_empty_file_a_folder_and_a_huge_file_are_refused()
    {
        Assert.EndsWith("which is empty", Assert.Single(Read(("PENSTOCK_PASSWORD_FILE", Write("\n"))).Problems).Text, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Single(Read(("PENSTOCK_PASSWORD_FILE", _folder)).Problems).Text, StringComparison.Ordinal);
        Assert.Contains("larger than", Assert.Single(Read(("PENSTOCK_PASSWORD_FILE", Write(new string('x', 1_100_000)))).Problems).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Library_options_may_come_from_files_too()
    {
        var values = Read(("PENSTOCK_PASSWORD", "a"), ("PENSTOCK_KAFKA_SASL_PASSWORD_FILE", Write("hush\n")));

        values.ThrowIfRejected();
        Assert.Equal("hush", values.PassThrough["sasl.password"]);
    }
}
