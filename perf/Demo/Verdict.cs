using System.Globalization;
using Penstock.Servers;

namespace Penstock.Demo;

/// <summary>What the demo says at its end.</summary>
internal sealed class Verdict(Comparison comparison, TopicFold fold, PipelineProcess pipeline, int pipelineExitCode)
{
    private bool Good => comparison is { Missing: 0, Invented: 0, Different: 0 } && fold.OutOfOrder == 0 && pipelineExitCode == 0;

    /// <summary>Tells it; the exit code.</summary>
    public int Tell(IScreen screen)
    {
        screen.Foot("");
        string operations = string.Join(", ", fold.Operations.OrderBy(o => o.Key).Select(o => string.Create(CultureInfo.InvariantCulture, $"{o.Value} {o.Key}")));
        screen.Say(string.Create(CultureInfo.InvariantCulture, $"demo: {operations}; {fold.Repeated} repeated; postgres-to-kafka took {pipeline.CpuTime.TotalSeconds:0.0} s of CPU and {pipeline.PeakMemoryBytes / 1_048_576} MB, and ended with {pipelineExitCode}"));
        foreach (string difference in comparison.Differences)
        {
            screen.Say($"demo: {difference}");
        }
        if (comparison.Invented > 0)
        {
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"demo: {comparison.Invented} events without a committed change"));
        }
        if (pipelineExitCode != 0)
        {
            screen.Say($"demo: the last lines of postgres-to-kafka:\n{pipeline.LastLines()}");
        }
        screen.Say(string.Create(CultureInfo.InvariantCulture, $"demo: {comparison.Rows} rows compared with the topics, {comparison.Different} different"));
        screen.Say(string.Create(CultureInfo.InvariantCulture, $"demo: {comparison.Committed} committed changes, {fold.Events} events, {comparison.Missing} missing, {fold.OutOfOrder} out of order"));
        return Good ? 0 : 1;
    }
}
