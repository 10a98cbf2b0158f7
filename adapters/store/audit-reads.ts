import type { AuditRow as ChainRow, Seal } from '../../domain/audit-chain.ts';
import type { Sql } from './app-database.ts';
import { AUDIT_ROW_COLUMNS, SEAL_COLUMNS } from './audit-seal.ts';

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

/** A row of the chain as it was sealed; `seal` is null for one that is not sealed yet. */
export type SealedRow = ChainRow & { readonly seal: Seal | null };

/** The rows about one registration and the review windows it was in, oldest first, in the form that their hashes were made of. */
export async function auditOfCase(sql: Sql, input: { caseId: string; limit: number }): Promise<SealedRow[]> {
  return await sql.rows<SealedRow>(
    `select ${AUDIT_ROW_COLUMNS}, (select row_to_json(x) from (select ${SEAL_COLUMNS} from audit_seal s where s.audit_id = r.id) x) as seal
       from audit_row r
      where r.subject = $1 or r.subject in (select m.window_id from review_window_member m where m.registration_id = $1)
      order by r.id limit $2`,
    [input.caseId, input.limit],
  );
}
