namespace Penstock.Debezium.Transforms;

/// <summary>A row that a transform cannot handle, such as one without the column that the transform reads. The decoder adds LSN and table; no value is in the message.</summary>
public sealed class TransformException(string message) : Exception(message);
