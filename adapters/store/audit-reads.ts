import type { Sql } from './app-database.ts';

export interface AuditRow {
  readonly id: number;
  readonly seq: number | null;
  readonly at: Date;
  readonly actor: string | null;
  readonly action: string;
  readonly subject: string;
  readonly content: Record<string, unknown>;
  readonly hash: string | null;
}

/** Rows of the audit chain, latest first: unsealed ones before the sealed, those in the order of their seals. */
export async function auditRows(
  sql: Sql,
  filter: {
    subject: string | null;
    actorId: string | null;
    from: string | null;
    to: string | null;
    beforeId: number | null;
    limit: number;
  },
): Promise<AuditRow[]> {
  return await sql.rows<AuditRow>(
    `select a.id, s.seq, a.at, coalesce(p.display_name, a.actor_id) as actor, a.action, a.subject, a.content, s.hash
       from audit_row a left join audit_seal s on s.audit_id = a.id left join person p on p.id = a.actor_id
      where ($1::text is null or a.subject = $1) and ($2::text is null or a.actor_id = $2)
        and ($3::timestamptz is null or a.at >= $3) and ($4::timestamptz is null or a.at < $4) and ($5::bigint is null or a.id < $5)
      order by a.id desc limit $6`,
    [filter.subject, filter.actorId, filter.from, filter.to, filter.beforeId, filter.limit],
  );
}
