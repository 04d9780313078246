using System.Text;

namespace Penstock.PostgresToKafka.Verify;

/// <summary>A key that differs.</summary>
/// <param name="Key">As the topic has it.</param>
/// <param name="IsInSource">The source has a row.</param>
/// <param name="IsInTopic">The topic has one.</param>
internal sealed record DifferingKey(string Key, bool IsInSource, bool IsInTopic);

/// <param name="Rows">Rows of the source.</param>
/// <param name="Differing">Keys that differ and rest.</param>
/// <param name="NotJudged">Keys that changed all the time.</param>
/// <param name="NotSent">Rows of which the topic does not tell all values, compared by the others or not at all.</param>
/// <param name="IsComplete">False if more keys looked different than can be looked at again.</param>
internal sealed record TopicResult(long Rows, IReadOnlyList<DifferingKey> Differing, int NotJudged, long NotSent, bool IsComplete);

/// <summary>
/// Compares a table with what its topic folds to, in bounded memory: keys in parts by their hash, each part a pass over topic and table. What differs is looked at again, each time the table first and then the topic up to
/// what the pipeline has delivered of that moment at least; only what differs twice, while neither side changed, is a difference.
/// </summary>
/// <param name="rows">The table; gives the position of the log.</param>
/// <param name="open">Opens the topic at its beginning.</param>
/// <param name="delivered">Waits until the pipeline has delivered up to a position.</param>
/// <param name="placeholders">What stands for values that were not sent.</param>
/// <param name="say">Gets what is going on.</param>
internal sealed class TopicComparison(EncodedRows rows, Func<TopicFold> open, Action<ulong> delivered, Placeholders placeholders, Action<string> say)
{
    /// <summary>Keys of a pass: 44 bytes each (two hashes of 16, and what the dictionary needs) are 88 MB, taken at once because growing would hold the old one beside the new. With what a pipeline of its own takes (docs/operations.md, Memory) a container of 512 MB is enough.</summary>
    private const int MostKeys = 2_000_000;

    /// <summary>Keys that are looked at again, with their rows.</summary>
    private const int MostCandidates = 10_000;

    /// <summary>Bytes of rows that are held for that, of both sides: what is beyond is compared by its hash.</summary>
    private const long MostRowBytes = 32 << 20;

    private const int MostLooks = 4;

    private readonly Dictionary<UInt128, Candidate> _candidates = [];
    private long _rows;
    private long _notSent;
    private bool _isComplete = true;

    public TopicResult Run(CancellationToken stop)
    {
        int passes = 1;
        for (int pass = 0; pass < passes; pass++)
        {
            var folded = Fold(pass, passes, stop);
            if (folded is null)
            {
                passes *= 2;
                say($"more than {MostKeys} keys: they are compared in {passes} parts, each of which reads topic and table");
                (pass, _rows, _notSent, _isComplete) = (-1, 0, 0, true);
                _candidates.Clear();
                continue;
            }

            Match(folded, pass, passes, stop);
        }

        if (_candidates.Count > 0)
        {
            say($"{_candidates.Count}{(_isComplete ? "" : " or more")} keys differ at the first look, which may be the pipeline's lag: they are looked at again");
        }

        int notJudged = LookAgain(stop);
        return new TopicResult(_rows, [.. _candidates.Values.Select(found => new DifferingKey(found.Key, found.Source is not null, found.Topic is not null)).OrderBy(found => found.Key, StringComparer.Ordinal)], notJudged, _notSent, _isComplete);
    }

