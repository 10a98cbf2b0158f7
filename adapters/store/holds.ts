import type { Pool } from './pool.ts';
import type { Transaction } from './transaction.ts';

/* Installation-wide holds: an outage or a declared holiday that pauses every clock. */

export interface Hold {
  readonly id: string;
  readonly fromMs: number;
  /** Null while nobody said when it ends. */
  readonly toMs: number | null;
  readonly reason: string;
}

/** Holds that were in force at or after an instant, oldest first. */
export async function readHoldsSince(tx: Transaction, sinceMs: number): Promise<Hold[]> {
  const { rows } = await tx.query<Hold>(
    `select id, (extract(epoch from from_at) * 1000)::bigint as "fromMs", (extract(epoch from to_at) * 1000)::bigint as "toMs", reason
       from sla_hold where to_at is null or to_at >= $1 order by from_at, id`,
    [new Date(sinceMs).toISOString()],
  );
  return rows;
}

/** The cause under which a hold pauses a clock. */
export function causeOf(hold: Pick<Hold, 'id'>): string {
  return `hold:${hold.id}`;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Cases whose clocks do not stand as the holds say: running in a hold, still standing after one that is over, or with time in it
 * that was not given back, because it began and ended while nobody could tell them. Once each case was told there are none, so
 * that nothing has to be remembered. Of the last kind only holds of the last day are looked for: before a clock acts it looks
 * itself, at every hold.
 */
export async function findCasesOffHold(
  pool: Pool,
  input: { atMs: number; limit: number },
): Promise<{ caseKind: string; caseId: string }[]> {
  const { rows } = await pool.query<{ caseKind: string; caseId: string }>(
    `select distinct c.case_kind as "caseKind", c.case_id as "caseId"
       from sla_clock c join sla_hold h on c.phase in ('running', 'paused')
        and ((h.from_at <= $1 and (h.to_at is null or h.to_at > $1) and not c.state -> 'pausedFor' ? ('hold:' || h.id))
          or (h.to_at <= $1 and c.phase = 'paused' and c.state -> 'pausedFor' ? ('hold:' || h.id))
          or (h.to_at <= $1 and h.to_at > $2 and c.started_at < h.to_at and exists (
                select from jsonb_array_elements(c.state -> 'runs') run
                 where greatest((run ->> 'fromMs')::bigint, (extract(epoch from h.from_at) * 1000)::bigint)
                     < least((run ->> 'toMs')::bigint, (extract(epoch from h.to_at) * 1000)::bigint))))
      order by 2 limit $3`,
    [new Date(input.atMs).toISOString(), new Date(input.atMs - DAY_MS).toISOString(), input.limit],
  );
  return rows;
}
