namespace Penstock.Engine.Configuration;

/// <summary>One thing that is wrong with the settings.</summary>
/// <param name="EnvironmentName">The variable the user must look at.</param>
/// <param name="Text">What is wrong and what is allowed, as a sentence part that follows the name; secrets are masked.</param>
public sealed record SettingProblem(string EnvironmentName, string Text)
{
    public override string ToString() => $"{EnvironmentName} {Text}";
}
