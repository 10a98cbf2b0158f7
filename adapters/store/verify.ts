import {
  CHAIN_START,
  checkAnchors,
  checkDelay,
  checkSeals,
  type Anchor,
  type AuditRow,
  type ChainFault,
  type Seal,
} from '../../domain/audit-chain.ts';
import { isOver, type CaseState } from '../../domain/deal-registration/case.ts';
import { sha256Hex } from '../sha256.ts';
import { ANCHOR_COLUMNS, AUDIT_ROW_COLUMNS, SEAL_COLUMNS } from './audit-seal.ts';
import type { Pool } from './pool.ts';
import type { Invariant, RecordCheck } from './record-check.ts';
import { pricingChecks } from './verify-pricing.ts';
import { claimChecks } from './verify-claims.ts';
import { MAY_GO_ON } from './reconcile.ts';
import { inTransaction, type Transaction } from './transaction.ts';

/**
 * Checks the invariants that are state (I1, I4, I8, I9, I10 of docs/pieces/verify.md, protection, the ledger and claims) on a live system. It only reads, in one
 * snapshot; what looks wrong is looked at once more some seconds later, because work that is under way looks like a
 * fault for a moment. Each check says how much it looked at: a check that looked at nothing has shown nothing.
 */

export interface VerifyFailure {
  /** What is wrong: an id. The same fault has the same subject when it is looked at again. */
  readonly subject: string;
  readonly detail: string;
}

export interface VerifyResult {
  readonly invariant: Invariant;
  readonly name: string;
  readonly lookedAt: number;
  readonly failures: readonly VerifyFailure[];
}

/** The engine as `verify` sees it. */
export interface WorkflowCensus {
  /** Ids of all running workflows; a list may be some seconds behind. */
  listRunning(): Promise<ReadonlySet<string>>;
  /** Exact, for one. */
  isRunning(workflowId: string): Promise<boolean>;
}

export interface VerifyInput {
  /** Signs in as the worker or the owner; statements may take minutes on a large record. */
  readonly pool: Pool;
  /** Null leaves out the checks that need the engine. */
  readonly census: WorkflowCensus | null;
  readonly clock: () => number;
  readonly isSigned: (anchor: Anchor) => boolean;
  /** Anchors that were kept outside of the database. */
  readonly knownAnchors: readonly Anchor[];
  /** The id of a registration's workflow, and back (null: a workflow of another kind). */
  readonly workflowIdOf: (registrationId: string) => string;
  readonly registrationIdOf: (workflowId: string) => string | null;
  readonly recheckAfterMs?: number;
  /** How many rows are held at a time. */
  readonly pageRows?: number;
}

/** How long something may be due before it counts as not done. */
const GRACE_MS = 5 * 60_000;
const CLOCK_GRACE_MS = 2 * 60_000;
const UNSEALED_LIMIT_MS = 30_000;
const UNANCHORED_LIMIT_MS = 5 * 60_000;
const RECHECK_AFTER_MS = 3_000;
const PAGE = 5_000;
/** Case states are some KB each. */
const STATES_PAGE = 500;
/** More failures of one check than this are not told apart: a person looks at the first of them. */
const MOST_FAILURES = 10_000;

/** Runs every check; what failed is checked again, and only what fails both times is reported. */
export const verify = async (input: VerifyInput): Promise<VerifyResult[]> => {
  const first = await verifyOnce(input);
  if (first.every((result) => result.failures.length === 0)) return first;
  await new Promise((resolve) => setTimeout(resolve, input.recheckAfterMs ?? RECHECK_AFTER_MS));
  const second = await verifyOnce(input);
  return second.map((result, index) => {
    const before = new Set(first[index]?.failures.map((failure) => failure.subject));
    return { ...result, failures: result.failures.filter((failure) => before.has(failure.subject)) };
  });
};

