using System.Text;
using System.Text.Json;
using Penstock.Engine.Commands;

namespace Penstock.Inspection.Tail;

/// <summary>Which events are shown.</summary>
internal sealed class EventFilter(TailRequest request)
{
    private readonly (string Column, string Value)? _column =
        request.Key?.IndexOf('=', StringComparison.Ordinal) is > 0 and { } equals ? (request.Key[..equals], request.Key[(equals + 1)..]) : null;

    public bool Passes(TailedEvent of) => HasOperation(of) && HasTable(of) && HasKey(of);

    private bool HasOperation(TailedEvent of) => request.Operations.Length == 0 || request.Operations.Contains(of.Operation, StringComparison.Ordinal);

    private bool HasTable(TailedEvent of)
    {
        if (request.Table is not { } wanted)
        {
            return true;
        }

        // Tombstones and flattened rows do not say of which table they are: the topic does.
        string table = of.Table.Length > 0 ? of.Table : of.Topic;
        return table == wanted || table.EndsWith('.' + wanted, StringComparison.Ordinal);
    }

    private bool HasKey(TailedEvent of)
    {
        if (request.Key is not { } wanted)
        {
            return true;
        }

        if (of.RawKey is null)
        {
            return false;
        }

        return of.Key.ValueKind == JsonValueKind.Object
            ? of.Key.EnumerateObject().Any(member => Is(member.Value, wanted) || (_column is { } pair && member.NameEquals(pair.Column) && Is(member.Value, pair.Value))) || of.Key.GetRawText() == wanted
            : (of.Key.ValueKind != JsonValueKind.Undefined && Is(of.Key, wanted)) || Encoding.UTF8.GetString(of.RawKey) == wanted;
    }

    private static bool Is(JsonElement value, string wanted) => value.ValueKind == JsonValueKind.String ? value.ValueEquals(wanted) : value.GetRawText() == wanted;
}
