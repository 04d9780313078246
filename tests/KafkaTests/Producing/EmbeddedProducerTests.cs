using Confluent.Kafka;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Producing;
using Penstock.Kafka.Topics;

namespace Penstock.KafkaTests.Producing;

/// <summary>Producers against the mock cluster: what a real broker cannot be made to answer on demand.</summary>
public sealed class EmbeddedProducerTests : IDisposable
{
    private const short ProduceRequest = 0;
    private const short InitProducerIdRequest = 22;
    private readonly RecordedLog _log = new();
    private KafkaConnection? _connection;

    [Theory]
    [InlineData(ProducerKind.Native)]
    [InlineData(ProducerKind.Confluent)]
    public void Batches_are_reported_delivered_and_slabs_come_back(ProducerKind kind)
    {
        var source = new BatchSource(slabs: 2);
        using var rig = NewRig(kind, source);
        for (int i = 0; i < 20; i++)
        {
            rig.Produce(source.Next([.. Enumerable.Range(0, 100).Select(n => new TestRecord("t", $"k{n}", $"v{i}.{n}"))]));
        }

        Assert.True(rig.Producer.Flush(TimeSpan.FromSeconds(30)));
        Assert.Equal(Enumerable.Range(1, 20).Select(n => ((long)n, 100)), rig.Delivered.Order());
        Assert.Equal(0, source.Pool.Outstanding);
        Assert.Equal((2000, 2000, 0), (rig.Producer.Statistics.Records, rig.Producer.Statistics.Delivered, rig.Producer.Statistics.BatchesInFlight));
    }

    [Theory]
    [InlineData(ProducerKind.Native)]
    [InlineData(ProducerKind.Confluent)]
    public void Removed_records_count_as_accounted_for_at_once_and_empty_batches_not_at_all(ProducerKind kind)
    {
        var source = new BatchSource();
        using var rig = NewRig(kind, source);
        var removed = source.Next(new TestRecord("t", "a", "1"), new TestRecord("t", "b", "2"));
        foreach (ref var record in removed.Records)
        {
            record.Removed = true;
        }

        rig.Produce(removed);
        rig.Produce(source.Next());
        Assert.Equal([(1L, 2)], rig.Delivered);
        Assert.Equal(0, source.Pool.Outstanding);
    }

