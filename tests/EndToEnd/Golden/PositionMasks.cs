using System.Globalization;
using System.Text.RegularExpressions;
using Penstock.DebeziumTests.Golden;

namespace Penstock.EndToEnd.Golden;

/// <summary>
/// Positions, transaction ids and times of the source differ from run to run, but not how they lie to each other: each position is replaced by its place among the positions of the case's changes, each
/// transaction id by its place among the ids, each time by a mask.
/// </summary>
/// <remarks>
/// The end of a commit is the start of what comes next only if nothing lies between them in the write-ahead log, which is chance: such positions count the changes before them, which is none.
/// </remarks>
internal sealed class PositionMasks
{
    private readonly Regex _times;
    private readonly Regex _positions;
    private readonly Regex _transactions;
    private readonly Regex _sequence = new("""(sequence"[:,]"\[(?:null|\\"))(\d{0,19})((?:\\")?,\\")(\d{1,19})""");
    private readonly Regex _id;
    private readonly Regex _chunk = new("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(-open|-close)");
    private readonly Regex _window = new("""((?:open|close)WindowTimestamp\\": \\")[^\\"]+""");
    private readonly List<ulong> _changes;
    private readonly List<ulong> _ids;
    private readonly bool _inPlaces;

    /// <param name="options">The case's.</param>
    /// <param name="records">All records of one run, or of Debezium's.</param>
    /// <param name="inPlaces">False: places mean nothing, because the records are not the same ones; everything gets a mask.</param>
    public PositionMasks(IReadOnlyDictionary<string, string> options, IReadOnlyCollection<GoldenRecord> records, bool inPlaces)
    {
        _inPlaces = inPlaces;
        _times = Number(["ts_ms", "ts_us", "ts_ns", "xmin", .. GoldenMasks.NamesOf(options, "source.ts_ms", "source.ts_us", "source.ts_ns", "source.xmin")]);
        _positions = Number(["lsn", .. GoldenMasks.NamesOf(options, "source.lsn")]);
        _transactions = Number(["txId", .. GoldenMasks.NamesOf(options, "source.txId")]);
        _id = new Regex($$"""("(?:id|{{string.Join('|', GoldenMasks.NamesOf(options, "transaction.id").Select(Regex.Escape))}})"[:,]")(\d{1,10}):(\d{1,19})(?=")""");
        string[] texts = [.. records.SelectMany(r => new[] { r.Key, r.Value, r.Headers }).OfType<string>()];
        _changes = Distinct(texts.SelectMany(text => _positions.Matches(text)).Select(m => m.Groups[2].Value));
        _ids = Distinct([.. texts.SelectMany(text => _transactions.Matches(text)).Select(m => m.Groups[2].Value), .. texts.SelectMany(text => _id.Matches(text)).Select(m => m.Groups[2].Value)]);
    }

    public GoldenRecord Mask(GoldenRecord record) => record with { Key = Mask(record.Key), Value = Mask(record.Value), Headers = Mask(record.Headers)! };

    private string? Mask(string? text)
    {
        if (text is null)
        {
            return null;
        }

        // Rows of the signal table that mark the chunks of a snapshot.
        text = _window.Replace(_chunk.Replace(text, "<chunk>$1"), "$1<time>");
        text = _times.Replace(text, m => Written(m, "time"));
        text = _positions.Replace(text, m => Written(m, Place("change", _changes, m.Groups[2].Value, isMember: true)));
        text = _transactions.Replace(text, m => Written(m, Place("transaction", _ids, m.Groups[2].Value, isMember: true)));
        text = _sequence.Replace(text, m => m.Groups[1].Value + Behind(m.Groups[2].Value) + m.Groups[3].Value + Behind(m.Groups[4].Value));
        return _id.Replace(text, m => $"{m.Groups[1].Value}{Place("transaction", _ids, m.Groups[2].Value, isMember: true)}:{Behind(m.Groups[3].Value)}");
    }

    private string Behind(string position) => position.Length == 0 ? "" : Place("behind", _changes, position, isMember: false);

    private string Place(string what, List<ulong> all, string number, bool isMember)
    {
        if (!_inPlaces)
        {
            return $"<{what}>";
        }

        ulong value = ulong.Parse(number, CultureInfo.InvariantCulture);
        int place = isMember ? all.BinarySearch(value) + 1 : all.Count(change => change < value);
        return string.Create(CultureInfo.InvariantCulture, $"<{what} {place}>");
    }

    private static List<ulong> Distinct(IEnumerable<string> numbers) => [.. numbers.Select(number => ulong.Parse(number, CultureInfo.InvariantCulture)).Distinct().Order()];

    // A member of JSON, or a header.
    private static Regex Number(IEnumerable<string> names) => new($"""("(?:{string.Join('|', names.Select(Regex.Escape))})"(?::|,"))(\d+)""");

    private static string Written(Match match, string mask) => match.Groups[1].Value.EndsWith(':') ? $"{match.Groups[1].Value}\"{mask}\"" : match.Groups[1].Value + mask;
}
