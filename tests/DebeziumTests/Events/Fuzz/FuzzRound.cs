using System.Text;
using Penstock.Debezium.Transforms;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>
/// One stream under one format: every message whole, and before it broken versions of it. Everything follows from the round's number and the seed, so that a round that finds
/// something can be run alone.
/// </summary>
internal sealed class FuzzRound
{
    /// <summary>Broken versions of a message before the whole one.</summary>
    private const int Versions = 12;

    /// <summary>Those of a message that announces something: a plan is made for each that is accepted.</summary>
    private const int RelationVersions = 4;

    private const int ComparedOneIn = 4;

    // A plan with its schemas costs some hundred bytes for each byte of a Relation message; a row costs an oversized slab for a long value, the exceptions of a refused one, and once the scratch buffers of keys and transforms.
    private const long PlanAtMostBytes = 512 * 1024;
    private const long PlanPerByte = 1000;
    private const long RowAtMostBytes = 256 * 1024;
    private const long RowPerByte = 64;

    // Records beyond the pool's small slabs, as schemas of wide tables make them, get slabs of their own, each twice as large as the one before it.
    private const long SlabsPerRecordByte = 4;

    // Only a loop without end takes so long, whatever else the machine does.
    private const double AtMostMs = 20_000;

    private readonly Random _random;
    private readonly FuzzStream _stream;
    private readonly FuzzCounts _counts;
    private readonly FuzzDecoder _decoder;
    private readonly FuzzDecoder? _twin;
    private readonly EventJudge _judge;
    private readonly Mutation _mutation;
    private readonly FuzzPending _pending = new();
    private readonly bool _snapshot;
    private readonly bool _many;
    private readonly FuzzWatch _watch;
    private readonly bool _transforms;
    private int _relationBytes;
    private int _together = 1;
    private ulong _lsn = 0x10_0000;
    private int _version = -1;

    /// <param name="random">Where all choices come from.</param>
    /// <param name="stream">What is broken.</param>
    /// <param name="pools">Of the first decoder, and of the second.</param>
    /// <param name="counts">Takes the counts.</param>
    /// <param name="watch">Told when a call begins and that it has come back.</param>
    public FuzzRound(Random random, FuzzStream stream, (FuzzPools First, FuzzPools Second) pools, FuzzCounts counts, FuzzWatch watch)
    {
        _random = random;
        _stream = stream;
        _counts = counts;
        _watch = watch;
        _mutation = new Mutation(random);
        _mutation.Use(stream);
        _snapshot = random.Next(6) == 0;
        _many = random.Next(4) == 0;
        var formats = new FuzzFormats(random, stream);
        var format = formats.Next();
        _transforms = format.Transforms != TransformSet.None || format.CloudEvents is not null;
        stream.At(stream.Messages[0].Version);
        _decoder = new FuzzDecoder(format, stream.Catalog, _snapshot, random.Next(), pools.First);
        _twin = random.Next(8) == 0 ? new FuzzDecoder(format, stream.Catalog, _snapshot, random.Next(), pools.Second) : null;
        _judge = new EventJudge(format, formats.IsPlain, _snapshot);
    }

    /// <exception cref="FuzzException">What went wrong, and the messages it went wrong with.</exception>
    public void Run()
    {
        var messages = _stream.Messages;
        for (int i = 0; i < messages.Length; i++)
        {
            var message = messages[i];
            bool announces = message.Bytes[0] is (byte)'R' or (byte)'Y';
            for (int version = announces ? RelationVersions : Versions; version > 0; version--)
            {
                Ready(message);
                Feed(_mutation.Mutate(message), message.Version, mutated: true);
            }

            if (_random.Next(8) == 0)
            {
                // Out of order, again, or not at all.
                Feed(messages[_random.Next(messages.Length)].Bytes, message.Version, mutated: false);
            }

            Ready(message);
            if (_random.Next(16) != 0)
            {
                Feed(message.Bytes, message.Version, mutated: false);
            }

            if (message.Bytes[0] == (byte)'R' && _random.Next(3) == 0)
            {
                Feed(_mutation.Retype(message), message.Version, mutated: true);
            }
        }

        Flush();
    }

    // A broken Begin or Commit that was accepted would make everything behind it a row in the wrong place.
    private void Ready(FuzzMessage next)
    {
        bool needs = next.Bytes[0] is (byte)'I' or (byte)'U' or (byte)'D' or (byte)'T' or (byte)'C' or (byte)'O' or (byte)'M';
        char missing = _snapshot || (needs == _judge.InTransaction) || (next.Bytes[0] is not (byte)'B' && !needs) ? '\0' : needs ? 'B' : 'C';
        if (missing != '\0' && Array.Find(_stream.Messages, m => m.Bytes[0] == missing) is { } whole)
        {
            Feed(whole.Bytes, next.Version, mutated: false);
        }
    }

    private void Feed(ReadOnlySpan<byte> message, int version, bool mutated)
    {
        if (version != _version)
        {
            Flush();
            _version = version;
            _stream.At(version);
        }

        _lsn += 16;
        _pending.Add(message, _lsn, _snapshot ? (SnapshotMarker)_random.Next(6) : SnapshotMarker.None, mutated);
        if (_pending.Count >= _together)
        {
            Flush();
            _together = _many ? _random.Next(1, 9) : 1;
        }
    }

