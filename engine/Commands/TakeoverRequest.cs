namespace Penstock.Engine.Commands;

/// <param name="Connector">Which connector's offset; null for the only one with the pipeline's topic prefix.</param>
/// <param name="OffsetTopic">Kafka Connect's topic of offsets.</param>
/// <param name="OffsetFile">The file of a standalone worker or an engine, instead of the topic; null for the topic.</param>
/// <param name="Confirmed">The pipeline's name, typed again; null to look only.</param>
public sealed record TakeoverRequest(string? Connector, string OffsetTopic, string? OffsetFile, string? Confirmed);
