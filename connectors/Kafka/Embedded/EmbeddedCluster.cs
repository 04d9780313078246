using System.Runtime.InteropServices;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Embedded;

/// <summary>
/// The mock cluster that librdkafka carries, in this process, on a loopback port: <c>KAFKA_URL=embedded:</c>. For trying things out and for tests.
/// </summary>
/// <remarks>
/// It speaks enough of the protocol for producers, consumers and consumer groups of other processes. It keeps nothing on disk and of each partition only
/// the last 5 MB or 100,000 records (<c>rdkafka_mock.c</c>), so a consumer that starts late does not see everything. Topics come into being on first use
/// (4 partitions) or with <see cref="AddTopic"/>.
/// </remarks>
public sealed unsafe class EmbeddedCluster : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _topics = new(StringComparer.Ordinal);
    private nint _client;
    private nint _cluster;

    private EmbeddedCluster(nint client, nint cluster, int partitions, int brokers)
    {
        _client = client;
        _cluster = cluster;
        Partitions = partitions;
        Brokers = brokers;
        BootstrapServers = Marshal.PtrToStringUTF8(NativeKafka.MockClusterBootstraps(cluster)) ?? "";
    }

    /// <summary><c>host:port</c> of the brokers, comma separated, for this process and any other on the machine.</summary>
    public string BootstrapServers { get; }

    /// <summary>Partitions of topics made by <see cref="AddTopic"/>.</summary>
    public int Partitions { get; }

    public int Brokers { get; }

    /// <summary>Starts it.</summary>
    /// <exception cref="InvalidOperationException">librdkafka refused, with its own text (no socket, for example).</exception>
    public static EmbeddedCluster Start(int partitions = 3, int brokers = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(brokers, 1);
        const int errorTextBytes = 512;
        byte* errorText = stackalloc byte[errorTextBytes];
        nint conf = NativeKafka.ConfNew();
        // The client only carries the cluster; without bootstrap servers it would log that it has none.
        NativeKafka.ConfSetLogCallback(conf, null);
        nint client = NativeKafka.New(NativeKafka.Producer, conf, errorText, errorTextBytes);
        if (client == 0)
        {
            NativeKafka.ConfDestroy(conf);
            throw new InvalidOperationException($"the embedded Kafka did not start: {NativeKafka.Text(errorText)}");
        }

        nint cluster = NativeKafka.MockClusterNew(client, brokers);
        if (cluster == 0)
        {
            NativeKafka.Destroy(client);
            throw new InvalidOperationException("the embedded Kafka did not start: no loopback port could be opened");
        }

        return new EmbeddedCluster(client, cluster, partitions, brokers);
    }

    /// <summary>Makes a topic with <see cref="Partitions"/> partitions; nothing happens if it is known already.</summary>
    public void AddTopic(string topic)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_cluster == 0, this);
            if (_topics.Add(topic))
            {
                // An error means that a client's first use was quicker (then it has the mock's own partition count): nothing to do.
                _ = NativeKafka.MockTopicCreate(_cluster, topic, Partitions, Math.Min(3, Brokers));
            }
        }
    }

    /// <summary>The next requests of this kind (Kafka's API key) are answered with these error codes: for tests.</summary>
    internal void FailRequests(short apiKey, params ReadOnlySpan<int> errors)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_cluster == 0, this);
            fixed (int* codes = errors)
            {
                NativeKafka.MockPushRequestErrors(_cluster, apiKey, (nuint)errors.Length, codes);
            }
        }
    }

    /// <summary>Takes a broker (from 1) off the network or brings it back: for tests.</summary>
    internal void SetBrokerUp(int broker, bool up)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_cluster == 0, this);
            _ = up ? NativeKafka.MockBrokerSetUp(_cluster, broker) : NativeKafka.MockBrokerSetDown(_cluster, broker);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_cluster != 0)
            {
                NativeKafka.MockClusterDestroy(_cluster);
                NativeKafka.Destroy(_client);
                _cluster = _client = 0;
            }
        }
    }
}
