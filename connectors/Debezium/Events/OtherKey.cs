namespace Penstock.Debezium.Events;

/// <summary>Which other key the header of a key change tells.</summary>
internal enum OtherKey
{
    None,
    New,
    Old,
}
