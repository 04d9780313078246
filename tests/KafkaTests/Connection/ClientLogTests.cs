using Confluent.Kafka;
using Penstock.Kafka.Connection;

namespace Penstock.KafkaTests.Connection;

public sealed class ClientLogTests
{
    private const int NeverMs = int.MaxValue;

    [Fact]
    public void A_broker_that_stays_away_is_said_once_while_records_of_others_come()
    {
        var lines = new RecordedLog();
        var log = new ClientLog(lines);
        for (int attempt = 1; attempt <= 5; attempt++)
        {
            log.Error(new Error(ErrorCode.Local_Transport, $"127.0.0.1:9093/2: Connect to 127.0.0.1:9093 failed: Connection refused (after {attempt}ms in state CONNECT)"));
            log.Recovered(NeverMs);
        }

        Assert.Single(lines.Lines);
        log.Recovered();
        Assert.Equal(2, lines.Lines.Count);
        Assert.Contains("Kafka answers again", lines.Lines[1], StringComparison.Ordinal);
        log.Error(new Error(ErrorCode.Local_Transport, "127.0.0.1:9093/2: Connect to 127.0.0.1:9093 failed: Connection refused (after 0ms in state CONNECT)"));
        Assert.Equal(3, lines.Lines.Count);
    }
}
