using System.Globalization;
using System.Text;

namespace Penstock.Engine.Operations;

/// <summary>Writes metrics as Prometheus reads them (text format 0.0.4): for each family one HELP, one TYPE, then its samples.</summary>
public sealed class MetricText : MetricWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    protected override void BeginFamily(string name, bool isCounter, string help)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(isCounter ? " counter\n" : " gauge\n");
    }

    protected override void Sample(string name, ReadOnlySpan<(string Label, string Value)> labels, double value)
    {
        _text.Append(name);
        for (int i = 0; i < labels.Length; i++)
        {
            string escaped = labels[i].Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Label).Append("=\"").Append(escaped).Append('"');
        }

        _text.Append(labels.Length > 0 ? "} " : " ").Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }
}
