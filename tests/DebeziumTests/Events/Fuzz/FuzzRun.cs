using Penstock.DebeziumTests.Golden;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>Rounds, one after the other and on several threads, until enough messages were broken.</summary>
internal sealed class FuzzRun(int seed, long messages, int threads, int firstRound)
{
    private readonly string[] _folders = [.. GoldenCorpus.Cases];
    private int _round = firstRound - 1;
    private long _mutated;

    public FuzzCounts Counts { get; } = new();

    /// <summary>Rounds begun.</summary>
    public int Rounds => _round - firstRound + 1;

    /// <exception cref="InvalidOperationException">What a round has found; says how to run that round alone.</exception>
    public void Run()
    {
        Exception? failure = null;
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            try
            {
                Work();
            }
            catch (Exception error)
            {
                failure = error;
                Interlocked.Exchange(ref _mutated, messages);
            }
        })).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        if (failure is not null)
        {
            throw failure;
        }
    }

    private void Work()
    {
        var counts = new FuzzCounts();
        var streams = new Dictionary<int, FuzzStream?>();
        var pools = (new FuzzPools(), new FuzzPools());
        using var watch = new FuzzWatch();
        while (Interlocked.Read(ref _mutated) < messages)
        {
            int round = Interlocked.Increment(ref _round);
            watch.Place = $"PENSTOCK_FUZZ_SEED={seed} PENSTOCK_FUZZ_ROUND={round}";
            long before = counts.Mutated;
            var random = new Random(unchecked((seed * 1_000_003) + round));
            var stream = Choose(random, streams);
            try
            {
                new FuzzRound(random, stream, pools, counts, watch).Run();
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"{watch.Place}: {(error is FuzzException ? error.Message : error)}");
            }

            Interlocked.Add(ref _mutated, counts.Mutated - before);
        }

        lock (Counts)
        {
            Counts.Add(counts);
        }
    }

    // Every eighth round takes the stream that has everything, the others one of the corpus. Each thread reads for itself: a case's catalogue has a state.
    private FuzzStream Choose(Random random, Dictionary<int, FuzzStream?> streams)
    {
        int number = random.Next(8) == 0 ? -1 : random.Next(_folders.Length);
        if (!streams.TryGetValue(number, out var stream))
        {
            stream = number < 0 ? AllTypes.Stream() : FuzzStream.OfCase(_folders[number]);
            streams.Add(number, stream);
        }

        return stream ?? Choose(random, streams);
    }
}
