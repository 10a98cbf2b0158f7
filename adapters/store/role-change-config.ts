import type { Role } from '../../domain/access.ts';
import { rolesWith } from '../../domain/access.ts';
import type { Holder, RoleChange } from '../../domain/role-change.ts';
import { sqlIn } from './app-database.ts';
import type { OwnTransaction, Sql } from './app-database.ts';
import { addReceipt } from './receipts.ts';
import { endSessionsOf } from './session-own.ts';

/** Proposals of who may do what, what a confirmed one changes, and the tasks that go back to their queue because of it. */

const HOLDER = `
  select p.id as "personId", p.side, p.active,
         coalesce((select json_agg(json_build_object('role', r.role, 'limitMinor', r.limit_minor, 'currency', r.limit_currency,
                                                     'stays', r.valid_to = 'infinity') order by r.role)
                     from person_role r where r.person_id = p.id and $2::timestamptz >= r.valid_from and $2::timestamptz < r.valid_to), '[]') as held
    from person p`;

/** From here on changes are looked at one after the other: what one leaves is what the next one finds. */
export async function lockPeople(transaction: OwnTransaction): Promise<void> {
  await transaction.$executeRaw`select pg_advisory_xact_lock(hashtext('fairlead.people'))`;
}

/** The person whom a change is about (null: there is none) and all who may propose or confirm changes, at an instant. */
export async function holdersAround(
  transaction: OwnTransaction,
  input: { personId: string; atMs: number },
): Promise<{ person: Holder | null; staff: Holder[] }> {
  const at = new Date(input.atMs).toISOString();
  const rows = await sqlIn(transaction).rows<Holder>(
    `${HOLDER} where p.id = $1 or (p.active and exists (select from person_role r where r.person_id = p.id and r.role = any($3)
                                     and $2::timestamptz >= r.valid_from and $2::timestamptz < r.valid_to))`,
    [input.personId, at, rolesWith(['people.write', 'people.confirm'])],
  );
  return { person: rows.find(({ personId }) => personId === input.personId) ?? null, staff: rows };
}

export interface RoleChangeRow {
  readonly id: string;
  readonly personId: string;
  readonly personName: string;
  readonly partnerName: string | null;
  readonly kind: RoleChange['kind'];
  readonly role: Role | null;
  readonly limitMinor: number | null;
  readonly limitCurrency: string | null;
  readonly words: string;
  readonly proposedBy: string;
  readonly proposedByName: string;
  readonly proposedAt: Date;
  /** Whether whoever proposed it may still propose. */
  readonly proposerStillMay: boolean;
  readonly status: 'open' | 'confirmed' | 'declined';
  readonly decidedByName: string | null;
  readonly decidedAt: Date | null;
  readonly decidedWords: string | null;
}

const ROW = `
  select c.id, c.person_id as "personId", p.display_name as "personName", t.name as "partnerName", c.kind, c.role, c.limit_minor::float8 as "limitMinor",
         c.limit_currency as "limitCurrency", c.words, c.proposed_by as "proposedBy", b.display_name as "proposedByName", c.proposed_at as "proposedAt",
         b.active and exists (select from person_role r where r.person_id = b.id and r.role = any($2)
                                 and $1::timestamptz >= r.valid_from and $1::timestamptz < r.valid_to) as "proposerStillMay",
         c.status, d.display_name as "decidedByName", c.decided_at as "decidedAt", c.decided_words as "decidedWords"
    from role_change c join person p on p.id = c.person_id left join partner t on t.id = p.partner_id
    join person b on b.id = c.proposed_by left join person d on d.id = c.decided_by`;

const MOST_OPEN = 200;
const MOST_DECIDED = 50;

/** Proposals that wait, the oldest first, and then those that were decided last. Vendor scope only. */
export async function roleChangesOf(sql: Sql, at: string): Promise<RoleChangeRow[]> {
  const values = [at, rolesWith(['people.write'])];
  const open = await sql.rows<RoleChangeRow>(
    `${ROW} where c.status = 'open' order by c.proposed_at, c.id limit ${MOST_OPEN}`,
    values,
  );
  const decided = await sql.rows<RoleChangeRow>(
    `${ROW} where c.status <> 'open' order by c.decided_at desc, c.id limit ${MOST_DECIDED}`,
    values,
  );
  return [...open, ...decided];
}

/** A proposal, locked until the transaction ends; null when there is none. Lock the people first. */
export async function lockRoleChange(
  transaction: OwnTransaction,
  input: { id: string; atMs: number },
): Promise<RoleChangeRow | null> {
  const rows = await sqlIn(transaction).rows<RoleChangeRow>(`${ROW} where c.id = $3 for update of c`, [
    new Date(input.atMs).toISOString(),
    rolesWith(['people.write']),
    input.id,
  ]);
  return rows[0] ?? null;
}

/** The change that a proposal asks for. Throws for a row that no proposal can be. */
export function changeOf(
  row: Pick<RoleChangeRow, 'id' | 'kind' | 'role' | 'limitMinor' | 'limitCurrency'>,
): RoleChange {
  const { kind, role, limitMinor, limitCurrency } = row;
  const limit =
    limitMinor === null || limitCurrency === null
      ? null
      : { amountMinor: limitMinor, currency: limitCurrency };
  if (kind === 'suspend' || kind === 'reinstate') return { kind };
  if (role === null) throw new RangeError(`The change ${row.id} names no role.`);
  return kind === 'take_role' ? { kind, role } : { kind, role, limit };
}

