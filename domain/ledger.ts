import { MoneyError } from './money.ts';

/*
 * The double-entry ledger of all money that the program owes or expects to owe. A transaction is a set of postings that sum to
 * zero in each currency; a debit is above zero, a credit below. Nothing is edited: a correction is a new transaction with a reason
 * code. An amount in another currency passes through an exchange account in each, so that each currency still sums to zero.
 * The builders here are pure; the database refuses what does not balance (docs/pieces/ledger.md).
 */

/** What accounts there are. Each exists once for a currency and whom or what it is about. */
export const accountKinds = [
  /** Debit: what price support costs the vendor. Of a program. */
  'support_expense',
  /** Credit: support expected for an agreement and not yet claimed. Of an agreement. */
  'support_accrued',
  /** Credit: what is owed to a partner and not yet paid. Of a partner. */
  'partner_payable',
] as const;
export type AccountKind = (typeof accountKinds)[number];

/** An account by what it is, so that the same one is meant wherever it is named. */
export interface AccountName {
  readonly kind: AccountKind;
  /** The program, agreement or partner. */
  readonly subjectId: string;
  readonly currency: string;
}

export interface Posting {
  readonly account: AccountName;
  /** Minor units of the account's currency; above zero a debit, below a credit, never zero. */
  readonly amountMinor: number;
}

/** Why a transaction was written. */
export const transactionKinds = [
  'support_expected',
  'support_claimed',
  'support_released',
  'correction',
] as const;
export type TransactionKind = (typeof transactionKinds)[number];

/** Why an earlier transaction did not stand. */
export const correctionReasons = ['dispute_upheld', 'agreement_changed', 'entered_wrongly'] as const;
export type CorrectionReason = (typeof correctionReasons)[number];

export interface LedgerTransaction {
  /** Made of what it is about, so that writing it again is seen: unique in the ledger. */
  readonly key: string;
  readonly kind: TransactionKind;
  /** For a correction, and for nothing else. */
  readonly reason: CorrectionReason | null;
  readonly postings: readonly Posting[];
}

export const ledgerFaults = [
  'unbalanced',
  'no_postings',
  'zero_posting',
  'account_twice',
  'reason_missing',
  'reason_given',
] as const;
export type LedgerFault = (typeof ledgerFaults)[number];

/** A transaction that the ledger does not take. */
export class LedgerError extends Error {
  readonly code: LedgerFault;

  constructor(code: LedgerFault, key: string) {
    super(`transaction ${key}: ${code}`);
    this.name = 'LedgerError';
    this.code = code;
  }
}

/**
 * A transaction that balances. Postings of nothing are left out by whoever builds them, and an account is named once. Throws
 * `LedgerError`, and `MoneyError` where a sum cannot be kept exactly.
 */
export function transactionOf(draft: LedgerTransaction): LedgerTransaction {
  const { key, kind, reason, postings } = draft;
  if ((kind === 'correction') !== (reason !== null))
    throw new LedgerError(reason === null ? 'reason_missing' : 'reason_given', key);
  if (postings.length === 0) throw new LedgerError('no_postings', key);
  const named = new Set<string>();
  const sums = new Map<string, number>();
  for (const { account, amountMinor } of postings) {
    if (amountMinor === 0) throw new LedgerError('zero_posting', key);
    const name = JSON.stringify([account.kind, account.subjectId, account.currency]);
    if (named.has(name)) throw new LedgerError('account_twice', key);
    named.add(name);
    sums.set(account.currency, exact((sums.get(account.currency) ?? 0) + exact(amountMinor)));
  }
  for (const sum of sums.values()) if (sum !== 0) throw new LedgerError('unbalanced', key);
  return draft;
}

/** What an agreement's support concerns: the accounts that its transactions touch. */
export interface SupportOf {
  readonly programId: string;
  readonly agreementId: string;
  readonly currency: string;
}

/**
 * What is expected to be claimed changes by `amountMinor` (negative: less is expected). Null where nothing changes.
 * `key` names the cause: the agreement and its version.
 */
export function supportExpected(
  of: SupportOf,
  input: { key: string; amountMinor: number },
): LedgerTransaction | null {
  const { key, amountMinor } = input;
  if (amountMinor === 0) return null;
  return transactionOf({
    key,
    kind: 'support_expected',
    reason: null,
    postings: [
      { account: expense(of), amountMinor },
      { account: accrued(of), amountMinor: -amountMinor },
    ],
  });
}

/**
 * A claim is settled for `amountMinor` (negative: the partner gives money back). It is taken from what was expected as far as
 * that reaches (`accruedMinor`, zero or more), the rest is an expense that nobody expected. Money given back is expected again.
 * Null where nothing is settled. `key` names the claim and the agreement.
 */
export function supportClaimed(
  of: SupportOf,
  input: {
    key: string;
    partnerId: string;
    amountMinor: number;
    accruedMinor: number;
    correction: CorrectionReason | null;
  },
): LedgerTransaction | null {
  const { key, partnerId, amountMinor, accruedMinor, correction } = input;
  if (amountMinor === 0) return null;
  const fromAccrued = amountMinor > 0 ? Math.min(amountMinor, Math.max(0, accruedMinor)) : amountMinor;
  const unexpected = amountMinor - fromAccrued;
  return transactionOf({
    key,
    kind: correction === null ? 'support_claimed' : 'correction',
    reason: correction,
    postings: [
      ...(fromAccrued === 0 ? [] : [{ account: accrued(of), amountMinor: fromAccrued }]),
      ...(unexpected === 0 ? [] : [{ account: expense(of), amountMinor: unexpected }]),
      {
        account: { kind: 'partner_payable', subjectId: partnerId, currency: of.currency },
        amountMinor: -amountMinor,
      },
    ],
  });
}

/** Nothing more can be claimed: what is still expected is taken back. Null where nothing is. */
export function supportReleased(
  of: SupportOf,
  input: { key: string; accruedMinor: number },
): LedgerTransaction | null {
  const { key, accruedMinor } = input;
  if (accruedMinor === 0) return null;
  return transactionOf({
    key,
    kind: 'support_released',
    reason: null,
    postings: [
      { account: accrued(of), amountMinor: accruedMinor },
      { account: expense(of), amountMinor: -accruedMinor },
    ],
  });
}

/** What is owed, before it is paid: unique by program, payee, period, currency, kind and source. */
export interface Obligation {
  readonly programId: string;
  readonly payeeId: string;
  /** The month in which it arose, as "2026-03". */
  readonly period: string;
  readonly currency: string;
  readonly kind: ObligationKind;
  /** What it is owed for. */
  readonly sourceId: string;
  /** Negative: the payee owes it. Never zero. */
  readonly amountMinor: number;
}

export const obligationKinds = ['ship_and_debit'] as const;
export type ObligationKind = (typeof obligationKinds)[number];

function expense({ programId, currency }: SupportOf): AccountName {
  return { kind: 'support_expense', subjectId: programId, currency };
}

function accrued({ agreementId, currency }: SupportOf): AccountName {
  return { kind: 'support_accrued', subjectId: agreementId, currency };
}

function exact(amount: number): number {
  if (!Number.isSafeInteger(amount))
    throw new MoneyError('not_a_safe_integer', `${amount} is not an integer that can be kept exactly.`);
  return amount;
}
