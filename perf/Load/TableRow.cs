namespace Penstock.Load;

/// <summary>A limit that a figure has to keep.</summary>
/// <param name="Key">Of the figure in <c>RESULT</c>.</param>
/// <param name="AtMost">The figure is to stay below the limit, else above it.</param>
/// <param name="Limit">In the figure's own unit.</param>
internal sealed record Bar(string Key, bool AtMost, double Limit)
{
    public static Bar Least(string key, double limit) => new(key, false, limit);

    public static Bar Most(string key, double limit) => new(key, true, limit);

    public bool IsKeptBy(double figure) => AtMost ? figure <= Limit : figure >= Limit;
}

/// <summary>One row of the table: a bench with its arguments and what it has to keep.</summary>
/// <param name="Arguments">Of the command line.</param>
/// <param name="Short">A run takes less than a minute: it is worth repeating.</param>
/// <param name="Bars">Figures and limits.</param>
internal sealed record TableRow(string Arguments, bool Short, params Bar[] Bars)
{
    /// <summary>Everything that this product promises of its speed, in the order in which it is measured.</summary>
    public static IReadOnlyList<TableRow> All { get; } =
    [
        new("throughput", true, Bar.Least("ratio", 0.85), Bar.Most("cpu_us_per_event", 5), Bar.Most("rss_mb", 120)),
        new("throughput --schemas", true, Bar.Least("ratio", 0.6)),
        new("throughput --workload wide", true, Bar.Least("ratio", 0.7)),
        new("throughput --workload update", true, Bar.Least("ratio", 0.7)),
        new("throughput --workload update-full", true, Bar.Least("ratio", 0.7)),
        new("throughput --workload delete", true, Bar.Least("ratio", 0.7)),
        // A document of 10 KB each: a tenth of the rows is as many bytes.
        new("throughput --workload jsonb --rows 100000", true, Bar.Least("ratio", 0.7)),
        new("throughput --workload toast --rows 200000", true, Bar.Least("ratio", 0.7)),
        new("throughput --workload tiny", true, Bar.Least("ratio", 0.7)),
        new("throughput --tables 1000", true, Bar.Least("ratio", 0.85)),
        new("throughput --partitions 64", true, Bar.Least("ratio", 0.85)),
        // Commits without a flush still take the server minutes for a million.
        new("throughput --tx 1 --rows 300000", true, Bar.Least("ratio", 0.7)),
        new("throughput --tx 10", true, Bar.Least("ratio", 0.85)),
        new("throughput --tx 1000000", true, Bar.Least("ratio", 0.85)),
        new("throughput --tls", true, Bar.Least("of_plain", 0.6)),
        new("latency --rate 1000", false, Bar.Most("p50_ms", 3), Bar.Most("p99_ms", 8)),
        new("latency --rate 10000", false, Bar.Most("p99_ms", 15)),
        new("latency --rate 50000", false, Bar.Most("p99_ms", 50)),
        new("idle", false, Bar.Most("cpu_percent_of_core", 0.3), Bar.Most("rss_growth_kb", 256)),
        new("start", true, Bar.Most("ms", 1000)),
        new("sink --workload creates", true, Bar.Least("ratio", 0.5), Bar.Most("cpu_us_per_row", 6), Bar.Most("rss_mb", 150)),
        new("sink --workload upserts", true, Bar.Least("ratio", 0.6), Bar.Most("cpu_us_per_row", 6), Bar.Most("rss_mb", 150)),
        new("copy --rate 5000", false, Bar.Most("p99_ms", 60)),
        new("memory --transaction 10GB", false, Bar.Most("rss_mb", 200)),
    ];
}
