import { timesPpm } from '../../domain/money.ts';
import type { PricingAgreementState } from '../../domain/special-pricing/case.ts';
import type {
  AgreementEndCode,
  AgreementVersionKind,
  PricingAgreementStatus,
} from '../../domain/special-pricing/status.ts';
import type { PricedLine } from '../../domain/special-pricing/waterfall.ts';
import { contactOf } from './special-pricing.ts';
import type { RequestRow } from './special-pricing.ts';
import type { Transaction } from './transaction.ts';

/*
 * The record of agreements on special prices. A version and its lines are written by the step that grants it and never edited;
 * everything else of an agreement is its own process's.
 */

export interface AgreedLine {
  readonly lineNo: number;
  readonly sku: string;
  readonly family: string;
  readonly netUnitMinor: number;
  readonly approvedCostMinor: number;
  readonly capQuantity: number;
}

/**
 * The lines of an agreement from those of a round: the price of a unit with its part of the discount on the whole, rounded down, so that
 * nobody is charged more than was agreed; and of it what the distributor effectively pays.
 */
export function agreementLinesOf(
  lines: readonly { readonly sku: string; readonly family: string; readonly capQuantity: number }[],
  priced: readonly Pick<PricedLine, 'netMinor' | 'quantity'>[],
  distributorMarginPpm: number,
): AgreedLine[] {
  return lines.map(({ sku, family, capQuantity }, place) => {
    const { netMinor, quantity } = priced[place] ?? { netMinor: 0, quantity: 1 };
    const netUnitMinor = Math.floor(netMinor / quantity);
    const approvedCostMinor = netUnitMinor - timesPpm(netUnitMinor, distributorMarginPpm);
    return { lineNo: place + 1, sku, family, netUnitMinor, approvedCostMinor, capQuantity };
  });
}

const at = (ms: number): string => new Date(ms).toISOString();

/** Stores an agreement with its first version; its workflow takes the first step. Gives the state that it begins from. */
export async function insertAgreement(
  tx: Transaction,
  fresh: {
    readonly id: string;
    readonly reference: string;
    readonly request: RequestRow;
    readonly decisionId: string;
    readonly validFromMs: number;
    readonly validUntilMs: number;
    readonly agreedUntilMs: number;
    readonly createdAtMs: number;
    readonly lines: readonly AgreedLine[];
  },
): Promise<PricingAgreementState> {
  const { request } = fresh;
  const state: PricingAgreementState = {
    agreementId: fresh.id,
    requestId: request.id,
    partnerId: request.partnerId,
    programId: request.programId,
    policyId: request.policyId,
    registrationId: request.registrationId,
    status: 'active',
    seq: 0,
    version: 1,
    wakes: [],
    last: { byId: null, atMs: fresh.createdAtMs, what: 'price_approved' },
  };
  await tx.query(
    `insert into pricing_agreement (id, reference, request_id, registration_id, account_id, customer_name, partner_id, distributor_id, program_id,
       policy_id, policy_version, currency, status, version, valid_from, valid_until, created_at, seq, case_state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'active', 1, $13, $14, $15, 0, $16)`,
    [
      fresh.id,
      fresh.reference,
      request.id,
      request.registrationId,
      request.accountId,
      request.customerName,
      request.partnerId,
      request.distributorId,
      request.programId,
      request.policyId,
      request.policyVersion,
      request.currency,
      at(fresh.validFromMs),
      at(fresh.validUntilMs),
      at(fresh.createdAtMs),
      state,
    ],
  );
  await writeVersion(tx, {
    agreementId: fresh.id,
    version: 1,
    kind: 'first',
    requestId: request.id,
    decisionId: fresh.decisionId,
    appliesFromMs: fresh.validFromMs,
    agreedUntilMs: fresh.agreedUntilMs,
    createdAtMs: fresh.createdAtMs,
    partnerId: request.partnerId,
    lines: fresh.lines,
  });
  return state;
}

