using System.Globalization;
using System.Text;

namespace Penstock.Debezium.Reading;

/// <summary>The forms in which the placeholder of a value that was too large to be logged appears (section 2.9).</summary>
internal sealed class Placeholders
{
    private readonly byte[][] _texts;
    private readonly byte[][] _containers;

    public Placeholders(string placeholder)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(placeholder);
        string base64 = Convert.ToBase64String(bytes);
        string numbers = string.Join(',', bytes.Select(b => ((int)(sbyte)b).ToString(CultureInfo.InvariantCulture)));
        _texts =
        [
            bytes,
            Encoding.UTF8.GetBytes(base64),
            Encoding.UTF8.GetBytes(base64.Replace('+', '-').Replace('/', '_')),
            Encoding.UTF8.GetBytes(Convert.ToHexStringLower(bytes)),
            Encoding.UTF8.GetBytes($"{{\\\"{placeholder}\\\":\\\"{placeholder}\\\"}}"),
        ];
        _containers = [.. new[] { $"[\"{placeholder}\"]", $"[\"{base64}\"]", $"[{numbers}]", $"{{\"{placeholder}\":\"{placeholder}\"}}" }.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The value only says that it is not there.</summary>
    public bool Has(ReadOnlySpan<byte> bytes, in JsonValue value)
    {
        var forms = value.Kind switch
        {
            JsonKind.Text => _texts,
            JsonKind.Array or JsonKind.Object => _containers,
            _ => [],
        };
        foreach (byte[] form in forms)
        {
            if (form.Length == value.Length && value.In(bytes).SequenceEqual(form))
            {
                return true;
            }
        }

        return false;
    }
}
