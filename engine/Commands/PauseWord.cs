namespace Penstock.Engine.Commands;

/// <summary>What is asked of a running pipeline by word in the source.</summary>
public enum PauseWord
{
    Pause,
    Resume,

    /// <summary>Both, one after the other.</summary>
    Restart,
}
