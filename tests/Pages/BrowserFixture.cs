using Microsoft.Playwright;

namespace Penstock.Pages;

/// <summary>One browser for all tests of a class; each test has a context of its own.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (Chromium.Path is { } path)
        {
            Assertions.SetDefaultExpectTimeout(20_000);
            _playwright = await Playwright.CreateAsync();
            // Where tests run as root there is no sandbox, and in containers little shared memory.
            _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        }
    }

    /// <summary>Opens an address, and fails the test for everything that the page complains of or asks another host for.</summary>
    public async Task<OpenPage> OpenAsync(string address, ColorScheme scheme = ColorScheme.Light, int width = 1280, int height = 900, float scale = 1)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            DeviceScaleFactor = scale,
            Locale = "en-GB",
            TimezoneId = "UTC",
        });
        context.SetDefaultTimeout(15_000);
        var page = await context.NewPageAsync();
        var open = new OpenPage(page, address);
        await page.GotoAsync(address, new PageGotoOptions { WaitUntil = WaitUntilState.DOMContentLoaded });
        return open;
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}

/// <summary>A page, and what it did that it should not.</summary>
public sealed class OpenPage : IAsyncDisposable
{
    private readonly List<string> _complaints = [];

    public OpenPage(IPage page, string address)
    {
        Page = page;
        page.PageError += (_, error) => Complain(error);
        page.Console += (_, message) =>
        {
            // A process that is away is told by the browser as an error, too.
            if (message.Type is "error" or "warning" && !message.Text.Contains("net::ERR_", StringComparison.Ordinal) && !message.Text.Contains("the server responded with a status of 4", StringComparison.Ordinal))
            {
                Complain(message.Text);
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                Complain($"asks for {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    public async ValueTask DisposeAsync()
    {
        await Page.Context.CloseAsync();
        lock (_complaints)
        {
            Assert.Empty(_complaints);
        }
    }

    private void Complain(string what)
    {
        lock (_complaints)
        {
            _complaints.Add(what);
        }
    }
}
