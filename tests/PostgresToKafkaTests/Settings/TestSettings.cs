using Microsoft.Extensions.Configuration;
using Penstock.Engine.Configuration;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafkaTests.Settings;

/// <summary>Reads settings from an environment that says where database and brokers are, and what a test adds.</summary>
internal static class TestSettings
{
    public static PipelineOptions Read(params (string Name, string Value)[] environment) => PipelineOptions.Read(
        new ConfigurationBuilder()
            .AddInMemoryCollection(environment
                .Concat([("DATABASE_URL", "postgres://u:p@h:5432/shop"), ("KAFKA_URL", "kafka://k:9092")])
                .DistinctBy(static pair => pair.Item1)
                .Select(static pair => KeyValuePair.Create(pair.Item1, (string?)pair.Item2)))
            .Build());

    public static string Refused(params (string Name, string Value)[] environment) => Assert.Throws<SettingsException>(() => Read(environment)).Message;
}
