import type { OwnTransaction, Sql } from './app-database.ts';

/*
 * How far a person has looked at a case, and what came since. Steps are counted as the reader may see them, so that a partner's
 * numbers have no gap where the vendor alone knows of a step; the record keeps the sequence of the last one he saw.
 */

/** Steps that tell nobody anything new: the machine looked, and went on waiting. */
const QUIET = "'clock_looked_at', 'window_looked_at'";

/** What came since a person looked, as one row: `count`, `at`, `kind`; count 0 when nothing did. */
export interface NewsRow {
  /** Null when nothing came, or he never looked. */
  readonly news: { readonly count: number; readonly at: string; readonly kind: string } | null;
}

/** Columns of the case and of who registered it, and a parameter that holds the person. */
interface NewsOf {
  readonly person: string;
  readonly caseId: string;
  readonly submittedBy: string;
}

// Who registered a deal has seen its first step.
function since({ person, caseId, submittedBy }: NewsOf): string {
  return `from process_event e
     where e.case_id = ${caseId} and e.actor_id is distinct from ${person} and e.kind not in (${QUIET})
       and e.seq > coalesce((select s.seq from case_seen s where s.person_id = ${person} and s.case_id = ${caseId}),
                            case when ${submittedBy} = ${person} then 1 end)`;
}

/** A column `news`: steps after the one that the person saw last, except his own. */
export function newsColumn(of: NewsOf): string {
  return `(select case when count(*) > 0 then json_build_object('count', count(*)::int, 'at', max(e.at), 'kind', (array_agg(e.kind order by e.seq desc))[1]) end
     ${since(of)}) as news`;
}

/** A condition: there is such a step. */
export function hasNews(of: NewsOf): string {
  return `exists (select 1 ${since(of)})`;
}

/** How many of the steps that the reader may see he has seen, and when; null when he never looked. */
export async function lastLook(
  sql: Sql,
  of: { caseId: string; personId: string },
): Promise<{ upTo: number; at: string } | null> {
  const rows = await sql.rows<{ up_to: number; seen_at: Date }>(
    `select (select count(*)::int from process_event e where e.case_id = s.case_id and e.seq <= s.seq) as up_to, s.seen_at
       from case_seen s where s.person_id = $1 and s.case_id = $2`,
    [of.personId, of.caseId],
  );
  return rows[0] === undefined ? null : { upTo: rows[0].up_to, at: rows[0].seen_at.toISOString() };
}

/** Keeps that a person saw the first `upTo` steps of those that he may see; never goes back. False when he sees no such case. */
export async function keepLook(
  transaction: OwnTransaction,
  look: { caseId: string; personId: string; partnerId: string | null; upTo: number; atMs: number },
): Promise<boolean> {
  const { caseId, personId, partnerId, upTo } = look;
  const at = new Date(look.atMs);
  const written = await transaction.$executeRaw`
    insert into case_seen (person_id, partner_id, case_id, seq, seen_at)
    select ${personId}, ${partnerId}, ${caseId}, max(e.seq), ${at}
      from (select seq from process_event where case_id = ${caseId} order by seq limit ${upTo}) e having count(*) > 0
    on conflict (person_id, case_id) do update set seq = greatest(case_seen.seq, excluded.seq), seen_at = excluded.seen_at`;
  return written > 0;
}