    [Theory]
    [InlineData(ProducerKind.Native)]
    [InlineData(ProducerKind.Confluent)]
    public void A_record_that_brokers_refuse_fails_the_producer_and_is_never_counted(ProducerKind kind)
    {
        var source = new BatchSource();
        using var rig = NewRig(kind, source);
        rig.Produce(source.Next(new TestRecord("t", "a", "1")));
        Assert.True(rig.Producer.Flush(TimeSpan.FromSeconds(30)));
        _connection!.Embedded!.FailRequests(ProduceRequest, (int)ErrorCode.TopicAuthorizationFailed);
        rig.Produce(source.Next(new TestRecord("t", "a", "2")));
        var failure = rig.WaitForFailure();
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, failure.Code);
        Assert.False(failure.IsTemporary);
        Assert.Contains("right to write", failure.Text, StringComparison.Ordinal);
        Assert.Equal([(1L, 1)], rig.Delivered);
        Assert.Throws<ProducerFailedException>(() => rig.Produce(source.Next(new TestRecord("t", "a", "3"))));
        Assert.Equal(0, source.Pool.Outstanding);
    }

    [Theory]
    [InlineData(ProducerKind.Native)]
    [InlineData(ProducerKind.Confluent)]
    public void Refused_producer_ids_make_the_next_producer_go_without_one(ProducerKind kind)
    {
        var source = new BatchSource();
        var producers = NewProducers(kind, source);
        _connection!.Embedded!.FailRequests(InitProducerIdRequest, [.. Enumerable.Repeat((int)ErrorCode.ClusterAuthorizationFailed, 50)]);
        using (var rig = new Rig(producers, NewCatalog(source, producers), source))
        {
            // The refusal may come before the record or after it.
            _ = Xunit.Record.Exception(() => rig.Produce(source.Next(new TestRecord("t", "a", "1"))));
            var failure = rig.WaitForFailure();
            Assert.Equal(ErrorCode.ClusterAuthorizationFailed, failure.Code);
            Assert.True(failure.IsTemporary);
            Assert.Empty(rig.Delivered);
            producers.Learn(failure);
        }

        using var next = new Rig(producers, NewCatalog(source, producers), source);
        var batch = source.Next(new TestRecord("t", "a", "1"));
        next.Produce(batch);
        Assert.True(next.Producer.Flush(TimeSpan.FromSeconds(30)));
        Assert.Equal([(batch.Sequence, 1)], next.Delivered);
        Assert.Contains(_log.Lines, l => l.Contains("one request at a time", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ProducerKind.Native)]
    [InlineData(ProducerKind.Confluent)]
    public void No_progress_for_the_delivery_timeout_fails_the_producer_and_stops_its_waits(ProducerKind kind)
    {
        var source = new BatchSource(slabs: 8);
        using var rig = NewRig(kind, source, ("message.timeout.ms", "1500"), ("queue.buffering.max.kbytes", "64"));
        rig.Produce(source.Next(new TestRecord("t", "a", "1")));
        Assert.True(rig.Producer.Flush(TimeSpan.FromSeconds(30)));
        _connection!.Embedded!.SetBrokerUp(1, up: false);
        // The queue takes 64 KB: the second batch waits for room until the time is up.
        string value = new('x', 30_000);
        rig.Produce(source.Next(new TestRecord("t", "a", value)));
        var blocked = Assert.Throws<ProducerFailedException>(() => rig.Produce(source.Next([.. Enumerable.Repeat(new TestRecord("t", "a", value), 5)])));
        Assert.Equal(ErrorCode.Local_MsgTimedOut, blocked.Failure.Code);
        Assert.True(blocked.Failure.IsTemporary);
        Assert.Throws<ProducerFailedException>(() => rig.Producer.Flush(TimeSpan.FromSeconds(1)));
        Assert.Equal([(1L, 1)], rig.Delivered);
        Assert.Equal(0, source.Pool.Outstanding);
    }

    [Theory]
    [InlineData(ProducerKind.Native)]
    [InlineData(ProducerKind.Confluent)]
    public void A_broker_that_is_away_for_a_while_is_said_once_and_costs_nothing(ProducerKind kind)
    {
        var source = new BatchSource(slabs: 64);
        using var rig = NewRig(kind, source);
        rig.Produce(source.Next(new TestRecord("t", "a", "1")));
        Assert.True(rig.Producer.Flush(TimeSpan.FromSeconds(30)));
        _connection!.Embedded!.SetBrokerUp(1, up: false);
        rig.Produce(source.Next(new TestRecord("t", "a", "2")));
        Thread.Sleep(2500);
        _connection!.Embedded!.SetBrokerUp(1, up: true);
        Assert.True(rig.Producer.Flush(TimeSpan.FromSeconds(30)));
        Assert.Equal([(1L, 1), (2L, 1)], rig.Delivered);
        Assert.True(_log.Lines.Count <= 4, string.Join('\n', _log.Lines));
        Assert.Contains(_log.Lines, l => l.Contains("answers again", StringComparison.Ordinal));
    }

    public void Dispose() => _connection?.Dispose();

    private Rig NewRig(ProducerKind kind, BatchSource source, params (string Name, string Value)[] options)
    {
        var producers = NewProducers(kind, source, options);
        return new Rig(producers, NewCatalog(source, producers), source);
    }

    private RecordProducers NewProducers(ProducerKind kind, BatchSource source, params (string Name, string Value)[] options)
    {
        _connection = KafkaConnection.TryParse(new KafkaSettings { Url = "embedded:?partitions=3", Options = options.ToDictionary(o => o.Name, o => o.Value) }, out var problems);
        Assert.Empty(problems);
        _connection!.Open();
        return new RecordProducers(_connection, source.Topics, _log, kind);
    }

    private TopicCatalog NewCatalog(BatchSource source, RecordProducers producers) => new(_connection!, source.Topics, new TopicPolicy(), producers.Log);
}
