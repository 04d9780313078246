namespace Penstock.Kafka.Sizes;

/// <summary>What happens to a record above the limit.</summary>
public enum OversizePolicy
{
    /// <summary>The pipeline stops with the record's identity; nothing behind it is confirmed.</summary>
    Fail,

    /// <summary>The record is left out, counted and logged.</summary>
    Skip,

    /// <summary>A small record that describes it goes to the dead-letter topic instead.</summary>
    DeadLetter,
}