    /// <summary>Null if there are more keys than are held.</summary>
    private Dictionary<UInt128, UInt128>? Fold(int pass, int passes, CancellationToken stop)
    {
        using var topic = open();
        var folded = new Dictionary<UInt128, UInt128>((int)Math.Min(MostKeys, topic.Records) + 1);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            topic.ReadToEnd((key, row) => Fold(folded, RowImage.Hash(key), row, pass, passes, over), over.Token);
            return folded;
        }
        catch (OperationCanceledException) when (folded.Count > MostKeys && !stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private void Fold(Dictionary<UInt128, UInt128> folded, UInt128 key, ReadOnlySpan<byte> row, int pass, int passes, CancellationTokenSource over)
    {
        if ((int)(key % (uint)passes) != pass)
        {
            return;
        }

        if (row.IsEmpty)
        {
            folded.Remove(key);
            return;
        }

        // Zero stands for a row that cannot be compared as a whole.
        folded[key] = placeholders.AreIn(row) ? UInt128.Zero : RowImage.Hash(row);
        if (folded.Count > MostKeys)
        {
            over.Cancel();
        }
    }

    private void Match(Dictionary<UInt128, UInt128> folded, int pass, int passes, CancellationToken stop)
    {
        rows.Read(
            (key, value) =>
            {
                _rows += pass == 0 ? 1 : 0;
                var hash = RowImage.Hash(RowImage.Payload(key));
                if ((int)(hash % (uint)passes) != pass)
                {
                    return;
                }

                bool isThere = folded.Remove(hash, out var sent);
                if (isThere && sent == UInt128.Zero)
                {
                    _notSent++;
                }
                else if (!isThere || !RowImage.TryAfter(value, out var row, out _) || RowImage.Hash(row) != sent)
                {
                    Add(hash);
                }
            },
            stop);
        foreach (var hash in folded.Keys)
        {
            Add(hash);
        }
    }

    private void Add(UInt128 hash)
    {
        if (_candidates.Count < MostCandidates)
        {
            _candidates.TryAdd(hash, new Candidate());
        }
        else
        {
            _isComplete &= _candidates.ContainsKey(hash);
        }
    }

    private int LookAgain(CancellationToken stop)
    {
        if (_candidates.Count == 0)
        {
            return 0;
        }

        using var topic = open();
        long held = 0;
        for (int look = 0; look < MostLooks && _candidates.Values.Any(candidate => !candidate.IsFirm); look++)
        {
            foreach (var candidate in _candidates.Values)
            {
                candidate.Begin();
                held -= candidate.Forget();
            }

            ulong at = rows.Read(
                (key, value) =>
                {
                    if (_candidates.TryGetValue(RowImage.Hash(RowImage.Payload(key)), out var candidate) && RowImage.TryAfter(value, out var row, out _))
                    {
                        candidate.Key = Encoding.UTF8.GetString(RowImage.Payload(key));
                        candidate.Source = Image(row, candidate.Source, ref held);
                    }
                },
                stop);
            delivered(at);
            topic.ReadToEnd(
                (key, row) =>
                {
                    if (_candidates.TryGetValue(RowImage.Hash(key), out var candidate))
                    {
                        candidate.Key = Encoding.UTF8.GetString(key);
                        candidate.Topic = row.IsEmpty ? null : Image(row, candidate.Topic, ref held);
                    }
                },
                stop);
            foreach (var (hash, candidate) in _candidates.ToArray())
            {
                if (candidate.IsSame(placeholders))
                {
                    _candidates.Remove(hash);
                }
                else
                {
                    candidate.End();
                }
            }
        }

        UInt128[] restless = [.. _candidates.Where(candidate => !candidate.Value.IsFirm).Select(candidate => candidate.Key)];
        foreach (var hash in restless)
        {
            _candidates.Remove(hash);
        }

        return restless.Length;
    }

    private static HeldRow Image(ReadOnlySpan<byte> row, HeldRow? former, ref long held)
    {
        held -= former?.Json?.Length ?? 0;
        bool hasRoom = held + row.Length <= MostRowBytes;
        held += hasRoom ? row.Length : 0;
        return new HeldRow(RowImage.Hash(row), hasRoom ? row.ToArray() : null);
    }

    /// <param name="Hash">Of the row.</param>
    /// <param name="Json">The row; null where there was no room for it.</param>
    private sealed record HeldRow(UInt128 Hash, byte[]? Json);

    private sealed class Candidate
    {
        private UInt128? _formerSource;
        private UInt128? _formerTopic;
        private bool _wasSeen;

        public string Key { get; set; } = "";

        public HeldRow? Source { get; set; }

        /// <summary>Goes on from look to look, as the topic does.</summary>
        public HeldRow? Topic { get; set; }

        /// <summary>Differs as it did at the look before, both sides unchanged.</summary>
        public bool IsFirm { get; private set; }

        public void Begin() => (_formerSource, _formerTopic) = (Source?.Hash, Topic?.Hash);

        /// <summary>The source is read anew.</summary>
        /// <returns>Bytes of rows that are held no longer.</returns>
        public int Forget()
        {
            int bytes = Source?.Json?.Length ?? 0;
            Source = null;
            return bytes;
        }

        public bool IsSame(Placeholders placeholders) => Source?.Hash == Topic?.Hash || (Source?.Json is { } source && Topic?.Json is { } topic && RowImage.IsSame(source, topic, placeholders));

        public void End()
        {
            IsFirm = _wasSeen && _formerSource == Source?.Hash && _formerTopic == Topic?.Hash;
            _wasSeen = true;
        }
    }
}