const verifyOnce = async (input: VerifyInput): Promise<VerifyResult[]> => {
  // Listed before the snapshot is taken and asked for one by one after it, so that only what lasts is left.
  const running = input.census === null ? null : await input.census.listRunning();
  const nowMs = input.clock();
  const { results, cases } = await inTransaction(input.pool, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    const results: VerifyResult[] = [];
    for (const check of [...recordChecks(nowMs), ...pricingChecks(nowMs - CLOCK_GRACE_MS)])
      results.push(await runCheck(tx, check));
    results.push(...(await checkAuditChain(tx, input, nowMs)));
    const cases = running === null ? null : await readCases({ tx, ...input, running });
    results.push(...(await checkCaseStates(tx, nowMs)));
    return { results, cases };
  });
  if (running !== null && cases !== null && input.census !== null) {
    results.push(...(await checkWorkflows({ ...input, census: input.census, running, cases })));
  }
  return results;
};

/** The checks that are one query each. */
const recordChecks = (nowMs: number): RecordCheck[] => [
  {
    invariant: 'I1',
    name: 'every receipt answered with success has exactly one event',
    count: `select count(*) as n from receipt where status_code between 200 and 299`,
    failures: `select r.number::text as subject, 'receipt ' || r.number || ' of ' || r.case_id || ' was answered ' || r.status_code
                      || ' and has ' || count(e.seq) || ' events' as detail
                 from receipt r left join process_event e on e.receipt = r.number
                where r.status_code between 200 and 299 group by r.number having count(e.seq) <> 1`,
    before: null,
  },
  {
    invariant: 'I1',
    name: 'no refused or open receipt had an effect',
    count: `select count(*) as n from receipt where status_code is null or status_code not between 200 and 299`,
    failures: `select r.number::text as subject, 'receipt ' || r.number || ' of ' || r.case_id || ' was '
                      || coalesce('answered ' || r.status_code, 'not answered') || ' and has an event at ' || e.seq as detail
                 from receipt r join process_event e on e.receipt = r.number
                where r.status_code is null or r.status_code not between 200 and 299`,
    before: null,
  },
  {
    invariant: 'I1',
    name: 'no receipt stays open',
    count: `select count(*) as n from receipt where settled_at is null`,
    failures: `select number::text as subject, 'receipt ' || number || ' of ' || case_id
                      || case when parked_at is null then ' is open since ' || received_at else ' is parked' end
                      || coalesce(': ' || last_error, '') as detail
                 from receipt where settled_at is null and (parked_at is not null or received_at < $1)`,
    before: nowMs - GRACE_MS,
  },
  {
    invariant: 'I8',
    name: 'the engine answered for every settled receipt',
    count: `select count(*) as n from receipt where settled_at is not null`,
    failures: `select number::text as subject, 'receipt ' || number || ' of ' || case_id || ' took effect, and the engine did not answer for it'
                      || coalesce(': ' || last_error, '') as detail
                 from receipt where settled_at is not null and next_attempt_at is not null and received_at < $1`,
    before: nowMs - GRACE_MS,
  },
  {
    invariant: 'I1',
    name: 'every event has its audit row',
    count: `select count(*) as n from process_event`,
    failures: `select e.case_id || '/' || e.seq as subject, 'event ' || e.seq || ' of ' || e.case_id || ' has no audit row' as detail
                 from process_event e
                where not exists (select from audit_row a where a.subject = e.case_id and a.content ->> 'seq' = e.seq::text)`,
    before: null,
  },
  {
    invariant: 'I1',
    name: 'events of a case are numbered without gaps',
    count: `select count(distinct case_id) as n from process_event`,
    failures: `select case_id as subject, case_id || ' has ' || count(*) || ' events from ' || min(seq) || ' to ' || max(seq) as detail
                 from process_event group by case_id having min(seq) <> 1 or count(*) <> max(seq)`,
    before: null,
  },
  {
    invariant: 'I1',
    name: 'a registration stands where its last event and its case state say',
    count: `select count(*) as n from registration`,
    failures: `select r.id as subject, r.id || ' is at ' || r.seq || ' ' || r.status || ', its events end at '
                      || coalesce(m.seq::text, 'none') || ', its case state is at ' || coalesce(r.case_state ->> 'seq', 'none') || ' '
                      || coalesce(r.case_state ->> 'status', 'none') as detail
                 from registration r left join (select case_id, max(seq) as seq from process_event group by case_id) m on m.case_id = r.id
                where m.seq is distinct from r.seq or (r.case_state ->> 'seq')::int is distinct from r.seq
                   or r.case_state ->> 'status' is distinct from r.status`,
    before: null,
  },
  {
    invariant: 'I1',
    name: 'every decision has its event, and decided tasks have a decision that stands',
    count: `select count(*) as n from decision`,
    failures: `select d.id as subject, 'decision ' || d.id || ' of ' || d.case_id || ' has no event at ' || d.seq as detail
                 from decision d where not exists (select from process_event e where e.case_id = d.case_id and e.seq = d.seq)
               union all
               select t.id, 'task ' || t.id || ' is decided and its decision ' || coalesce(t.decision_id, '(none)')
                      || ' is not there or was taken back'
                 from task t where t.status = 'decided' and not exists (
                   select from decision d where d.id = t.decision_id and not exists (select from decision u where u.retracts = d.id and u.outcome <> 'superseded'))`,
    before: null,
  },
  {
    invariant: 'I8',
    name: 'what is due has left the house',
    count: `select count(*) as n from outbound where delivered_at is null`,
    failures: `select id as subject, channel || ' ' || id || ' of ' || case_id
                      || case when parked_at is null then ' is due since ' || not_before else ' is parked' end
                      || coalesce(': ' || last_error, '') as detail
                 from outbound where delivered_at is null and skipped_by is null and (parked_at is not null or not_before < $1)`,
    before: nowMs - GRACE_MS,
  },
  {
    invariant: 'I10',
    name: 'no running clock is past its time without having fired',
    count: `select count(*) as n from sla_clock where phase = 'running'`,
    failures: `select c.id as subject, 'clock ' || c.kind || ' (' || c.id || ') of ' || c.case_id || ' is past '
                      || case when c.breached_at is null and c.due_at < $1 then 'its deadline' else 'a threshold' end as detail
                 from sla_clock c
                where c.phase = 'running'
                  and ((c.breached_at is null and c.due_at < $1) or exists (
                    select from jsonb_array_elements(c.state -> 'thresholds') t
                     where t ->> 'state' = 'pending' and (t ->> 'atMs')::numeric < extract(epoch from $1::timestamptz) * 1000))`,
    before: nowMs - CLOCK_GRACE_MS,
  },
  {
    invariant: 'protection',
    name: 'no two share groups are protected for one customer and family at a time',
    count: `select count(*) as n from protection where not isempty(period)`,
    failures: `select p.registration_id || '/' || q.registration_id || '/' || p.family as subject,
                      p.registration_id || ' and ' || q.registration_id || ' are both protected for ' || p.family as detail
                 from protection p left join account_standing ps on ps.account_id = p.account_id
                 join protection q on q.family = p.family and q.registration_id > p.registration_id
                  and q.share_group <> p.share_group and q.period && p.period
                 left join account_standing qs on qs.account_id = q.account_id
                where coalesce(ps.canonical_id, p.account_id) = coalesce(qs.canonical_id, q.account_id)`,
    before: null,
  },
  {
    invariant: 'protection',
    name: 'what was withdrawn, lost or revoked protects nothing any more',
    count: `select count(*) as n from registration where status in ('withdrawn', 'lost', 'revoked')`,
    failures: `select r.id as subject, r.id || ' is ' || r.status || ' and still protects ' || p.family as detail
                 from registration r join protection p on p.registration_id = r.id
                where r.status in ('withdrawn', 'lost', 'revoked') and not isempty(p.period)
                  and (upper_inf(p.period) or upper(p.period) > $1)`,
    before: nowMs,
  },
  ...claimChecks(nowMs - GRACE_MS),
];

