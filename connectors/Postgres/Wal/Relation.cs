namespace Penstock.Postgres.Wal;

/// <summary>A pgoutput Relation message (protocol page "Logical Replication Message Formats").</summary>
/// <param name="Oid">OID of the relation, the number by which row messages refer to it.</param>
/// <param name="Schema">Namespace; pg_catalog arrives as the empty string.</param>
/// <param name="Name">Relation name.</param>
/// <param name="ReplicaIdentity">As pg_class.relreplident: d, n, f, i.</param>
/// <param name="Columns">In the order of the tuples.</param>
public sealed record Relation(uint Oid, string Schema, string Name, char ReplicaIdentity, RelationColumn[] Columns);

/// <param name="IsKey">Part of the replica identity.</param>
/// <param name="Name">Column name.</param>
/// <param name="TypeOid">OID of the type.</param>
/// <param name="TypeModifier">atttypmod, -1 for none.</param>
public sealed record RelationColumn(bool IsKey, string Name, uint TypeOid, int TypeModifier);
