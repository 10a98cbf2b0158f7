import { z } from 'zod';
import { preferences as preferencesSchema, type Preferences } from '../../api/contract/session.ts';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import { defaultMail, type MailChoice } from '../../domain/mail-choice.ts';
import type { ClosureCode, RegistrationStatus } from '../../domain/deal-registration/status.ts';
import type { Pool } from './pool.ts';
import { TASK_REFERENCE } from './tasks.ts';

/** What must leave the house, as the relay sees it: due mails and signals, and what became of an attempt. */

export interface DueOutbound {
  readonly id: string;
  readonly caseId: string;
  readonly seq: number;
  readonly n: number;
  readonly channel: 'mail' | 'signal';
  /** A person's id or `role:<role>` for a mail, a workflow id for a signal. */
  readonly target: string;
  readonly template: string;
  readonly payload: object;
  /** Counts the attempt for which it was claimed. */
  readonly attempts: number;
}

/**
 * Claims up to `limit` rows that are due until `leaseUntilMs`. Nothing leaves before its `not_before` (the undo window).
 * Of each case and receiver only the first that is open, so that a receiver learns of a case in order; a parked row, and
 * a receiver that cannot be reached, hold nobody else up.
 */
export const claimOutbound = async (input: {
  pool: Pool;
  nowMs: number;
  leaseUntilMs: number;
  limit: number;
}): Promise<DueOutbound[]> => {
  const { rows } = await input.pool.query<DueOutbound>(
    `with due as (
       select o.id from outbound o
        where o.delivered_at is null and o.parked_at is null
          and coalesce(o.next_attempt_at, o.not_before) <= $1 and o.not_before <= $1
          and not exists (select from outbound e where e.case_id = o.case_id and e.channel = o.channel and e.target = o.target
                             and (e.seq, e.n) < (o.seq, o.n) and e.delivered_at is null and e.parked_at is null)
        order by coalesce(o.next_attempt_at, o.not_before), o.case_id, o.seq, o.n
        limit $3 for update of o skip locked)
     update outbound o set attempts = o.attempts + 1, next_attempt_at = $2 from due where o.id = due.id
     returning o.id, o.case_id as "caseId", o.seq, o.n, o.channel, o.target, o.template, o.payload, o.attempts`,
    [instant(input.nowMs), instant(input.leaseUntilMs), input.limit],
  );
  return rows;
};

/** What became of a delivery that needs no more attempts; `reason` says why nothing had to leave. */
export interface Delivered {
  readonly id: string;
  readonly atMs: number;
  readonly reason: DeliveryReason | null;
}

/** Marks rows that left, or (`reason`) need not leave: many in one transaction. */
export const markDelivered = async (pool: Pool, delivered: readonly Delivered[]): Promise<void> => {
  await pool.query(
    `update outbound o set delivered_at = d.at, skip_reason = d.reason, last_error = null, next_attempt_at = null
       from unnest($1::text[], $2::timestamptz[], $3::text[]) as d(id, at, reason)
      where o.id = d.id and o.delivered_at is null`,
    [
      delivered.map(({ id }) => id),
      delivered.map(({ atMs }) => instant(atMs)),
      delivered.map(({ reason }) => reason),
    ],
  );
};
export type DeliveryReason = 'preference' | 'inactive' | 'receiver_ended' | 'fanned_out';

/** An attempt failed: when to try again, or (`parkedAtMs`) that only a person makes it go on. */
export const recordOutboundFault = async (input: {
  pool: Pool;
  id: string;
  cause: string;
  nextAttemptAtMs: number;
  parkedAtMs: number | null;
}): Promise<void> => {
  await input.pool.query(
    `update outbound set last_error = $2, next_attempt_at = $3, parked_at = $4 where id = $1 and delivered_at is null`,
    [
      input.id,
      input.cause,
      instant(input.nextAttemptAtMs),
      input.parkedAtMs === null ? null : instant(input.parkedAtMs),
    ],
  );
};

export interface MailRecipient {
  readonly id: string;
  readonly email: string;
  readonly displayName: string;
  readonly locale: string;
  readonly timeZone: string;
  readonly side: 'vendor' | 'partner';
  readonly active: boolean;
  readonly mail: Preferences['mail'];
  /** In whose name mails are written. */
  readonly vendorName: string;
}

