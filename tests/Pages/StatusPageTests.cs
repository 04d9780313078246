using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Playwright;
using Penstock.Engine.Operations;
using Penstock.Engine.Watching;
using static Microsoft.Playwright.Assertions;

namespace Penstock.Pages;

/// <summary>The status page in a browser, over a health that the test makes.</summary>
public sealed class StatusPageTests(BrowserFixture browser) : IClassFixture<BrowserFixture>, IAsyncLifetime
{
    private const string Hostile = "public.<img src=x onerror=alert(1)>";

    private readonly HealthState _health = new();
    private readonly List<string> _asked = [];
    private HealthEndpoint _endpoint = null!;

    private string Address => $"http://{_endpoint.Address}/";

    public Task InitializeAsync()
    {
        _health.Enter(PipelineState.Streaming);
        _health.Tables.Expect(["public.orders", Hostile]);
        _health.Problems.CreateLogger("").LogWarning("a <b>warning</b>");
        _endpoint = HealthEndpoint.Start(new IPEndPoint(IPAddress.Loopback, 0), _health, NullLogger.Instance, "shop", new EndpointActions("0123456789abcdef", ["pause", "resume"], async (name, output, _) =>
        {
            _asked.Add(name);
            _health.Enter(name == "pause" ? PipelineState.Paused : PipelineState.Streaming);
            await output.WriteLineAsync($"{name} is done");
            return 0;
        }));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _endpoint.DisposeAsync();

    [PageFact]
    public async Task It_shows_what_there_is_as_text()
    {
        using var view = _health.Show(new View());
        await using var open = await browser.OpenAsync(Address);
        var page = open.Page;
        await Expect(page.Locator("#state")).ToHaveTextAsync("streaming");
        await Expect(page).ToHaveTitleAsync("shop – Penstock");
        await Expect(page.GetByRole(AriaRole.Row, new PageGetByRoleOptions { Name = "confirmed" })).ToContainTextAsync("1 MB");
        await Expect(page.GetByRole(AriaRole.Row, new PageGetByRoleOptions { Name = "delivered" })).ToContainTextAsync("12 s");
        await Expect(page.GetByRole(AriaRole.Rowheader, new PageGetByRoleOptions { Name = Hostile })).ToBeVisibleAsync();
        await Expect(page.Locator("#problems")).ToContainTextAsync("a <b>warning</b>");
        await Expect(page.Locator("#s-snapshot")).ToContainTextAsync("Incremental snapshot 2 tables left");
        Assert.Equal(0, await page.Locator("img").CountAsync());
    }

    [PageFact]
    public async Task It_follows()
    {
        await using var open = await browser.OpenAsync(Address);
        var page = open.Page;
        await Expect(page.Locator("#live")).ToHaveTextAsync("live");
        _health.Delivered(500);
        await Expect(page.Locator("#tiles")).ToContainTextAsync("500 since the start");
        _health.Enter(PipelineState.BackingOff, "the database cannot be reached");
        await Expect(page.Locator("#state")).ToHaveTextAsync("backing-off");
        await Expect(page.Locator("#notices")).ToHaveTextAsync("the database cannot be reached");
        _health.Retains(new RetainedLog(900, 900, 1000, 60, AlarmLevel.Critical, "the slot is nearly full"));
        await Expect(page.Locator("#notices")).ToContainTextAsync("the slot is nearly full");
        // The process goes, and comes back at the same address.
        var address = _endpoint.Address;
        await _endpoint.DisposeAsync();
        await Expect(page.Locator("#live")).ToContainTextAsync("no answer since");
        _health.Enter(PipelineState.Streaming);
        _endpoint = HealthEndpoint.Start(address, _health, NullLogger.Instance, "shop");
        await Expect(page.Locator("#state")).ToHaveTextAsync("streaming");
        await Expect(page.Locator("#s-actions")).ToBeHiddenAsync();
    }

    [PageFact]
    public async Task Actions_take_the_token()
    {
        await using var open = await browser.OpenAsync(Address);
        var page = open.Page;
        string question = "";
        page.Dialog += (_, dialog) =>
        {
            question = dialog.Message;
            _ = dialog.AcceptAsync();
        };
        var pause = page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Pause" });
        await Expect(page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Resume" })).ToBeDisabledAsync();
        await page.GetByLabel("Token").FillAsync("wrong");
        await pause.ClickAsync();
        await Expect(page.Locator("#result")).ToContainTextAsync("not that of PENSTOCK_HTTP_TOKEN");
        Assert.Empty(_asked);
        await page.GetByLabel("Token").FillAsync("0123456789abcdef");
        await pause.ClickAsync();
        await Expect(page.Locator("#result")).ToHaveTextAsync("pause is done");
        Assert.StartsWith("Pause the pipeline?", question, StringComparison.Ordinal);
        await Expect(page.Locator("#state")).ToHaveTextAsync("paused");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Resume" }).ClickAsync();
        await Expect(page.Locator("#state")).ToHaveTextAsync("streaming");
        Assert.Equal(["pause", "resume"], _asked);
    }

    [PageFact]
    public async Task A_keyboard_reaches_everything()
    {
        using var view = _health.Show(new View());
        await using var open = await browser.OpenAsync(Address);
        var page = open.Page;
        await Expect(page.Locator("#t-parts")).ToBeVisibleAsync();
        var names = new List<string>();
        for (int i = 0; i < 40; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            names.Add(await page.EvaluateAsync<string>("() => { const e = document.activeElement; return e.getAttribute('aria-label') ?? e.textContent.trim() ?? e.id }"));
        }

        Assert.Equal("To the figures", names[0]);
        Assert.All((string[])["late", "waiting", "commit to delivery", "Ladder", "Events/s", "Pause", "metrics"], name => Assert.Contains(name, names));
        Assert.Contains(names, name => name.StartsWith("Throughput", StringComparison.Ordinal));

        var size = page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Size" });
        await size.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Columnheader, new PageGetByRoleOptions { Name = "Size" })).ToHaveAttributeAsync("aria-sort", "descending");
        // Two points take ten seconds.
        await Expect(page.Locator("#p-rate svg")).ToHaveAttributeAsync("aria-label", new System.Text.RegularExpressions.Regex("now 0/s"));
        await page.Locator("#p-rate svg").FocusAsync();
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(page.Locator("#p-rate .tip")).ToContainTextAsync("/s at ");
    }

