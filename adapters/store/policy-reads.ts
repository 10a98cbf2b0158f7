import type { PolicyKind } from '../../domain/policy-document.ts';
import type { Sql } from './app-database.ts';

/** Policy documents as their page shows them. */

export interface PolicyRow {
  readonly id: string;
  readonly program_id: string;
  readonly kind: PolicyKind;
  readonly version: number | null;
  readonly status: 'draft' | 'published';
  readonly effective_from: Date | null;
  readonly effective_to: Date | null;
  readonly note: string;
  readonly created_by: string;
  readonly created_by_id: string;
  readonly created_at: Date;
  readonly published_by: string | null;
  readonly published_at: Date | null;
  readonly revision: number;
  readonly in_effect: boolean;
  readonly open_cases: number;
  readonly body: Record<string, unknown>;
}

const SELECT = `
  select d.id, d.program_id, d.kind, d.version, d.status, d.effective_from, d.effective_to, d.note, c.display_name as created_by, d.created_by as created_by_id,
         d.created_at, p.display_name as published_by, d.published_at, d.revision, d.body,
         d.status = 'published' and tstzrange(d.effective_from, d.effective_to) @> $1::timestamptz as in_effect,
         (select count(*)::int from registration r where r.policy_id = d.id and r.closed_at is null) as open_cases
    from policy_document d join person c on c.id = d.created_by left join person p on p.id = d.published_by`;

/** Of each kind, or of one: drafts first, then the published versions, latest first. */
export async function policiesOf(
  sql: Sql,
  input: { programId: string; kind: PolicyKind | null; at: string },
): Promise<PolicyRow[]> {
  return await sql.rows<PolicyRow>(
    `${SELECT} where d.program_id = $2 and ($3::text is null or d.kind = $3)
      order by d.kind, d.version desc nulls first, d.updated_at desc limit 500`,
    [input.at, input.programId, input.kind],
  );
}

export async function findPolicy(sql: Sql, input: { id: string; at: string }): Promise<PolicyRow | null> {
  const rows = await sql.rows<PolicyRow>(`${SELECT} where d.id = $2`, [input.at, input.id]);
  return rows[0] ?? null;
}

export async function programExists(sql: Sql, programId: string): Promise<boolean> {
  return (await sql.rows('select 1 from program where id = $1', [programId])).length > 0;
}
