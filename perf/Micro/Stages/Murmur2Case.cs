using System.Text;
using Penstock.Kafka.Partitioning;
using Penstock.Micro.Cases;

namespace Penstock.Micro.Stages;

/// <summary>The hash of one key of a thousand, each of 14 bytes, as a table with a bigint key has them.</summary>
internal sealed class Murmur2Case : MicroCase
{
    public const int Keys = 1000;

    private readonly byte[] _bytes;
    private readonly int _keyBytes;

    public Murmur2Case()
    {
        _bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(1_000_000, Keys).Select(id => $"{{\"id\":{id}}}")));
        _keyBytes = _bytes.Length / Keys;
    }

    public override string Name => "murmur2";

    public override int Operations => Keys;

    public override string Unit => "record";

    public override long Run()
    {
        long sum = 0;
        for (int at = 0; at < _bytes.Length; at += _keyBytes)
        {
            sum += Murmur2.Partition(_bytes.AsSpan(at, _keyBytes), 12);
        }

        return sum;
    }
}