const runCheck = async (tx: Transaction, check: RecordCheck): Promise<VerifyResult> => {
  const { rows: counted } = await tx.query<{ n: number }>(check.count);
  const values = check.before === null ? [] : [new Date(check.before).toISOString()];
  const { rows: failures } = await tx.query<{ subject: string; detail: string }>(
    `select subject, detail from (${check.failures}) failed order by subject limit ${MOST_FAILURES}`,
    values,
  );
  return { invariant: check.invariant, name: check.name, lookedAt: counted[0]?.n ?? 0, failures };
};

const checkAuditChain = async (
  tx: Transaction,
  input: VerifyInput,
  nowMs: number,
): Promise<VerifyResult[]> => {
  const limit = input.pageRows ?? PAGE;
  let position = CHAIN_START;
  let sealed = 0;
  const faults: ChainFault[] = [];
  for (;;) {
    const { rows } = await tx.query<Seal & { row: AuditRow | null }>(SEALS_AFTER, [position.seq, limit]);
    const entries = rows.map(({ row, ...seal }) => ({ seal, row }));
    const page = checkSeals({ position, entries, hash: sha256Hex });
    faults.push(...page.faults);
    position = page.position;
    sealed += rows.length;
    if (rows.length < limit) break;
  }
  const anchors = await checkAllAnchors(tx, input);
  const delay = await checkUnsealed(tx, nowMs);
  return [
    {
      invariant: 'I4',
      name: 'sealed audit rows form one chain',
      lookedAt: sealed,
      failures: faults.map(failureOf),
    },
    {
      invariant: 'I4',
      name: 'signed anchors name seals of the chain',
      lookedAt: anchors.lookedAt,
      failures: anchors.faults.map(failureOf),
    },
    {
      invariant: 'I4',
      name: 'no audit row stays without seal, no seal without anchor',
      lookedAt: delay.unsealed,
      failures: delay.faults.map(failureOf),
    },
  ];
};

