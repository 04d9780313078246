using Microsoft.Extensions.Configuration;
using Penstock.Engine.Commands;
using Penstock.Engine.Operations;
using Penstock.Inspection.Tail;
using Penstock.Kafka.Native;
using Penstock.PostgresToKafka.Commands;
using Penstock.PostgresToKafka.Pipeline;
using Penstock.PostgresToKafka.Settings;
using Penstock.PostgresToKafka.Verify;

if (args is ["run", ..])
{
    NativeHeap.KeepSmall();
}

Failpoint.Reach("program.start");
return await new CommandLine<PipelineOptions>(
    PostgresToKafkaProgram.Description,
    PipelineOptions.Read,
    new EntryPoints<PipelineOptions>
    {
        RunAsync = (options, logs, health, firstSignal) => new Supervisor(options, logs, health).RunAsync(firstSignal),
        CheckAsync = (options, logs, found, stop) => new PipelineCheck(options, logs, found).RunAsync(stop),
        PauseAsync = (options, word, output, error, stop) => new PauseControl(options, output, error).RunAsync(word, stop),
        StatusAsync = (options, logs, output, asJson, stop) => new PipelineStatus(options, logs, output, asJson).RunAsync(stop),
        WatchAsync = (options, logs, output, stop) => new PipelineStatus(options, logs, output, asJson: false).WatchAsync(stop),
        Snapshot = (options, request, output, error) => new SnapshotControl(options, output, error).Run(request),
        Skip = (options, position, output, error) => new SkipControl(options, output, error).Run(position),
        VerifyAsync = (options, request, logs, output, error, stop) => request.IsAgainstTable
            ? new TableVerification(options, request, output, error).RunAsync(stop)
            : new TopicVerification(options, request, logs, output, error).RunAsync(stop),
        TailAsync = (options, request, logs, output, error, stop) => Task.Run(() =>
        {
            var problems = new List<string>();
            using var kafka = OptionMapping.Kafka(options, problems);
            return new TopicTail("postgres-to-kafka", request, options.Events.Values.UnavailableValuePlaceholder, logs, output, error).Run(kafka, problems, stop);
        }),
        Plan = (options, request, output, error) => new PipelinePlan(options, output, error).Run(request),
        Destroy = (options, confirmed, output, error) => new PipelineRemoval(options, output, error).Run(confirmed),
        Takeover = (options, request, output, error, stop) => new PipelineTakeover(options, output, error).Run(request, stop),
        LibrdkafkaVersion = () => KafkaLibrary.TryLoad(out string problem) ? $"{KafkaLibrary.Version} ({KafkaLibrary.Path})" : problem,
    },
    new ConfigurationBuilder().AddEnvironmentVariables().Build(),
    Console.Out,
    Console.Error).InvokeAsync(args).ConfigureAwait(false);
