using System.Buffers.Binary;
using System.Text;
using Penstock.Debezium.Reading;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Apply;

namespace Penstock.DebeziumTests.Reading;

public class RecordDecoderTests
{
    private const string Created = """{"before":null,"after":{"id":1,"note":"secret"},"source":{"ts_ms":1000,"sequence":"[\"50\",\"60\"]","lsn":60,"schema":"public","table":"t"},"op":"c"}""";

    private readonly PartitionPosition _partition = new() { Topic = "s.public.t", Partition = 0, Epoch = 1, NextOffset = 0, AppliedOffset = 0, Applied = default };
    private readonly ChangeBatch _batch = new() { Slab = new SlabPool("test", 65_536, 1).Rent("test") };
    private bool _withTruncates;
    private bool _hasChanged;
    private RecordDecoder? _decoder;
    private long _offset;

    [Fact]
    public void A_row_that_was_made_is_created() => Assert.Equal("Create id=00000001 note=secret", Decode(Created));

    [Theory]
    [InlineData("{\"schema\":{\"type\":\"struct\",\"fields\":[]},\"payload\":%}")]
    [InlineData("{\"id\":\"x\",\"source\":\"/debezium\",\"specversion\":\"1.0\",\"type\":\"t\",\"data\":%}")]
    [InlineData("{\"specversion\":\"1.0\",\"data\":{\"schema\":{\"fields\":[]},\"payload\":%}}")]
    public void The_event_may_stand_inside_of_a_schema_or_a_cloud_event(string around) =>
        Assert.Equal("Create id=00000001 note=secret", Decode(around.Replace("%", Created, StringComparison.Ordinal)));

    [Fact]
    public void A_flattened_event_is_the_row() => Assert.Equal("Write id=00000001 note=a", Decode("""{"id":1,"note":"a","__op":"u"}"""));

    [Fact]
    public void A_flattened_event_says_of_itself_that_it_is_deleted() => Assert.Equal("Delete id=00000001 note=absent", Decode("""{"id":1,"note":"a","__deleted":"true"}"""));

    [Theory]
    [InlineData("\"__debezium_unavailable_value\"")]
    [InlineData("\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"")]
    public void A_placeholder_leaves_the_column_out(string placeholder)
    {
        Assert.Equal("Write id=00000001 note=absent", Decode(Created.Replace("\"secret\"", placeholder, StringComparison.Ordinal).Replace("\"op\":\"c\"", "\"op\":\"u\"", StringComparison.Ordinal)));
        Assert.True(_batch.Changes[0].IsPartial);
    }

    [Fact]
    public void A_column_that_the_event_does_not_have_is_left_out_and_the_row_is_whole()
    {
        Assert.Equal("Create id=00000001 note=absent", Decode(Created.Replace(",\"note\":\"secret\"", "", StringComparison.Ordinal)));
        Assert.False(_batch.Changes[0].IsPartial);
    }

    [Fact]
    public void An_older_event_is_passed_by()
    {
        Decode(Created);
        Assert.Equal("None", Decode(Created.Replace("60", "55", StringComparison.Ordinal)));
        Assert.Equal("Create id=00000001 note=secret", Decode(Created.Replace("60", "61", StringComparison.Ordinal)));
        Assert.Equal(1, _decoder!.Duplicates);
    }

    [Fact]
    public void A_source_that_was_set_up_anew_is_not_held_back()
    {
        Decode(Created);
        Assert.Equal("Create id=00000001 note=secret", Decode(Created.Replace("60", "5", StringComparison.Ordinal).Replace("50", "4", StringComparison.Ordinal).Replace("1000", "2000", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_tombstone_deletes_only_where_events_carry_no_position()
    {
        Assert.Equal("Delete id=00000001 note=absent", Decode(null));
        Decode(Created);
        Assert.Equal("None", Decode(null));
    }

    [Theory]
    [InlineData(true, "Truncate")]
    [InlineData(false, "None")]
    public void A_truncate_is_taken_where_it_is_asked_for(bool withTruncates, string expected)
    {
        _withTruncates = withTruncates;
        Assert.Equal(expected, Decode("""{"source":{"ts_ms":1,"lsn":7},"op":"t"}"""));
    }

    [Theory]
    [InlineData("{\"id\":1,\"note\":\"secret\",\"extra\":\"secret\"}", "has no column \"extra\"")]
    [InlineData("{\"id\":\"secret\",\"note\":\"a\"}", "column \"id\"")]
    [InlineData("{\"id\":99999999999,\"note\":\"secret\"}", "out of its column")]
    [InlineData("{\"note\":\"secret\"}", "no value for key column \"id\"")]
    [InlineData("secret", "not the JSON")]
    [InlineData("{\"note\":\"secret", "not the JSON")]
    public void What_cannot_be_read_is_told_without_its_values(string value, string expected)
    {
        Assert.Equal("Unreadable", Decode(value));
        Assert.Contains(expected, _batch.ReasonOf(0), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", _batch.ReasonOf(0), StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_does_not_fit_a_table_that_was_altered_is_read_again()
    {
        _hasChanged = true;
        Assert.Contains("public.t was altered", Assert.Throws<TableChangedException>(() => Decode("""{"id":1,"note":"a","extra":1}""")).Message, StringComparison.Ordinal);
    }

    private string Decode(string? value)
    {
        _decoder ??= new RecordDecoder(
            new DecoderOptions { WithTruncates = _withTruncates, TableOf = (_, _, _) => ("public", "t"), IsTaken = (_, _) => true },
            (_, _) => new TargetTable("public", "t", [new TargetColumn("id", StageTypes.Int4, -1, "integer", 0, false, true, false), new TargetColumn("note", StageTypes.Text, -1, "text", 0, false, false, false)], [0]),
            _ => _hasChanged);
        _decoder.Decode("""{"id":1}"""u8, value is null ? default : Encoding.UTF8.GetBytes(value), value is null, default, default, _partition, _offset++, 0, _batch);
        var change = _batch.Changes[^1];
        if (change.Kind is not (ChangeKind.Create or ChangeKind.Write or ChangeKind.Delete))
        {
            return change.Kind.ToString();
        }

        var row = _batch.Row(change);
        return $"{change.Kind} id={Field(ref row, isText: false)} note={Field(ref row, isText: true)}";
    }

    private static string Field(ref ReadOnlySpan<byte> row, bool isText)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(row);
        var bytes = row.Slice(sizeof(int), Math.Max(0, length));
        row = row[(sizeof(int) + bytes.Length)..];
        return length switch
        {
            RowFields.Absent => "absent",
            -1 => "null",
            _ => isText ? Encoding.UTF8.GetString(bytes) : Convert.ToHexString(bytes),
        };
    }
}