// The row as one JSON value would lose the exact instants; its columns are told apart by their prefix instead.
const SEALS_AFTER = `select ${SEAL_COLUMNS}, case when r.id is not null then to_jsonb(r) end as row
  from (select * from audit_seal where seq > $1 order by seq limit $2) s
  left join lateral (select ${AUDIT_ROW_COLUMNS} from audit_row r where r.id = s.audit_id) r on true
  order by s.seq`;

const failureOf = (fault: ChainFault): VerifyFailure => ({
  subject: `${fault.kind}:${fault.seq ?? fault.auditId ?? ''}`,
  detail: `${fault.kind}: ${fault.detail}`,
});

const checkAllAnchors = async (
  tx: Transaction,
  input: VerifyInput,
): Promise<{ lookedAt: number; faults: ChainFault[] }> => {
  const limit = input.pageRows ?? PAGE;
  const faults: ChainFault[] = [];
  const check = async (anchors: readonly Anchor[]): Promise<void> => {
    const { rows: seals } = await tx.query<{ seq: number; hash: string }>(
      'select seq, hash from audit_seal where seq = any ($1::bigint[])',
      [anchors.map((anchor) => anchor.seq)],
    );
    const hashes = new Map(seals.map(({ seq, hash }) => [seq, hash]));
    faults.push(
      ...checkAnchors({ anchors, sealHashOf: (seq) => hashes.get(seq) ?? null, isSigned: input.isSigned }),
    );
  };
  let lookedAt = input.knownAnchors.length;
  for (let after = 0; ;) {
    const { rows: stored } = await tx.query<Anchor>(
      `select ${ANCHOR_COLUMNS} from audit_anchor a where a.seq > $1 order by a.seq limit $2`,
      [after, limit],
    );
    await check(stored);
    lookedAt += stored.length;
    after = stored.at(-1)?.seq ?? after;
    if (stored.length < limit) break;
  }
  await check(input.knownAnchors);
  return { lookedAt, faults };
};

const checkUnsealed = async (
  tx: Transaction,
  nowMs: number,
): Promise<{ unsealed: number; faults: ChainFault[] }> => {
  const { rows } = await tx.query<{ unsealed: number; auditId: number | null; recordedAt: Date | null }>(
    `select count(*) as unsealed, min(r.id)::bigint as "auditId", min(r.recorded_at) as "recordedAt" from audit_row r
      where not exists (select from audit_seal s where s.audit_id = r.id)`,
  );
  const { rows: tails } = await tx.query<{ seq: number; sealedAt: Date }>(
    `select s.seq, s.sealed_at as "sealedAt" from audit_seal s
      where s.seq > (select coalesce(max(seq), 0) from audit_anchor) order by s.seq limit 1`,
  );
  const oldest = rows[0];
  const tail = tails[0];
  const isUnsealed = oldest !== undefined && oldest.auditId !== null && oldest.recordedAt !== null;
  const faults = checkDelay({
    oldestUnsealed: isUnsealed
      ? { auditId: oldest.auditId ?? 0, recordedAtMs: oldest.recordedAt?.getTime() ?? 0 }
      : null,
    oldestUnanchored: tail === undefined ? null : { seq: tail.seq, sealedAtMs: tail.sealedAt.getTime() },
    nowMs,
    unsealedLimitMs: UNSEALED_LIMIT_MS,
    unanchoredLimitMs: UNANCHORED_LIMIT_MS,
  });
  return { unsealed: oldest?.unsealed ?? 0, faults };
};