/** The open proposal about the same (a role of a person, or whether he is active); null when there is none. */
export async function openRoleChange(
  transaction: OwnTransaction,
  about: { personId: string; role: Role | null },
): Promise<{ id: string; proposedByName: string; proposedAt: Date } | null> {
  const rows = await transaction.$queryRaw<{ id: string; proposedByName: string; proposedAt: Date }[]>`
    select c.id, b.display_name as "proposedByName", c.proposed_at as "proposedAt" from role_change c join person b on b.id = c.proposed_by
     where c.status = 'open' and c.person_id = ${about.personId} and coalesce(c.role, '') = ${about.role ?? ''}`;
  return rows[0] ?? null;
}

export async function addRoleChange(
  transaction: OwnTransaction,
  proposal: {
    id: string;
    personId: string;
    change: RoleChange;
    words: string;
    proposedBy: string;
    atMs: number;
  },
): Promise<void> {
  const { id, personId, change, words, proposedBy, atMs } = proposal;
  const limit = 'limit' in change ? change.limit : null;
  await transaction.roleChange.create({
    data: {
      id,
      personId,
      kind: change.kind,
      role: 'role' in change ? change.role : null,
      limitMinor: limit?.amountMinor ?? null,
      limitCurrency: limit?.currency ?? null,
      words,
      proposedBy,
      proposedAt: new Date(atMs),
    },
    select: { id: true },
  });
}

export async function decideRoleChange(
  transaction: OwnTransaction,
  verdict: { id: string; status: 'confirmed' | 'declined'; decidedBy: string; words: string; atMs: number },
): Promise<void> {
  const { id, status, decidedBy, words, atMs } = verdict;
  await transaction.roleChange.update({
    where: { id },
    data: { status, decidedBy, decidedAt: new Date(atMs), decidedWords: words },
    select: { id: true },
  });
}

/** Makes the change: from this transaction on the person may do what it says. Gives how many sessions of his it ended. */
export async function makeRoleChange(
  transaction: OwnTransaction,
  input: { personId: string; change: RoleChange; atMs: number },
): Promise<{ sessionsEnded: number }> {
  const { personId, change } = input;
  const at = new Date(input.atMs);
  switch (change.kind) {
    case 'give_role': {
      const data = {
        limitMinor: change.limit?.amountMinor ?? null,
        limitCurrency: change.limit?.currency ?? null,
      };
      const until = 'infinity';
      // A role that was held before begins anew: when it was held is in the audit chain.
      await transaction.$executeRaw`insert into person_role (person_id, role, limit_minor, limit_currency, valid_from, valid_to)
        values (${personId}, ${change.role}, ${data.limitMinor}::bigint, ${data.limitCurrency}, ${at}, ${until}::timestamptz)
        on conflict (person_id, role) do update set limit_minor = excluded.limit_minor, limit_currency = excluded.limit_currency,
          valid_from = excluded.valid_from, valid_to = excluded.valid_to`;
      return { sessionsEnded: 0 };
    }
    case 'change_limit':
      await transaction.personRole.update({
        where: { personId_role: { personId, role: change.role } },
        data: {
          limitMinor: change.limit?.amountMinor ?? null,
          limitCurrency: change.limit?.currency ?? null,
        },
        select: { role: true },
      });
      return { sessionsEnded: 0 };
    case 'take_role':
      await transaction.personRole.update({
        where: { personId_role: { personId, role: change.role } },
        data: { validTo: at },
        select: { role: true },
      });
      return { sessionsEnded: 0 };
    case 'suspend':
      await setActive(transaction, personId, false);
      await transaction.$executeRaw`update task set claimed_by = null, claimed_until = null
        where claimed_by = ${personId} and status in ('open', 'paused')`;
      return { sessionsEnded: await endSessionsOf(transaction, { personId, atMs: input.atMs }) };
    case 'reinstate':
      await setActive(transaction, personId, true);
      return { sessionsEnded: 0 };
    default:
      return change satisfies never;
  }
}

async function setActive(transaction: OwnTransaction, id: string, active: boolean): Promise<void> {
  await transaction.person.update({ where: { id }, data: { active }, select: { id: true } });
}

/** An open task that was given to one person by name. */
export interface NamedTask {
  readonly id: string;
  readonly caseKind: string;
  readonly caseId: string;
  readonly workflowId: string;
  readonly role: string;
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly status: 'open' | 'paused';
}

export async function namedTasksOf(transaction: OwnTransaction, personId: string): Promise<NamedTask[]> {
  return await sqlIn(transaction).rows<NamedTask>(
    `select id, case_kind as "caseKind", case_id as "caseId", workflow_id as "workflowId", role, amount_minor::float8 as "amountMinor", currency, status
       from task where named_id = $1 and status in ('open', 'paused') order by id`,
    [personId],
  );
}

/** Asks the case of a task, by a receipt that the relay delivers, to put the task back into its queue. */
export async function sendBackToQueue(
  transaction: OwnTransaction,
  request: {
    task: NamedTask;
    actorId: string;
    words: string;
    idempotencyKey: string;
    updateId: string;
    bodyHash: string;
    updateName: string;
    route: string;
  },
): Promise<void> {
  const { task, actorId, words } = request;
  await addReceipt(sqlIn(transaction), {
    personId: actorId,
    actingForId: null,
    partnerId: null,
    route: request.route,
    idempotencyKey: request.idempotencyKey,
    bodyHash: request.bodyHash,
    body: { personId: null, words },
    caseKind: task.caseKind,
    caseId: task.caseId,
    workflowId: task.workflowId,
    startsWorkflow: null,
    updateName: request.updateName,
    updateId: request.updateId,
    facts: { taskId: task.id, personId: null },
    receivedAtMs: null,
    relayAfterMs: 0,
  });
}