/** Looked up when the mail is sent, so that it goes where the person is now. Null: no such person. */
export const findRecipient = async (pool: Pool, personId: string): Promise<MailRecipient | null> => {
  const { rows } = await pool.query<Omit<MailRecipient, 'mail'> & { preferences: unknown }>(
    `select id, email, display_name as "displayName", locale, time_zone as "timeZone", side, active, preferences,
            coalesce((select vendor_name from installation), 'Fairlead') as "vendorName"
       from person where id = $1`,
    [personId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { preferences, ...person } = row;
  return { ...person, mail: mailChoices(preferences) };
};

/** What a person chose, or the default where nothing (valid) was chosen. */
const mailChoices = (preferences: unknown): Preferences['mail'] => {
  const stored = z.object({ mail: z.record(z.string(), z.unknown()) }).safeParse(preferences);
  const chosen = preferencesSchema.shape.mail.safeParse({ ...defaultMail, ...stored.data?.mail });
  return chosen.success ? chosen.data : defaultMail;
};

/**
 * Replaces a mail to `role:<role>` by one to each of the vendor's people who hold the role at `atMs`, or stand in for one who
 * does, and want it (`choice` names the preference that it is subject to). Answers how many there are, wanting it or not;
 * with nobody in the role nothing is changed.
 */
export const fanOutToRole = async (input: {
  pool: Pool;
  row: DueOutbound;
  role: string;
  choice: MailChoice | null;
  atMs: number;
}): Promise<number> => {
  const { row, choice } = input;
  const { rows } = await input.pool.query<{ holders: number }>(
    `with holders as (
       select person_id, $3::int + (row_number() over (order by person_id))::int as n, wants
         from role_readers($7, $6::timestamptz, $8, $9)
     ), made as (
       insert into outbound (id, case_id, seq, n, channel, target, template, payload, not_before)
       select 'out_' || substr(encode(sha256(convert_to($1 || ':' || $2 || ':' || n, 'UTF8')), 'hex'), 1, 26),
              $1, $2::int, n, 'mail', person_id, $4, $5::jsonb, $6::timestamptz
         from holders where wants
       on conflict do nothing
     ), replaced as (
       update outbound set delivered_at = $6::timestamptz, next_attempt_at = null, last_error = null,
              skip_reason = case when exists (select from holders where wants) then 'fanned_out' else 'preference' end
        where id = $10 and delivered_at is null and exists (select from holders)
     )
     select count(*)::int as holders from holders`,
    [
      row.caseId,
      row.seq,
      // Numbers of their own: a step has fewer than a thousand rows, a role fewer than a thousand holders.
      1_000 * (row.n + 1),
      row.template,
      JSON.stringify(row.payload),
      instant(input.atMs),
      input.role,
      choice,
      choice === null ? null : defaultMail[choice],
      row.id,
    ],
  );
  return rows[0]?.holders ?? 0;
};

/** What the record knows of a case that mails tell, as it is when the mail is sent; instants are ISO-8601 in UTC. */
export interface CaseForMail {
  readonly registrationId: string;
  readonly reference: string;
  readonly customerName: string;
  readonly opportunityName: string;
  readonly partnerName: string;
  readonly value: { readonly amountMinor: number; readonly currency: string };
  readonly status: RegistrationStatus;
  readonly closureCode: ClosureCode | null;
  readonly appealed: boolean;
  /** Of the policy that the case began under. */
  readonly disclosure: DealRegistrationPolicy['disclosure'];
  readonly mayExtend: boolean;
  readonly queue: string | null;
  readonly answerByAt: string | null;
  readonly protectedUntilAt: string | null;
  /** Until when a denial may be appealed; null when it may not. */
  readonly appealUntilAt: string | null;
  /** What the partner was told with the newest decision that stands, and with the newest note. */
  readonly decisionWords: string;
  readonly noteWords: string;
  /** What the partner answered last when he was asked. */
  readonly answerWords: string;
}

/** Null when the case is none that the record has (a digest's, for one). */
export const findCaseForMail = async (pool: Pool, caseId: string): Promise<CaseForMail | null> => {
  const { rows } = await pool.query<
    Omit<CaseForMail, 'value' | 'answerByAt' | 'protectedUntilAt' | 'appealUntilAt'> & {
      valueMinor: number;
      currency: string;
      answerBy: Date | null;
      protectedUntil: Date | null;
      appealUntil: Date | null;
    }
  >(
    `select r.id as "registrationId", r.reference, a.legal_name as "customerName", r.opportunity_name as "opportunityName", p.name as "partnerName",
            r.value_minor as "valueMinor", r.currency, r.status, r.closure_code as "closureCode", r.queue,
            coalesce((r.case_state ->> 'appealed')::boolean, false) as appealed, d.body -> 'disclosure' as disclosure,
            coalesce(jsonb_array_length(d.body -> 'extension' -> 'steps'), 0) > r.extensions as "mayExtend",
            r.answer_by as "answerBy", case when isfinite(r.protected_until) then r.protected_until end as "protectedUntil",
            (select min(c.due_at) from sla_clock c where c.case_id = r.id and c.kind = 'appeal_window' and c.phase = 'running') as "appealUntil",
            coalesce((select n.words from decision n where n.case_id = r.id and n.retracts is null
                         and not exists (select from decision u where u.retracts = n.id) order by n.seq desc limit 1), '') as "decisionWords",
            coalesce((select e.facts ->> 'words' from process_event e where e.case_id = r.id and e.kind = 'note_written'
                         and e.audience = 'everyone' order by e.seq desc limit 1), '') as "noteWords",
            coalesce((select e.facts ->> 'words' from process_event e where e.case_id = r.id and e.kind = 'information_answered'
                       order by e.seq desc limit 1), '') as "answerWords"
       from registration r join account a on a.id = r.account_id join partner p on p.id = r.partner_id
       join policy_document d on d.id = r.policy_id where r.id = $1`,
    [caseId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { valueMinor, currency, answerBy, protectedUntil, appealUntil, ...rest } = row;
  return {
    ...rest,
    value: { amountMinor: valueMinor, currency },
    answerByAt: answerBy?.toISOString() ?? null,
    protectedUntilAt: protectedUntil?.toISOString() ?? null,
    appealUntilAt: appealUntil?.toISOString() ?? null,
  };
};

/** What the record knows of a special price request, or of an agreement, that mails tell, as it is when the mail is sent. */
export interface PriceForMail {
  readonly kind: 'request' | 'agreement';
  readonly id: string;
  readonly reference: string;
  readonly customerName: string;
  readonly partnerName: string;
  readonly value: { readonly amountMinor: number; readonly currency: string };
  /** What the partner was told with the newest decision that is in effect, with the newest note, and what he answered last. */
  readonly decisionWords: string;
  readonly noteWords: string;
  readonly answerWords: string;
}

/** Null when the case is none of special pricing. */
export const findPriceForMail = async (pool: Pool, caseId: string): Promise<PriceForMail | null> => {
  const { rows } = await pool.query<Omit<PriceForMail, 'value'> & { amountMinor: number; currency: string }>(
    `with c as (
       select 'request' as kind, s.id, s.reference, a.legal_name as "customerName", s.partner_id, s.net_minor as "amountMinor", s.currency
         from special_price_request s join account a on a.id = s.account_id where s.id = $1
       union all
       select 'agreement', a.id, a.reference, a.customer_name, a.partner_id,
              (select coalesce(sum(l.net_unit_minor * l.cap_quantity), 0)::bigint from pricing_agreement_line l
                where l.agreement_id = a.id and l.version = a.version), a.currency
         from pricing_agreement a where a.id = $1)
     select c.kind, c.id, c.reference, c."customerName", p.name as "partnerName", c."amountMinor", c.currency,
            coalesce((select n.words from decision n where n.case_id = c.id and n.retracts is null and n.outcome <> 'approve'
                         and not exists (select from decision u where u.retracts = n.id) order by n.seq desc limit 1), '') as "decisionWords",
            coalesce((select e.facts ->> 'words' from process_event e where e.case_id = c.id and e.kind = 'note_written'
                         and e.audience = 'everyone' order by e.seq desc limit 1), '') as "noteWords",
            coalesce((select e.facts ->> 'words' from process_event e where e.case_id = c.id and e.kind = 'price_resubmitted'
                       order by e.seq desc limit 1), '') as "answerWords"
       from c join partner p on p.id = c.partner_id`,
    [caseId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { amountMinor, currency, ...rest } = row;
  return { ...rest, value: { amountMinor, currency } };
};

/**
 * Of a task `t` and a person `p`: a role held at that time, by himself or by somebody he stands in for, within the limit and
 * the deputy's cap, not excluded, not somebody else's.
 */
const waitsFor = (
  at: '$1' | '$2',
): string => `t.status in ('open', 'paused') and not (p.id = any (t.excluded_ids))
  and not exists (select from absence x where x.deputy_id = p.id and x.person_id = any (t.excluded_ids)
                     and ${at}::timestamptz >= x.from_at and ${at}::timestamptz < x.to_at)
  and exists (select from (select p.id, null::bigint as cap
                           union all
                           select a.person_id, a.cap_minor from absence a
                            where a.deputy_id = p.id and ${at}::timestamptz >= a.from_at and ${at}::timestamptz < a.to_at) w
                join person_role h on h.person_id = w.id and h.role = t.role
               where (t.named_id is null or t.named_id = w.id)
                 and ${at}::timestamptz >= h.valid_from and ${at}::timestamptz < h.valid_to
                 and (h.limit_minor is null or t.amount_minor is null
                      or (t.amount_minor <= h.limit_minor and (h.limit_currency is null or h.limit_currency = t.currency)))
                 and (w.cap is null or t.amount_minor is null or t.amount_minor <= w.cap))`;

export interface WaitingTask {
  readonly caseId: string;
  readonly caseKind: string;
  /** The task, when it is about several registrations at once and its case is none of them. */
  readonly jointTaskId: string | null;
  readonly reference: string;
  readonly customerName: string;
  readonly kind: string;
  readonly dueAt: string | null;
}

/** What waits for a person, the most urgent first, and how much there is in all. */
export const findWaiting = async (input: {
  pool: Pool;
  personId: string;
  atMs: number;
  limit: number;
}): Promise<{ waiting: WaitingTask[]; total: number }> => {
  const { rows } = await input.pool.query<Omit<WaitingTask, 'dueAt'> & { dueAt: Date | null; total: number }>(
    `select t.case_id as "caseId", t.case_kind as "caseKind", case when t.case_kind = 'review-window' then t.id end as "jointTaskId", ${TASK_REFERENCE} as reference,
            coalesce(a.legal_name, t.subject) as "customerName",
            t.kind, t.due_at as "dueAt", count(*) over () as total
       from task t join person p on p.id = $1 and ${waitsFor('$2')}
       left join registration r on r.id = t.case_id left join account a on a.id = r.account_id
      order by t.due_at nulls last, t.id limit $3`,
    [input.personId, instant(input.atMs), input.limit],
  );
  return {
    waiting: rows.map(({ total: _total, dueAt, ...row }) => ({
      ...row,
      dueAt: dueAt?.toISOString() ?? null,
    })),
    total: rows[0]?.total ?? 0,
  };
};

export interface DigestReader {
  readonly id: string;
  readonly timeZone: string;
  readonly digest: Preferences['mail']['digest'];
  readonly open: number;
  readonly breached: number;
}

/** The vendor's people for whom something waits. */
export const findDigestReaders = async (pool: Pool, atMs: number): Promise<DigestReader[]> => {
  const { rows } = await pool.query<Omit<DigestReader, 'digest'> & { preferences: unknown }>(
    `select p.id, p.time_zone as "timeZone", p.preferences, c.open, c.breached
       from person p cross join lateral (
         select count(*) as open, count(*) filter (where t.breached_at is not null) as breached
           from task t where ${waitsFor('$1')}) c
      where p.side = 'vendor' and p.active and c.open > 0 order by p.id`,
    [instant(atMs)],
  );
  return rows.map(({ preferences, ...row }) => ({ ...row, digest: mailChoices(preferences).digest }));
};

/**
 * Adds a person's digest of one local day, once: the key is (person, day). Counts only; what waits is looked up when the
 * mail is sent. Answers whether it is new. `localDay` is `YYYY-MM-DD`.
 */
export const addDigest = async (input: {
  pool: Pool;
  reader: DigestReader;
  localDay: string;
  period: 'day' | 'week';
  atMs: number;
}): Promise<boolean> => {
  const { reader } = input;
  const made = await input.pool.query(
    `insert into outbound (id, case_id, seq, n, channel, target, template, payload, not_before)
     values ('out_' || substr(encode(sha256(convert_to($1 || ':' || $2 || ':0', 'UTF8')), 'hex'), 1, 26),
             $1, $2::int, 0, 'mail', $1, 'digest', $3::jsonb, $4::timestamptz)
     on conflict do nothing`,
    [
      reader.id,
      Number(input.localDay.replaceAll('-', '')),
      JSON.stringify({ periodWords: input.period, open: reader.open, breached: reader.breached }),
      instant(input.atMs),
    ],
  );
  return made.rowCount === 1;
};

const instant = (ms: number): string => new Date(ms).toISOString();
