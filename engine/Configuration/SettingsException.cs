using System.Globalization;
using System.Text;

namespace Penstock.Engine.Configuration;

/// <summary>The settings cannot be used. Carries every problem at once; the executable prints <see cref="Exception.Message"/> and ends with <see cref="ExitCode"/>.</summary>
public sealed class SettingsException(IReadOnlyList<SettingProblem> problems) : Exception(Compose(problems))
{
    /// <summary>The exit code for wrong usage and wrong settings.</summary>
    public const int ExitCode = 2;

    public IReadOnlyList<SettingProblem> Problems { get; } = problems;

    private static string Compose(IReadOnlyList<SettingProblem> problems)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{problems.Count} {(problems.Count == 1 ? "setting is" : "settings are")} wrong; nothing was started.");
        foreach (var problem in problems)
        {
            text.Append("\n  ").Append(problem.EnvironmentName).Append(' ').Append(problem.Text);
        }

        return text.ToString();
    }
}