/** It is the vendor's turn, and no decision waits to take effect. */
const WAITS_FOR_VENDOR = `status in ('under_review', 'pending_approval', 'in_conflict', 'appealed')
  and case_state -> 'matching' <> 'true'::jsonb and case_state -> 'pending' = 'null'::jsonb`;

/** Tasks against the states of their cases, both ways, and decisions that should be in effect. */
const checkCaseStates = async (tx: Transaction, nowMs: number): Promise<VerifyResult[]> => {
  const tasks = await runCheck(tx, {
    invariant: 'I9',
    name: 'open tasks are those that their cases wait for, both ways',
    count: `select count(*) as n from task where status in ('open', 'paused')`,
    failures: `with waited as (
                 select r.id as case_id, w ->> 'id' as task_id from registration r, jsonb_array_elements(r.case_state -> 'tasks') w)
               select t.id as subject, 'task ' || t.id || ' is ' || t.status || ' and ' || t.case_id || ' does not wait for it' as detail
                 from task t join registration r on r.id = t.case_id
                where t.status in ('open', 'paused') and not exists (select from waited w where w.task_id = t.id)
               union all
               select w.task_id, w.case_id || ' waits for task ' || w.task_id || ', which is ' || coalesce(t.status, 'not there')
                 from waited w left join task t on t.id = w.task_id where t.id is null or t.status not in ('open', 'paused', 'decided')`,
    before: null,
  });
  const decisions = await runCheck(tx, {
    invariant: 'I8',
    name: 'decisions whose undo window is over are in effect',
    count: `select count(*) as n from registration where case_state -> 'pending' <> 'null'::jsonb`,
    failures: `select id as subject, 'decision ' || (case_state -> 'pending' ->> 'decisionId') || ' of ' || id || ' is not in effect' as detail
                 from registration where case_state -> 'pending' <> 'null'::jsonb and (jsonb_array_length(case_state -> 'windowIds') = 0 or case_state -> 'pending' ->> 'outcome' not in ('approve', 'protect_partner', 'overturn'))
                  and (case_state -> 'pending' ->> 'effectiveAtMs')::numeric < extract(epoch from $1::timestamptz) * 1000`,
    before: nowMs - CLOCK_GRACE_MS,
  });
  const matched = await runCheck(tx, {
    invariant: 'I8',
    name: 'rivals were looked for',
    count: `select count(*) as n from registration where case_state -> 'matching' = 'true'::jsonb`,
    failures: `select id as subject, 'rivals of ' || id || ' were not looked for since ' || to_timestamp((case_state -> 'last' ->> 'atMs')::numeric / 1000) as detail
                 from registration where case_state -> 'matching' = 'true'::jsonb
                  and (case_state -> 'last' ->> 'atMs')::numeric < extract(epoch from $1::timestamptz) * 1000`,
    before: nowMs - CLOCK_GRACE_MS,
  });
  const asked = await runCheck(tx, {
    invariant: 'I9',
    name: 'a case that waits for the vendor has somebody who is asked',
    count: `select count(*) as n from registration where ${WAITS_FOR_VENDOR}`,
    failures: `select r.id as subject, r.id || ' is ' || r.status || ', and no task of its own or joint one is open' as detail
                 from registration r
                where ${WAITS_FOR_VENDOR} and (r.case_state -> 'last' ->> 'atMs')::numeric < extract(epoch from $1::timestamptz) * 1000
                  and not exists (select from task t where t.case_id = r.id and t.status in ('open', 'paused'))
                  and not exists (select from review_window w where w.id = r.case_state ->> 'jointWindowId' and (w.case_state -> 'pending' <> 'null'::jsonb
                        or exists (select from task t where t.case_id = w.id and t.status in ('open', 'paused'))))
                  and not exists (select from outbound o where o.channel = 'signal' and o.target = 'deal-registration:' || r.id and o.delivered_at is null)`,
    before: nowMs - CLOCK_GRACE_MS,
  });
  return [tasks, decisions, matched, asked];
};

