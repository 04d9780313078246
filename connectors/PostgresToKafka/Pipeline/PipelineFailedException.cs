namespace Penstock.PostgresToKafka.Pipeline;

/// <summary>A run ended with an error; the inner exception is the first one, which the supervisor judges.</summary>
internal sealed class PipelineFailedException(Exception inner) : Exception(inner.Message, inner);