async function writeVersion(
  tx: Transaction,
  version: {
    readonly agreementId: string;
    readonly version: number;
    readonly kind: AgreementVersionKind;
    readonly requestId: string | null;
    readonly decisionId: string | null;
    readonly appliesFromMs: number;
    readonly agreedUntilMs: number;
    readonly createdAtMs: number;
    readonly partnerId: string;
    readonly lines: readonly AgreedLine[];
  },
): Promise<void> {
  await tx.query(
    `with version as (
       insert into pricing_agreement_version (agreement_id, version, kind, request_id, decision_id, applies_from, valid_until, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
     )
     insert into pricing_agreement_line (agreement_id, version, line_no, partner_id, sku, family, net_unit_minor, approved_cost_minor, cap_quantity)
     select $1, $2, line_no, $9, sku, family, net_unit_minor, approved_cost_minor, cap_quantity
       from jsonb_to_recordset($10::jsonb) as l(line_no int, sku text, family text, net_unit_minor bigint, approved_cost_minor bigint, cap_quantity int)`,
    [
      version.agreementId,
      version.version,
      version.kind,
      version.requestId,
      version.decisionId,
      at(version.appliesFromMs),
      at(version.agreedUntilMs),
      at(version.createdAtMs),
      version.partnerId,
      JSON.stringify(
        version.lines.map((line) => ({
          line_no: line.lineNo,
          sku: line.sku,
          family: line.family,
          net_unit_minor: line.netUnitMinor,
          approved_cost_minor: line.approvedCostMinor,
          cap_quantity: line.capQuantity,
        })),
      ),
    ],
  );
}

/** An agreement's row as steps need it. */
export interface AgreementRow {
  readonly id: string;
  readonly reference: string;
  readonly requestId: string;
  readonly partnerId: string;
  readonly partnerName: string;
  readonly programId: string;
  readonly programName: string;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly registrationId: string | null;
  readonly customerName: string;
  readonly contactId: string;
  readonly currency: string;
  readonly status: PricingAgreementStatus;
  readonly endedCode: AgreementEndCode | null;
  readonly version: number;
  /** The last version that a request made: extensions after it change no price. */
  readonly revisedVersion: number;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** The end that the version in force was agreed with; the protection may cut it. */
  readonly agreedUntilMs: number;
  /** Of all lines of the version in force: what they come to at their caps. */
  readonly valueMinor: number;
  readonly state: PricingAgreementState;
}

/** The agreement, locked until the transaction ends; null when there is none. */
export async function lockAgreement(tx: Transaction, id: string): Promise<AgreementRow | null> {
  const { rows } = await tx.query<AgreementRow>(
    `select a.id, a.reference, a.request_id as "requestId", a.partner_id as "partnerId", p.name as "partnerName", a.program_id as "programId",
            g.name as "programName", a.policy_id as "policyId", a.policy_version as "policyVersion", a.registration_id as "registrationId",
            a.customer_name as "customerName", ${contactOf('a.partner_id', 's.submitted_by')} as "contactId", a.currency, a.status,
            a.ended_code as "endedCode", a.version,
            (select max(w.version) from pricing_agreement_version w where w.agreement_id = a.id and w.request_id is not null) as "revisedVersion",
            (extract(epoch from a.valid_from) * 1000)::bigint as "validFromMs", (extract(epoch from a.valid_until) * 1000)::bigint as "validUntilMs",
            (extract(epoch from v.valid_until) * 1000)::bigint as "agreedUntilMs",
            (select coalesce(sum(l.net_unit_minor * l.cap_quantity), 0)::bigint from pricing_agreement_line l
              where l.agreement_id = a.id and l.version = a.version) as "valueMinor", a.case_state as state
       from pricing_agreement a join partner p on p.id = a.partner_id join program g on g.id = a.program_id
       join special_price_request s on s.id = a.request_id
       join pricing_agreement_version v on v.agreement_id = a.id and v.version = a.version
      where a.id = $1 for update of a`,
    [id],
  );
  return rows[0] ?? null;
}

