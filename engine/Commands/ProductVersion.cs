using System.Reflection;

namespace Penstock.Engine.Commands;

/// <summary>The version of this build.</summary>
public static class ProductVersion
{
    /// <summary>Without the build's metadata: <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