    private void Flush()
    {
        if (_pending.Count == 0)
        {
            return;
        }

        try
        {
            Decode();
        }
        catch (Exception error) when (error is not FuzzException)
        {
            throw new FuzzException($"{error.GetType().Name}: {error.Message}\n{error.StackTrace}", _stream.Name, _pending);
        }

        _pending.Clear();
    }

    private void Decode()
    {
        _watch.Begin(_pending);
        _decoder.Decode(_pending);
        _watch.End();
        int accepted = Count();
        long bound = AllocatedAtMost();
        string? objection = _decoder.AllocatedBytes > bound ? $"{_decoder.AllocatedBytes} bytes were allocated for {_pending.Bytes.Length}, of which {_decoder.Records.Count} records of {_decoder.Records.Bytes} bytes were made; at most due are {bound}"
            : _decoder.ElapsedMs > AtMostMs ? $"it took {_decoder.ElapsedMs} ms"
            : _decoder.Objection;
        objection ??= TwinObjection() ?? ErrorObjection();
        if (objection is null && _pending.Count == 1 && accepted == 1)
        {
            bool closely = _random.Next(ComparedOneIn) == 0;
            _counts.Compared += closely ? 1 : 0;
            objection = _judge.Objection(_pending.Message(0), _pending[0].Lsn, _decoder.Records, closely);
        }
        else
        {
            for (int i = 0; i < accepted && objection is null; i++)
            {
                byte[] message = _pending.Message(i);
                objection = message[0] is (byte)'R' or (byte)'B' or (byte)'C' ? _judge.Remember(message) : null;
            }
        }

        if (objection is not null)
        {
            throw new FuzzException(objection, _stream.Name, _pending);
        }
    }

    private long AllocatedAtMost()
    {
        int relations = Enumerable.Range(0, _pending.Count).Where(i => _pending.Message(i) is [(byte)'R', ..]).Sum(i => _pending[i].Length);
        _relationBytes = Math.Max(_relationBytes, relations);
        // One more than there are: a row that is refused is written up to the place.
        long slabs = SlabsPerRecordByte * (_decoder.Records.Bytes + (_decoder.Records.Bytes / Math.Max(_decoder.Records.Count, 1)));
        return relations > 0
            ? PlanAtMostBytes + (PlanPerByte * _pending.Bytes.Length) + slabs
            // A transform makes its part of the plan when the first row comes.
            : RowAtMostBytes + (RowPerByte * _pending.Bytes.Length) + slabs + (_transforms ? PlanPerByte * _relationBytes : 0);
    }

    /// <summary>Counts, and says how many messages were accepted.</summary>
    private int Count()
    {
        int accepted = _pending.Count;
        if (_decoder.Error is { } error)
        {
            accepted = 0;
            while (_pending[accepted].Lsn != error.Lsn)
            {
                accepted++;
            }
        }

        for (int i = 0; i < Math.Min(accepted + 1, _pending.Count); i++)
        {
            bool mutated = _pending.IsMutated(i);
            _counts.Mutated += mutated ? 1 : 0;
            _counts.MutatedDecoded += mutated && i < accepted ? 1 : 0;
            _counts.MutatedRefused += mutated && i == accepted ? 1 : 0;
            _counts.Whole += mutated ? 0 : 1;
        }

        _counts.Records += _decoder.Records.Count;
        _counts.SlowestMs = Math.Max(_counts.SlowestMs, _decoder.ElapsedMs);
        _counts.MostAllocatedBytes = Math.Max(_counts.MostAllocatedBytes, _decoder.AllocatedBytes);
        return accepted;
    }

    // Row values never stand in an error (invariant 6). Short ones could be there by chance.
    private string? ErrorObjection()
    {
        const int LongEnough = 8;
        if (_decoder.Error is not { } error || _pending.Count > 1 || _random.Next(ComparedOneIn) != 0 || _pending.Message(0) is not [(byte)'I' or (byte)'U' or (byte)'D', ..] message)
        {
            return null;
        }

        string[] values = [.. (WireMap.Read(message) ?? []).Where(f => f.Part == WirePart.Text && f.Length >= LongEnough).Select(f => Encoding.UTF8.GetString(message, f.Offset, f.Length))];
        return Array.Exists(values, v => error.Message.Contains(v, StringComparison.Ordinal) || error.InnerException?.Message.Contains(v, StringComparison.Ordinal) == true)
            ? "the error tells a value"
            : null;
    }

    private string? TwinObjection()
    {
        if (_twin is null)
        {
            return null;
        }

        _twin.Decode(_pending);
        _counts.Twice += _pending.Count;
        return _twin.Error?.Message != _decoder.Error?.Message ? "other bytes around the message give another error"
            : !_twin.Records.SameAs(_decoder.Records) ? "other bytes around the message give other records"
            : null;
    }
}

/// <summary>A message that did what no message may do.</summary>
internal sealed class FuzzException(string what, string stream, FuzzPending pending)
    : Exception($"{what}\nstream: {stream}\nmessages: {string.Join('\n', Enumerable.Range(0, pending.Count).Select(i => Convert.ToHexStringLower(pending.Message(i))))}");
