namespace Penstock.Demo;

/// <summary>Where the demo shows what happens.</summary>
internal interface IScreen
{
    /// <summary>A line about the demo itself.</summary>
    void Say(string line);

    /// <summary>An event.</summary>
    void Show(ShopEvent change, IReadOnlyList<(string Column, string? Before, string? After)> changes);

    /// <summary>The line of figures, which on a terminal stays at the bottom.</summary>
    void Foot(string line);
}
