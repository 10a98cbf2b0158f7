import type { QualificationSignal } from '../../domain/deal-registration/policy.ts';
import { isCustomersChoice, qualificationOf } from '../../domain/deal-registration/qualification.ts';
import type { CaseState } from '../../domain/deal-registration/case.ts';
import type { SalesActivity } from '../../domain/deal-registration/status.ts';
import type { ReviewWindowState } from '../../domain/deal-registration/review-window.ts';
import type { Transaction } from './transaction.ts';

/* Review windows and who is in them. */

/** An open window for one of these accounts (or rows a person called the same company) in a family. */
export async function findOpenWindow(
  tx: Transaction,
  input: { family: string; accountIds: readonly string[]; atMs: number },
): Promise<{ id: string; workflowId: string; closesAtMs: number } | null> {
  const { rows } = await tx.query<{ id: string; workflowId: string; closesAtMs: number }>(
    `select w.id, w.workflow_id as "workflowId", (extract(epoch from w.closes_at) * 1000)::bigint as "closesAtMs" from review_window w
      where w.family = $1 and w.closed_at is null and w.closes_at > $3
        and w.account_id in (select s.account_id from account_standing s where s.canonical_id in
              (select o.canonical_id from account_standing o where o.account_id = any ($2)))
      order by w.opened_at, w.id limit 1`,
    [input.family, input.accountIds, new Date(input.atMs).toISOString()],
  );
  return rows[0] ?? null;
}

export async function insertWindow(
  tx: Transaction,
  input: { state: ReviewWindowState; workflowId: string; accountId: string; openedAtMs: number },
): Promise<void> {
  const { state } = input;
  await tx.query(
    `insert into review_window (id, workflow_id, account_id, family, opened_at, closes_at, program_id, policy_id, case_state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      state.windowId,
      input.workflowId,
      input.accountId,
      state.family,
      new Date(input.openedAtMs).toISOString(),
      new Date(state.closesAtMs).toISOString(),
      state.programId,
      state.policyId,
      state,
    ],
  );
}

/** When the last of these windows closes; null when none of them is open. */
export async function readLastClose(tx: Transaction, windowIds: readonly string[]): Promise<number | null> {
  if (windowIds.length === 0) return null;
  const { rows } = await tx.query<{ last: number | null }>(
    'select (extract(epoch from max(closes_at)) * 1000)::bigint as last from review_window where id = any ($1) and closed_at is null',
    [windowIds],
  );
  return rows[0]?.last ?? null;
}

export async function insertMember(
  tx: Transaction,
  input: { windowId: string; registrationId: string; receipt: number; atMs: number },
): Promise<void> {
  await tx.query(
    'insert into review_window_member (window_id, registration_id, receipt, joined_at) values ($1, $2, $3, $4) on conflict do nothing',
    [input.windowId, input.registrationId, input.receipt, new Date(input.atMs).toISOString()],
  );
}

/** The window's state, locked until the transaction ends. */
export async function lockWindow(tx: Transaction, windowId: string): Promise<ReviewWindowState | null> {
  const { rows } = await tx.query<{ case_state: ReviewWindowState }>(
    'select case_state from review_window where id = $1 for update',
    [windowId],
  );
  return rows[0]?.case_state ?? null;
}

export async function saveWindow(tx: Transaction, state: ReviewWindowState, atMs: number): Promise<void> {
  await tx.query(
    'update review_window set case_state = $2, closed_at = case when $3 then coalesce(closed_at, $4::timestamptz) end where id = $1',
    [state.windowId, state, state.closed, new Date(atMs).toISOString()],
  );
}

/** When the first of these registrations is due to be decided; null when none has such a clock. */
export async function readFirstDue(
  tx: Transaction,
  registrationIds: readonly string[],
): Promise<number | null> {
  const { rows } = await tx.query<{ first: number | null }>(
    `select (extract(epoch from min(due_at)) * 1000)::bigint as first from sla_clock
      where case_id = any ($1) and kind = 'decision' and phase = 'running'`,
    [registrationIds],
  );
  return rows[0]?.first ?? null;
}

/** A registration in a window that is still undecided. */
export interface MemberRow {
  /** As its own last step left it. */
  readonly state: CaseState;
  readonly registrationId: string;
  readonly reference: string;
  readonly partnerId: string;
  readonly submittedBy: string;
  readonly customerName: string;
  readonly type: string;
  readonly valueMinor: number;
  readonly currency: string;
  readonly receipt: number;
  readonly materialHash: string;
  readonly signals: QualificationSignal[];
  readonly customersChoice: boolean;
}

/** The members that are not decided yet, whether or not they can be decided now, in the order of their receipts. */
export async function readMembers(tx: Transaction, windowId: string): Promise<MemberRow[]> {
  const { rows } = await tx.query<
    Omit<MemberRow, 'signals' | 'customersChoice'> & {
      details: {
        salesActivities?: SalesActivity[];
        incumbentReseller?: string | null;
        evidenceIds?: string[];
        customersChoice?: string | null;
      };
      /** The evidence that is really there: an id alone proves nothing. */
      files: string[];
      partner: { name: string; country: string; certified: boolean };
    }
  >(
    `select r.id as "registrationId", r.case_state as state, r.reference, r.partner_id as "partnerId", r.submitted_by as "submittedBy", a.legal_name as "customerName",
            r.type, r.value_minor as "valueMinor", r.currency, r.receipt, r.material_hash as "materialHash", r.details,
            array(select f.id from evidence_file f where f.registration_id = r.id) as files,
            json_build_object('name', p.name, 'country', p.country, 'certified',
              exists (select 1 from partner_certification c where c.partner_id = p.id and (c.valid_until is null or c.valid_until > r.submitted_at))) as partner
       from review_window_member m join registration r on r.id = m.registration_id join account a on a.id = r.account_id join partner p on p.id = r.partner_id
      where m.window_id = $1 and r.status in ('submitted', 'under_review', 'pending_approval', 'info_requested', 'in_conflict')
      order by r.receipt`,
    [windowId],
  );
  return rows.map(({ details, files, partner, ...row }) => ({
    ...row,
    signals: qualificationOf({
      salesActivities: details.salesActivities ?? [],
      incumbentReseller: details.incumbentReseller ?? null,
      partner,
    }),
    customersChoice: isCustomersChoice({
      customersChoice: details.customersChoice,
      evidenceIds: (details.evidenceIds ?? []).filter((id) => files.includes(id)),
    }),
  }));
}