    /// <summary>WCAG AA: 4.5 to 1 for text, in light and dark, and nothing to scroll sideways on a telephone.</summary>
    [PageFact]
    public async Task It_can_be_read_in_light_and_dark_and_on_a_narrow_screen()
    {
        using var view = _health.Show(new View());
        _health.Gap("0/1 to 0/2");
        _health.Retains(new RetainedLog(900, 900, 1000, 60, AlarmLevel.Warning, "the slot holds much"));
        var backs = new List<string>();
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using var open = await browser.OpenAsync(Address, scheme, width: 390, height: 800);
            var page = open.Page;
            await Expect(page.Locator("#notices p")).ToHaveCountAsync(2);
            await Expect(page.Locator("#s-actions")).ToBeVisibleAsync();
            backs.Add(await page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor"));
            string[] poor = await page.EvaluateAsync<string[]>(Contrast);
            Assert.Empty(poor);
            Assert.Equal(0, await page.EvaluateAsync<int>("() => document.scrollingElement.scrollWidth - innerWidth"));
        }

        Assert.Equal(2, backs.Distinct().Count());
    }

    private const string Contrast = """
        () => {
          const channel = value => { value /= 255; return value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4; };
          const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
          const parse = text => text.match(/[\d.]+/g).map(Number);
          const back = element => { for (let e = element; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
          const poor = [];
          for (const element of document.querySelectorAll('body *:not(script):not(style):not(noscript *)')) {
            const text = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.textContent.trim()).join('');
            const style = getComputedStyle(element);
            if (!text || element.disabled || !element.checkVisibility()) continue;
            const a = light(parse(element instanceof SVGElement ? style.fill : style.color)), b = light(back(element));
            const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className} ${text}`);
          }
          return poor;
        }
        """;

    private sealed class View : IRunView
    {
        public double? LagSeconds => 12;

        public long? LagAmount => 1_048_576;

        public string LagUnit => "bytes";

        public IReadOnlyList<Rung> Ladder =>
        [
            new("head", "0/2000000", 0, 0), new("sent", "", null, null), new("received", "0/1F00000", 2_000, 0), new("decoded", "0/1F00000", 2_000, 0),
            new("delivered", "0/1E00000", 1_000_000, 12), new("confirmed", "0/1E00000", 1_048_576, 12),
        ];

        public IReadOnlyList<SnapshotTableView> Snapshot => [new("public.orders", 1000, 900, true), new("public.items", 500, 2000, false)];

        public IReadOnlyList<TopicView> Topics => [];
    }
}