/** Gives an agreement that the caller has locked a further version by a request; its own process learns of it by signal. */
export async function reviseAgreement(
  tx: Transaction,
  of: {
    readonly id: string;
    readonly version: number;
    readonly kind: 'new_version' | 'new_period';
    readonly requestId: string;
    readonly decisionId: string;
    readonly appliesFromMs: number;
    readonly agreedUntilMs: number;
    readonly validUntilMs: number;
    readonly atMs: number;
    readonly partnerId: string;
    readonly lines: readonly AgreedLine[];
  },
): Promise<void> {
  await writeVersion(tx, { ...of, agreementId: of.id, createdAtMs: of.atMs });
  await tx.query('update pricing_agreement set version = $2, valid_until = $3 where id = $1', [
    of.id,
    of.version,
    at(of.validUntilMs),
  ]);
}

/** The version in force once more, with another end: its prices and caps stay. */
export async function extendVersion(
  tx: Transaction,
  of: {
    readonly agreement: AgreementRow;
    readonly decisionId: string | null;
    readonly agreedUntilMs: number;
    readonly atMs: number;
  },
): Promise<void> {
  const { agreement } = of;
  await tx.query(
    `with version as (
       insert into pricing_agreement_version (agreement_id, version, kind, request_id, decision_id, applies_from, valid_until, created_at)
       select agreement_id, version + 1, 'extension', null, $3, applies_from, $4, $5 from pricing_agreement_version
        where agreement_id = $1 and version = $2
     )
     insert into pricing_agreement_line (agreement_id, version, line_no, partner_id, sku, family, net_unit_minor, approved_cost_minor, cap_quantity)
     select agreement_id, version + 1, line_no, partner_id, sku, family, net_unit_minor, approved_cost_minor, cap_quantity
       from pricing_agreement_line where agreement_id = $1 and version = $2`,
    [agreement.id, agreement.version, of.decisionId, at(of.agreedUntilMs), at(of.atMs)],
  );
}

/** The row did not have the state this step began from: something else wrote it. */
export class AgreementMoved extends Error {
  constructor(id: string, from: PricingAgreementStatus) {
    super(`The pricing agreement ${id} is no longer ${from}.`);
    this.name = 'AgreementMoved';
  }
}

/** Sets an agreement as a step of its own leaves it, by compare-and-set on its state. Throws `AgreementMoved`. */
export async function saveAgreement(
  tx: Transaction,
  of: { id: string; from: PricingAgreementStatus },
  to: {
    readonly status: PricingAgreementStatus;
    readonly endedCode: AgreementEndCode | null;
    readonly endedAtMs: number | null;
    readonly version: number;
    readonly validUntilMs: number;
    readonly nextAtMs: number | null;
    readonly state: PricingAgreementState;
  },
): Promise<void> {
  const { rowCount } = await tx.query(
    `update pricing_agreement set status = $3, ended_code = $4, ended_at = coalesce(ended_at, $5), version = $6, valid_until = $7, next_at = $8,
            seq = $9, case_state = $10 where id = $1 and status = $2`,
    [
      of.id,
      of.from,
      to.status,
      to.endedCode,
      to.endedAtMs === null ? null : at(to.endedAtMs),
      to.version,
      at(to.validUntilMs),
      to.nextAtMs === null ? null : at(to.nextAtMs),
      to.state.seq,
      to.state,
    ],
  );
  if (rowCount !== 1) throw new AgreementMoved(of.id, of.from);
}

/** The highest roles that agreed to the version in force; empty where nobody was asked. */
export async function readApprovingRoles(tx: Transaction, agreementId: string): Promise<string[]> {
  const { rows } = await tx.query<{ role: string }>(
    `select distinct a.role from special_price_approval a
      where a.request_id = (select v.request_id from pricing_agreement_version v
                             where v.agreement_id = $1 and v.request_id is not null order by v.version desc limit 1)`,
    [agreementId],
  );
  return rows.map(({ role }) => role);
}
