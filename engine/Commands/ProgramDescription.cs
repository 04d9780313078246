using Penstock.Engine.Configuration;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Commands;

/// <summary>What the commands need of an executable's settings.</summary>
public interface IProgramOptions
{
    /// <summary>The pipeline's name for people.</summary>
    string Title { get; }

    OperationsOptions Operations { get; }

    /// <summary>Lines for the log at start.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>Every setting as variable, text and origin, secrets masked; for <c>check</c>.</summary>
    IReadOnlyList<(string EnvironmentName, string Text, SettingOrigin Origin)> Masked { get; }
}

/// <summary>How an executable speaks of itself.</summary>
/// <param name="Program">Its name on the command line.</param>
/// <param name="Purpose">One sentence for <c>--help</c>.</param>
/// <param name="RunPurpose">What <c>run</c> does.</param>
/// <param name="CheckPurpose">What <c>check</c> does.</param>
/// <param name="SettingsText">What <c>help settings</c> prints.</param>
/// <param name="SettingsMarkdown">The same as a page of documentation.</param>
public sealed record ProgramDescription(
    string Program, string Purpose, string RunPurpose, string CheckPurpose, Func<string> SettingsText, Func<string> SettingsMarkdown);
