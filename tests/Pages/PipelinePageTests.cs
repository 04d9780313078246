using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Penstock.Servers;
using static Microsoft.Playwright.Assertions;

namespace Penstock.Pages;

/// <summary>The pages of both executables at work. With <c>PENSTOCK_PAGE_IMAGES</c> (a folder) it keeps screenshots of them, after <c>PENSTOCK_PAGE_MINUTES</c> of work (0).</summary>
public sealed partial class PipelinePageTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    private const string Token = "the-token-of-an-operator";
    private const string Tables = """
        CREATE TABLE customers (id int PRIMARY KEY, name text, seen timestamptz DEFAULT now());
        CREATE TABLE orders (id bigserial PRIMARY KEY, customer int, state text, total numeric(10, 2), at timestamptz DEFAULT now());
        CREATE TABLE order_lines (id bigserial PRIMARY KEY, order_id bigint, article text, pieces int);
        CREATE TABLE stock (article text PRIMARY KEY, pieces int);
        INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 40000) g;
        INSERT INTO stock SELECT 'article ' || g, 1000 FROM generate_series(1, 500) g;
        ANALYZE;
        """;

    private static readonly string[] Names = ["customers", "orders", "order_lines", "stock"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [PagePipelineFact]
    public async Task Both_programs_show_what_they_do()
    {
        await using var scene = await PipelineScene.CreateAsync();
        await scene.ExecuteAsync(Tables);
        await scene.Postgres.ExecuteAsync("CREATE DATABASE copy");
        await scene.Postgres.ExecuteAsync(Regex.Replace(Tables, "INSERT INTO [^;]+;", ""), "copy");
        foreach (string table in Names)
        {
            await scene.Kafka.CreateTopicAsync($"shop.public.{table}", 3);
        }

        int port = FreePort.Find(), sinkPort = FreePort.Find();
        var settings = scene.Settings;
        (settings["PENSTOCK_NAME"], settings["PENSTOCK_TABLE_INCLUDE_LIST"], settings["PENSTOCK_HTTP"], settings["PENSTOCK_HTTP_TOKEN"]) = ("shop", string.Join(',', Names.Select(table => $"public.{table}")), $"{port}", Token);
        settings["PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES"] = "public.customers";
        settings["PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES_PUBLIC_CUSTOMERS"] = "SELECT id, name, seen FROM customers WHERE id % 100 > 0 OR pg_sleep(0.02) IS NOT NULL";
        await using var source = scene.Start();
        await source.WaitForLineAsync("snapshot begins", Patience);
        await using (var open = await browser.OpenAsync($"http://127.0.0.1:{port}/"))
        {
            await Expect(open.Page.Locator("#s-snapshot")).ToContainTextAsync("customers");
            await Expect(open.Page.Locator("#s-snapshot")).ToContainTextAsync("40,000");
            await KeepAsync(open.Page, "status-snapshot");
        }

        var sinkSettings = new Dictionary<string, string>
        {
            ["DATABASE_URL"] = scene.Postgres.Url("copy"),
            ["KAFKA_URL"] = scene.Kafka.Bootstrap,
            ["PENSTOCK_GROUP"] = "shop-copy",
            ["PENSTOCK_TOPICS"] = string.Join(',', Names.Select(table => $"shop.public.{table}")),
            ["PENSTOCK_HTTP"] = $"{sinkPort}",
        };
        await using var sink = PipelineProcess.Start(Repository.KafkaToPostgres(), sinkSettings, ["run"]);
        await source.WaitForLineAsync("msg=\"?streaming", Patience);
        using var ending = new CancellationTokenSource();
        var work = WorkAsync(scene, ending.Token);

        await using (var open = await browser.OpenAsync($"http://127.0.0.1:{port}/"))
        {
            var page = open.Page;
            await Expect(page.Locator("#state")).ToHaveTextAsync("streaming");
            await Expect(page.GetByRole(AriaRole.Row, new PageGetByRoleOptions { Name = "public.orders" })).ToContainTextAsync(SomeNumber());
            await Expect(page.GetByRole(AriaRole.Row, new PageGetByRoleOptions { Name = "confirmed" })).ToContainTextAsync("0/");
            await Expect(page.Locator("#tiles")).ToContainTextAsync("no limit but the disk");
        }

        await using (var open = await browser.OpenAsync($"http://127.0.0.1:{sinkPort}/"))
        {
            var page = open.Page;
            await Expect(page.Locator("#title")).ToHaveTextAsync("shop-copy");
            await Expect(page.GetByRole(AriaRole.Row, new PageGetByRoleOptions { Name = "shop.public.orders" }).First).ToContainTextAsync(SomeNumber());
            await Expect(page.Locator("#s-actions")).ToBeHiddenAsync();
            await Expect(page.Locator("#s-ladder")).ToBeHiddenAsync();
        }

        if (Folder is not null)
        {
            await KeepAllAsync(scene, port, sinkPort);
        }

        await PauseAsync(port);
        await ending.CancelAsync();
        await work;
        Assert.Equal(0, await source.StopAsync(Patience));
        Assert.Equal(0, await sink.StopAsync(Patience));
    }

    private async Task PauseAsync(int port)
    {
        await using var open = await browser.OpenAsync($"http://127.0.0.1:{port}/");
        var page = open.Page;
        page.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await page.GetByLabel("Token").FillAsync(Token);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Pause" }).ClickAsync();
        await Expect(page.Locator("#result")).ToContainTextAsync("is paused", new LocatorAssertionsToContainTextOptions { Timeout = 30_000 });
        await Expect(page.Locator("#state")).ToHaveTextAsync("paused");
        await Expect(page.Locator("#notices")).ToContainTextAsync("The server keeps");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Resume" }).ClickAsync();
        await Expect(page.Locator("#state")).ToHaveTextAsync("streaming", new LocatorAssertionsToHaveTextOptions { Timeout = 30_000 });
    }

    private static string? Folder => Environment.GetEnvironmentVariable("PENSTOCK_PAGE_IMAGES") is { Length: > 0 } folder ? folder : null;

    [GeneratedRegex("[1-9]")]
    private static partial Regex SomeNumber();

    /// <summary>A shop: more and fewer orders by turns.</summary>
    private static async Task WorkAsync(PipelineScene scene, CancellationToken end)
    {
        var clock = Stopwatch.StartNew();
        while (!end.IsCancellationRequested)
        {
            int orders = (int)(40 + (30 * Math.Sin(clock.Elapsed.TotalSeconds / 25)) + Random.Shared.Next(25));
            await scene.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"""
                WITH o AS (INSERT INTO orders (customer, state, total) SELECT 1 + random() * 39999, 'new', random() * 500 FROM generate_series(1, {orders}) RETURNING id)
                INSERT INTO order_lines (order_id, article, pieces) SELECT id, 'article ' || (1 + (random() * 499)::int), 1 + random() * 5 FROM o, generate_series(1, 3);
                UPDATE orders SET state = 'paid' WHERE id IN (SELECT id FROM orders WHERE state = 'new' ORDER BY id LIMIT {orders / 2});
                UPDATE stock SET pieces = pieces - 1 WHERE article IN (SELECT 'article ' || (1 + (random() * 499)::int) FROM generate_series(1, {orders / 4}));
                DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE state = 'paid' ORDER BY id LIMIT {orders / 20});
                """));
            await Task.WhenAny(Task.Delay(250, end));
        }
    }

    private async Task KeepAllAsync(PipelineScene scene, int port, int sinkPort)
    {
        double minutes = double.Parse(Environment.GetEnvironmentVariable("PENSTOCK_PAGE_MINUTES") ?? "0", CultureInfo.InvariantCulture);
        var clock = Stopwatch.StartNew();
        bool isStalled = false;
        while (clock.Elapsed.TotalMinutes < minutes)
        {
            await Task.Delay(1000);
            if (!isStalled && clock.Elapsed.TotalMinutes > minutes / 2)
            {
                // Brokers that stand still for a while: something to see in the plots.
                isStalled = true;
                await scene.Kafka.PauseAsync();
                await Task.Delay(TimeSpan.FromSeconds(14));
                await KeepAsync(port, "status-dark", ColorScheme.Dark, 1280);
                await Task.Delay(TimeSpan.FromSeconds(4));
                await scene.Kafka.ContinueAsync();
            }
        }

        (string Name, int Port, ColorScheme Scheme, int Width)[] images =
        [
            ("status-light", port, ColorScheme.Light, 1280), ("status-narrow", port, ColorScheme.Light, 390),
            ("status-sink", sinkPort, ColorScheme.Light, 1280),
        ];
        foreach (var (name, at, scheme, width) in images)
        {
            await KeepAsync(at, name, scheme, width);
        }
    }

    private async Task KeepAsync(int port, string name, ColorScheme scheme, int width)
    {
        await using var open = await browser.OpenAsync($"http://127.0.0.1:{port}/", scheme, width, 800);
        await Expect(open.Page.Locator("#live")).ToHaveTextAsync("live");
        // Speeds want some seconds of totals.
        await Task.Delay(6000);
        await KeepAsync(open.Page, name);
    }

    private static async Task KeepAsync(IPage page, string name)
    {
        if (Folder is { } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
        }
    }
}
