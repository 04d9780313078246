using System.Diagnostics;
using System.Globalization;
using Penstock.DebeziumTests.Events.Fuzz;
using Xunit.Abstractions;

namespace Penstock.DebeziumTests.Events;

/// <summary>
/// Broken messages: every one gives the right events or a typed error, never another exception, a loop without end, a byte of what lies around it, or memory beyond a multiple of its
/// length; no slab is lost, and all that is written is JSON. Only broken messages are counted.
/// </summary>
/// <remarks>
/// <c>PENSTOCK_FUZZ_MESSAGES</c> asks for more than the few of an ordinary run, <c>PENSTOCK_FUZZ_THREADS</c> for more threads, <c>PENSTOCK_FUZZ_SEED</c> for another seed. A finding
/// names the seed and the round; with <c>PENSTOCK_FUZZ_ROUND</c> and <c>PENSTOCK_FUZZ_MESSAGES=1</c> that round runs alone.
/// </remarks>
public sealed class EventDecoderFuzzTests(ITestOutputHelper log)
{
    // A few seconds; a release is judged with ten million.
    private const int OrdinaryMessages = 250_000;
    private const int OrdinarySeed = 20_260_815;

    [Fact]
    public void Mutated_messages_give_the_right_events_or_a_typed_error()
    {
        var watch = Stopwatch.StartNew();
        int seed = Number("SEED", OrdinarySeed);
        var run = new FuzzRun(seed, Number("MESSAGES", OrdinaryMessages), Number("THREADS", 1), Number("ROUND", 1));
        run.Run();
        var counts = run.Counts;
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"seed {seed}: {counts.Mutated} mutated messages in {run.Rounds} rounds, {counts.MutatedDecoded} decoded, {counts.MutatedRefused} refused; beside them {counts.Whole} whole ones; {counts.Records} records; {counts.Compared} accepted messages compared with a second reading, {counts.Twice} messages decoded twice; slowest call {counts.SlowestMs:0.0} ms, most allocated in one {counts.MostAllocatedBytes} B; {watch.Elapsed.TotalSeconds:0} s");
        log.WriteLine(figures);
        if (Environment.GetEnvironmentVariable("PENSTOCK_FUZZ_MESSAGES") is not null)
        {
            Console.WriteLine(figures);
        }

        Assert.True(Number("ROUND", 0) > 0 || (counts.MutatedRefused > 0 && counts.MutatedDecoded > 0 && counts.Compared > 0 && counts.Twice > 0), figures);
    }

    /// <summary>A chain that is refused becomes none, so a mistake in an option would leave its transform out without a word.</summary>
    [Fact]
    public void Every_transform_is_among_the_formats()
    {
        var formats = new FuzzFormats(new Random(OrdinarySeed), AllTypes.Stream());
        for (int i = 0; i < 2000; i++)
        {
            formats.Next();
        }

        Assert.Equal(["changes", "content", "decode", "filter", "outbox", "partition", "router", "timezone", "unwrap"], formats.Accepted);
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable($"PENSTOCK_FUZZ_{name}"), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
