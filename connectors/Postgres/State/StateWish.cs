namespace Penstock.Postgres.State;

/// <summary><c>PENSTOCK_STATE</c>: where what the slot cannot hold is kept.</summary>
public enum StateWish
{
    /// <summary>In the schema where the user has the right to, else nowhere, with a warning.</summary>
    IfAllowed,

    /// <summary>In the schema; without the right to it the pipeline does not start.</summary>
    Required,

    /// <summary>Nowhere.</summary>
    None,
}
