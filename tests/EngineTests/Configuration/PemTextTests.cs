using System.Text;
using Penstock.Engine.Configuration;

namespace Penstock.EngineTests.Configuration;

public sealed class PemTextTests
{
    private const string Pem = "-----BEGIN CERTIFICATE-----\nAAAA\nBBBB\n-----END CERTIFICATE-----\n";

    public static TheoryData<string> Forms => new()
    {
        Pem,
        Pem.TrimEnd(),
        Pem.Replace("\n", "\r\n", StringComparison.Ordinal),
        Pem.Replace("\n", "\\n", StringComparison.Ordinal),
        Pem.Replace("\n", "\\r\\n", StringComparison.Ordinal),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(Pem)),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(Pem), Base64FormattingOptions.InsertLineBreaks),
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_gives_the_same_text(string form)
    {
        Assert.True(PemText.TryNormalise(form, out var pem));
        Assert.Equal(Pem, pem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("QUJD")]
    [InlineData("-----BEGIN CERTIFICATE-----")]
    public void Anything_else_is_refused(string text) => Assert.False(PemText.TryNormalise(text, out _));
}
