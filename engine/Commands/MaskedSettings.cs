using Penstock.Engine.Configuration;

namespace Penstock.Engine.Commands;

/// <summary>Shows what was understood, secrets masked: <c>config print</c>, and the head of <c>check</c>.</summary>
internal static class MaskedSettings
{
    /// <param name="options">All settings.</param>
    /// <param name="output">Where to.</param>
    /// <param name="onlyGiven">Without those that have their default.</param>
    public static async Task WriteAsync(IProgramOptions options, TextWriter output, bool onlyGiven = false)
    {
        var shown = options.Masked.Where(setting => !onlyGiven || setting.Origin != SettingOrigin.Default).ToArray();
        int width = shown.Length == 0 ? 0 : shown.Max(static setting => setting.EnvironmentName.Length);
        foreach (var (name, text, origin) in shown)
        {
            string from = origin switch
            {
                SettingOrigin.Default => "  (default)",
                SettingOrigin.File => "  (from a file)",
                _ => "",
            };
            await output.WriteLineAsync($"{name.PadRight(width)}  {text.ReplaceLineEndings("\\n")}{from}").ConfigureAwait(false);
        }
    }
}
