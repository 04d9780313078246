using Penstock.Debezium.Events;
using Penstock.Debezium.Values;

namespace Penstock.EndToEnd.Values;

/// <summary>Formats that between them have every handling mode; each value is written in all of them.</summary>
internal static class OracleFormats
{
    public static readonly (string Name, EventFormat Format)[] All =
    [
        ("defaults", Of(new ValueModes())),
        ("texts", Of(new ValueModes { Decimal = DecimalMode.Text, Time = TimeMode.IsoString, Binary = BinaryMode.Hex, IntervalAsText = true, HstoreAsMap = true, IncludeUnknown = true })),
        ("doubles", Of(new ValueModes { Decimal = DecimalMode.Double, Time = TimeMode.Connect, Binary = BinaryMode.Base64, IncludeUnknown = true })),
        ("numbers", Of(new ValueModes { DecimalFormatNumeric = true, Time = TimeMode.Microseconds, Binary = BinaryMode.Base64UrlSafe, IncludeUnknown = true })),
        ("nanoseconds", Of(new ValueModes { Time = TimeMode.Nanoseconds, IncludeUnknown = true }) with { ValueSchemas = true }),
        ("adaptive microseconds", Of(new ValueModes { Time = TimeMode.AdaptiveTimeMicroseconds }) with { KeySchemas = true }),

        ("correct", Correct(new ValueModes())),
        ("correct texts", Correct(new ValueModes { Decimal = DecimalMode.Text, Time = TimeMode.IsoString, Binary = BinaryMode.Hex, IntervalAsText = true, HstoreAsMap = true })),
        ("correct numbers", Correct(new ValueModes { DecimalFormatNumeric = true, Time = TimeMode.Connect, Binary = BinaryMode.Base64UrlSafe, IncludeUnknown = true })),
        ("correct doubles", Correct(new ValueModes { Decimal = DecimalMode.Double, Time = TimeMode.Nanoseconds })),
        ("correct microseconds", Correct(new ValueModes { Time = TimeMode.Microseconds, IntervalAsText = true })),
    ];

    private static EventFormat Correct(ValueModes modes) => Of(modes with { Compat = CompatMode.Correct });

    private static EventFormat Of(ValueModes modes) => new() { TopicPrefix = "oracle", Database = "oracle", Values = modes };
}
