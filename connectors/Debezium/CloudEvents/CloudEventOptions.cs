namespace Penstock.Debezium.CloudEvents;

/// <summary>Options of Debezium's CloudEventsConverter (section 1.12) that show in JSON events with JSON data.</summary>
public sealed record CloudEventOptions
{
    /// <summary><c>json.schemas.enable</c>: the data has its schema. The event itself never has one.</summary>
    public bool DataSchemas { get; init; } = true;

    /// <summary><c>extension.attributes.enable</c>: the fields of <c>source</c> and <c>transaction</c> as attributes.</summary>
    public bool ExtensionAttributes { get; init; } = true;
}
