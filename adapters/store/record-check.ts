/** The invariants that are state (docs/pieces/verify.md). */
export type Invariant = 'I1' | 'I4' | 'I8' | 'I9' | 'I10' | 'protection' | 'pricing' | 'ledger' | 'claims';

/** A check of `verify` that is one query. */
export interface RecordCheck {
  readonly invariant: Invariant;
  readonly name: string;
  /** One number: how much the check looks at. */
  readonly count: string;
  /** Rows (subject, detail) of what is wrong; `$1` is the latest instant at which it should have been done. */
  readonly failures: string;
  readonly before: number | null;
}
