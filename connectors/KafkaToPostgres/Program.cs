using Microsoft.Extensions.Configuration;
using Penstock.Engine.Commands;
using Penstock.Engine.Operations;
using Penstock.Inspection.Tail;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Native;
using Penstock.KafkaToPostgres.Commands;
using Penstock.KafkaToPostgres.Pipeline;
using Penstock.KafkaToPostgres.Settings;

if (args is ["run", ..])
{
    NativeHeap.KeepSmall();
}

return await new CommandLine<SinkOptions>(
    KafkaToPostgresProgram.Description,
    SinkOptions.Read,
    new EntryPoints<SinkOptions>
    {
        RunAsync = (options, logs, health, firstSignal) => new SinkSupervisor(options, logs, health).RunAsync(firstSignal),
        CheckAsync = (options, logs, found, stop) => new SinkCheck(options, logs, found).RunAsync(stop),
        ReplayAsync = (options, logs, output, overwrite, stop) => new SinkReplay(options, logs, output, overwrite).RunAsync(stop),
        StatusAsync = (options, logs, output, asJson, stop) => new SinkStatus(options, logs, output, asJson).RunAsync(stop),
        TailAsync = (options, request, logs, output, error, stop) => Task.Run(() =>
        {
            using var kafka = KafkaConnection.TryParse(options.Kafka, out var problems);
            return new TopicTail("kafka-to-postgres", request, options.Decoding.Format.Placeholder, logs, output, error).Run(kafka, problems.Select(problem => problem.ToString()), stop);
        }),
        LibrdkafkaVersion = () => KafkaLibrary.TryLoad(out string problem) ? $"{KafkaLibrary.Version} ({KafkaLibrary.Path})" : problem,
    },
    new ConfigurationBuilder().AddEnvironmentVariables().Build(),
    Console.Out,
    Console.Error).InvokeAsync(args).ConfigureAwait(false);
