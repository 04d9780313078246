using Confluent.Kafka;
using Penstock.Kafka.Connection;

namespace Penstock.Kafka.Native;

/// <summary>A client's options as librdkafka takes them.</summary>
internal static unsafe class NativeConfiguration
{
    private const int ErrorTextBytes = 512;

    /// <summary>A configuration, which becomes its client's, or else is to be destroyed.</summary>
    /// <exception cref="InvalidOperationException">librdkafka refuses an option, in its own words unless the option is a secret.</exception>
    internal static nint Of(ClientConfig config)
    {
        byte* errorText = stackalloc byte[ErrorTextBytes];
        nint conf = NativeKafka.ConfNew();
        foreach ((string name, string value) in config)
        {
            if (NativeKafka.ConfSet(conf, name, value, errorText, ErrorTextBytes) != NativeKafka.ConfOk)
            {
                NativeKafka.ConfDestroy(conf);
                throw new InvalidOperationException($"librdkafka refuses the option {name}{(KafkaOptions.Secrets.Contains(name) ? "" : $": {NativeKafka.Text(errorText)}")}");
            }
        }

        return conf;
    }
}
