using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>Every type whose JSON is its text as a string: text, json, uuid, inet, ranges, enums, ...</summary>
/// <param name="semanticName">Name of the schema (version 1), null for none.</param>
/// <param name="placeholder">Where the placeholder text comes from.</param>
/// <param name="parameters">Parameters of the schema.</param>
internal sealed class TextEncoder(string? semanticName, Placeholder placeholder, params KeyValuePair<string, string>[] parameters) : WireEncoder(
    new SchemaNode { Type = "string", Name = semanticName, Version = semanticName is null ? null : 1, Parameters = parameters },
    [.. "\"\""u8],
    placeholder.Text)
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output) => JsonText.WriteString(text, output);
}