interface Cases {
  /** Registrations that may go on or whose workflow runs, and whether nothing can happen to them any more. */
  readonly registrations: readonly { readonly id: string; readonly over: boolean }[];
  /** Workflows named by open tasks and open review windows, with the case that waits. */
  readonly waits: readonly { readonly workflowId: string; readonly caseId: string }[];
}

/** Of each state only what it says is kept. */
const readCases = async (
  input: Pick<VerifyInput, 'registrationIdOf' | 'pageRows'> & {
    tx: Transaction;
    running: ReadonlySet<string>;
  },
): Promise<Cases> => {
  const { tx, running, registrationIdOf } = input;
  const limit = input.pageRows ?? STATES_PAGE;
  const runningIds = [...running].map(registrationIdOf).filter((id) => id !== null);
  const registrations: { id: string; over: boolean }[] = [];
  for (let after = ''; ;) {
    const { rows } = await tx.query<{ id: string; state: CaseState }>(
      `select id, case_state as state from registration where (${MAY_GO_ON} or id = any ($1)) and id > $2 order by id limit $3`,
      [runningIds, after, limit],
    );
    // As the workflow itself sees it: while rivals are looked for it has something to do, whatever the status.
    for (const { id, state } of rows) registrations.push({ id, over: isOver(state) && !state.matching });
    after = rows.at(-1)?.id ?? after;
    if (rows.length < limit) break;
  }
  const { rows: waits } = await tx.query<{ workflowId: string; caseId: string }>(
    `select workflow_id as "workflowId", min(case_id) as "caseId" from task where status in ('open', 'paused') group by workflow_id
     union all
     select workflow_id, id from review_window where closed_at is null or case_state -> 'pending' <> 'null'::jsonb
     union all
     select 'special-pricing:' || id, id from special_price_request where status not in ('approved', 'rejected', 'withdrawn')
     union all
     select 'pricing-agreement:' || id, id from pricing_agreement where status = 'active' and seq > 0`,
  );
  return { registrations, waits };
};

const checkWorkflows = async (
  input: VerifyInput & { census: WorkflowCensus; running: ReadonlySet<string>; cases: Cases },
): Promise<VerifyResult[]> => {
  const { census, running, cases, workflowIdOf, registrationIdOf } = input;
  const needed = new Map(cases.waits.map(({ workflowId, caseId }) => [workflowId, caseId]));
  for (const { id, over } of cases.registrations) if (!over) needed.set(workflowIdOf(id), id);
  const missing: VerifyFailure[] = [];
  for (const [workflowId, caseId] of needed) {
    // The list may be behind: one that it lacks is asked for by name.
    if (running.has(workflowId) || (await census.isRunning(workflowId))) continue;
    missing.push({
      subject: workflowId,
      detail: `${caseId} is not over and workflow ${workflowId} does not run`,
    });
  }
  const known = new Set(cases.registrations.map(({ id }) => id));
  const orphans: VerifyFailure[] = [];
  for (const workflowId of running) {
    const caseId = registrationIdOf(workflowId);
    if (caseId === null || needed.has(workflowId)) continue;
    if (!(await census.isRunning(workflowId))) continue;
    const why = known.has(caseId) ? 'whose case is over' : 'whose case the record does not have';
    orphans.push({ subject: workflowId, detail: `workflow ${workflowId} runs, ${why}` });
  }
  return [
    {
      invariant: 'I9',
      name: 'every open case and task has its workflow running',
      lookedAt: needed.size,
      failures: missing,
    },
    {
      invariant: 'I9',
      name: 'every running workflow has an open case',
      lookedAt: running.size,
      failures: orphans,
    },
  ];
};
