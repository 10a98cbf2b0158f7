import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Promised } from './deals.ts';
import type { Installation } from './installation.ts';
import { say, told, type Check } from './table.ts';

/** What must hold after everything was broken, whatever it was. */

const QUIET_WITHIN_MS = 240_000;

export const verified = async (installation: Installation, name: string): Promise<Check> => {
  const { code, said } = await installation.run('scripts/verify.ts', ['--data', installation.folder]);
  const last = said.trim().split('\n').at(-1) ?? '';
  if (code !== 0) say(said);
  return told({ name, passed: code === 0, seen: last });
};

/** Waits until nothing is under way: no receipt open, nothing due left in the house, no decision on its way. */
export const quiet = async (installation: Installation): Promise<void> => {
  const deadlineMs = Date.now() + QUIET_WITHIN_MS;
  for (;;) {
    const rows = await installation.query<{ n: number }>(
      `select (select count(*) from receipt where settled_at is null)
            + (select count(*) from outbound where delivered_at is null and not_before <= now())
            + (select count(*) from audit_row a where not exists (select from audit_seal s where s.audit_id = a.id)) as n`,
    );
    if (rows[0]?.n === 0) return;
    // What is still open then is for the checks to name.
    if (Date.now() > deadlineMs) return;
    await pause(500);
  }
};

/** Every promise: one receipt, settled, one event; and the same answer when it is asked for again. */
export const promisesKept = async (
  promised: readonly Promised[],
  installation: Installation,
): Promise<Check[]> => {
  const rows = await installation.query<{ key: string; receipts: number; settled: number; events: number }>(
    `select k.key, count(distinct r.number) as receipts, count(distinct r.number) filter (where r.settled_at is not null) as settled,
            count(e.case_id) as events
       from unnest($1::text[]) as k(key) left join receipt r on r.idempotency_key = k.key
       left join process_event e on e.receipt = r.number group by k.key`,
    [promised.map(({ key }) => key)],
  );
  const wrong = rows.filter(
    ({ receipts, settled, events }) => receipts !== 1 || settled !== 1 || events !== 1,
  );
  const of = (part: string): number => promised.filter(({ path }) => path.endsWith(part)).length;
  let different = 0;
  for (const one of promised) if (!(await sameAgain(one))) different += 1;
  const retried = promised.filter(({ attempts }) => attempts > 1).length;
  const decisions = await installation.query<{ n: number; twice: number }>(
    `select count(*) as n, count(*) - count(distinct task_id) as twice from decision where outcome = 'approve'`,
  );
  return [
    told({
      name: 'every acknowledged submit, decision and outcome is there once',
      passed: wrong.length === 0 && rows.length === promised.length,
      seen: `${of('/deal-registrations')} submits, ${of('/decision')} decisions, ${of('/outcome')} outcomes, ${retried} of them retried; ${wrong.length} wrong`,
    }),
    told({
      name: 'no task was decided twice',
      passed: decisions[0]?.twice === 0,
      seen: `${decisions[0]?.n ?? 0} decisions, ${decisions[0]?.twice ?? 0} twice`,
    }),
    told({
      name: 'each key asked again gives the same status and body',
      passed: different === 0,
      seen: `${promised.length} asked, ${different} different`,
    }),
  ];
};

const sameAgain = async ({ caller, path, body, key, reply }: Promised): Promise<boolean> => {
  const again = await caller.write(path, body, key);
  return again.status === reply.status && isDeepStrictEqual(again.body, reply.body);
};

export const remindersRight = async (installation: Installation): Promise<Check[]> => {
  const rows = await installation.query<{ fired: number; early: number; twice: number }>(
    `with fired as (
       select clock_id, facts ->> 'key' as key, recorded_at, at, to_timestamp((facts ->> 'plannedAtMs')::numeric / 1000) as planned
         from sla_clock_event where kind = 'fired')
     select (select count(*) from fired) as fired,
            (select count(*) from fired where at < planned or recorded_at < planned) as early,
            (select count(*) from (select from fired group by clock_id, key having count(*) > 1) d) as twice`,
  );
  const { fired = 0, early = 0, twice = 0 } = rows[0] ?? {};
  return [
    told({
      name: 'no reminder or escalation came early or twice',
      passed: fired > 0 && early === 0 && twice === 0,
      seen: `${fired} fired, ${early} early, ${twice} twice`,
    }),
  ];
};

/** A mail may be doubled by a crash between acceptance and record; then both carry the same Message-ID. */
export const mailsRight = async (installation: Installation): Promise<Check> => {
  const folder = join(installation.folder, 'mails');
  const names = readdirSync(folder).filter((file) => file.endsWith('.eml'));
  const ids = names.map(
    (file) => /^message-id:\s*<([^@>]+)@/im.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? file,
  );
  const rows = await installation.query<{ id: string; said: boolean }>(
    `select id, delivered_at is not null and skip_reason is null as said from outbound where channel = 'mail' and target not like 'role:%'`,
  );
  const arrived = new Set(ids);
  const lost = rows.filter(({ id, said }) => said && !arrived.has(id)).length;
  const known = new Set(rows.map(({ id }) => id));
  const unknown = [...arrived].filter((id) => !known.has(id)).length;
  return told({
    name: 'no mail was lost, and a doubled one has the same Message-ID',
    passed: arrived.size > 0 && lost === 0 && unknown === 0,
    seen: `${arrived.size} mails, ${names.length - arrived.size} doubled, ${lost} lost, ${unknown} of nobody`,
  });
};

/** No step is missing, none is there twice, and none was written for a message that another one answered. */
export const onceEach = async (installation: Installation): Promise<Check> => {
  const rows = await installation.query<{ cases: number; events: number; wrong: number; doubled: number }>(
    `with cases as (
       select case_id, count(*) as events, max(seq) as last from process_event group by case_id)
     select (select count(*) from cases) as cases, (select sum(events)::int from cases) as events,
            (select count(*) from cases left join registration r on r.id = case_id left join review_window w on w.id = case_id
              where events <> last or coalesce(r.seq, (w.case_state ->> 'seq')::int) is distinct from last) as wrong,
            (select count(*) from (select from process_event where receipt is not null group by receipt having count(*) > 1) d) as doubled`,
  );
  const { cases = 0, events = 0, wrong = -1, doubled = -1 } = rows[0] ?? {};
  return told({
    name: 'each step of each case is there once',
    passed: cases > 0 && wrong === 0 && doubled === 0,
    seen: `${events} steps of ${cases} cases, ${wrong} cases with a gap, ${doubled} messages with two steps`,
  });
};
