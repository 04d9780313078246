using System.Buffers.Text;
using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading;

/// <summary>Where the parts of an event are in its bytes.</summary>
internal ref struct EventView
{
    public ReadOnlySpan<byte> Json;

    /// <summary>Kind None where the event has no schema.</summary>
    public JsonValue Schema;

    /// <summary>An envelope; else <see cref="After"/> is a flat row.</summary>
    public bool IsEnvelope;

    /// <summary>c, r, u, d, t, m; 0 for a flat row.</summary>
    public byte Operation;
    public JsonValue Before;
    public JsonValue After;
    public JsonValue SourceSchema;
    public JsonValue SourceTable;

    /// <summary>The event's place in its transaction; kind Object only with <c>provide.transaction.metadata</c>.</summary>
    public JsonValue Transaction;

    /// <summary>The source tells a position.</summary>
    public bool HasPosition;
    public SourcePosition Position;

    /// <summary>The row was read by a snapshot before the stream, with the position of the whole of it.</summary>
    public bool IsSnapshot;

    /// <summary>The row was read by a snapshot of any kind: it is of no transaction.</summary>
    public bool IsOfSnapshot;

    /// <summary>A flat row says of itself that it was deleted (<c>__deleted</c>).</summary>
    public bool IsDeleted;

    /// <summary>Looks through an event.</summary>
    /// <exception cref="MalformedEventException">It is none.</exception>
    public static EventView Of(ReadOnlySpan<byte> json)
    {
        var view = new EventView { Json = json };
        var whole = JsonScanner.Whole(json);
        if (whole.Kind != JsonKind.Object)
        {
            throw new MalformedEventException("the record's value is no JSON object");
        }

        view.Read(whole, depth: 0);
        return view;
    }

    private void Read(in JsonValue container, int depth)
    {
        JsonValue source = default, operation = default, payload = default, schema = default, data = default, transaction = default;
        bool isCloudEvent = false;
        int count = 0;
        var members = new JsonScanner(Json, container);
        while (members.TryNext(out var name, out var value))
        {
            count++;
            var text = name.In(Json);
            switch (text.Length)
            {
                case 2 when text.SequenceEqual("op"u8):
                    operation = value;
                    break;
                case 4 when text.SequenceEqual("data"u8):
                    data = value;
                    break;
                case 5 when text.SequenceEqual("after"u8):
                    After = value;
                    break;
                case 6 when text.SequenceEqual("before"u8):
                    Before = value;
                    break;
                case 6 when text.SequenceEqual("source"u8):
                    source = value;
                    break;
                case 6 when text.SequenceEqual("schema"u8):
                    schema = value;
                    break;
                case 7 when text.SequenceEqual("payload"u8):
                    payload = value;
                    break;
                case 9 when text.SequenceEqual("__deleted"u8):
                    IsDeleted = value.Kind == JsonKind.True || (value.Kind == JsonKind.Text && value.In(Json).SequenceEqual("true"u8));
                    break;
                case 11 when text.SequenceEqual("transaction"u8):
                    transaction = value;
                    break;
                case 11 when text.SequenceEqual("specversion"u8):
                    isCloudEvent = true;
                    break;
            }
        }

        if (depth < 2 && count == 2 && payload.Kind == JsonKind.Object && schema.Kind is JsonKind.Object or JsonKind.Null)
        {
            Schema = schema.Kind == JsonKind.Object ? schema : default;
            Read(payload, depth + 1);
        }
        else if (depth < 2 && isCloudEvent && data.Kind == JsonKind.Object)
        {
            Read(data, depth + 1);
        }
        else if (operation.Kind == JsonKind.Text && operation.Length == 1 && (source.Kind == JsonKind.Object || After.Kind != JsonKind.None || Before.Kind != JsonKind.None))
        {
            IsEnvelope = true;
            Operation = Json[operation.Start];
            Transaction = transaction;
            if (source.Kind == JsonKind.Object)
            {
                ReadSource(source);
            }
        }
        else
        {
            After = container;
            Before = default;
        }
    }

    private void ReadSource(in JsonValue source)
    {
        long lsn = 0;
        long timeMs = 0;
        long commit = 0;
        var members = new JsonScanner(Json, source);
        while (members.TryNext(out var name, out var value))
        {
            var text = name.In(Json);
            if (text.SequenceEqual("lsn"u8))
            {
                HasPosition = Utf8Parser.TryParse(value.In(Json), out lsn, out _);
            }
            else if (text.SequenceEqual("ts_ms"u8))
            {
                _ = Utf8Parser.TryParse(value.In(Json), out timeMs, out _);
            }
            else if (text.SequenceEqual("sequence"u8) && value.Kind == JsonKind.Text)
            {
                commit = FirstNumber(value.In(Json));
            }
            else if (text.SequenceEqual("snapshot"u8))
            {
                // Rows of an incremental snapshot stand in the stream where they belong.
                IsOfSnapshot = value.Kind == JsonKind.True || (value.Kind == JsonKind.Text && !value.In(Json).SequenceEqual("false"u8));
                IsSnapshot = IsOfSnapshot && !(value.Kind == JsonKind.Text && value.In(Json).SequenceEqual("incremental"u8));
            }
            else if (text.SequenceEqual("schema"u8))
            {
                SourceSchema = value;
            }
            else if (text.SequenceEqual("table"u8))
            {
                SourceTable = value;
            }
        }

        Position = new SourcePosition(commit, lsn, timeMs);
    }

    /// <summary>The last commit in <c>[\"123\",\"456\"]</c>, or 0 for null.</summary>
    private static long FirstNumber(ReadOnlySpan<byte> sequence)
    {
        int comma = sequence.IndexOf((byte)',');
        var first = comma < 0 ? sequence : sequence[..comma];
        int digit = first.IndexOfAnyInRange((byte)'0', (byte)'9');
        return digit >= 0 && Utf8Parser.TryParse(first[digit..], out long number, out _) ? number : 0;
    }
}
