import { ClaimFileError, readClaimFile } from '../adapters/claim-file.ts';
import type { ReadClaimLine } from '../adapters/claim-file.ts';
import { loadFacts } from '../adapters/store/account-matching.ts';
import { accruedOf, bookTransactions, transactionIdOf } from '../adapters/store/ledger.ts';
import type { Pool } from '../adapters/store/pool.ts';
import {
  agreementsFor,
  agreementsToAccrue,
  closeClaim,
  drawUnits,
  fileOf,
  listPricesOf,
  lockClaim,
  lockClaimants,
  lockDraws,
  lockStock,
  noteAccrual,
  refuseClaim,
  salesOf,
  writeFaults,
  writeJudged,
} from '../adapters/store/ship-and-debit.ts';
import type {
  ClaimCounts,
  Draw,
  HeldSale,
  JudgedLine,
  ListPrices,
  StoredAgreement,
  WaitingClaim,
} from '../adapters/store/ship-and-debit.ts';
import { inTransaction } from '../adapters/store/transaction.ts';
import type { Transaction } from '../adapters/store/transaction.ts';
import { supportExpected, supportReleased } from '../domain/ledger.ts';
import type { AccountFacts } from '../domain/matching/facts.ts';
import { judgePair } from '../domain/matching/verdict.ts';
import { expectedSupport } from '../domain/ship-and-debit/accrual.ts';
import { saleKey } from '../domain/ship-and-debit/line.ts';
import type { ClaimLine, LineVerdict } from '../domain/ship-and-debit/line.ts';
import { capsOf, termsByDay } from '../domain/ship-and-debit/terms.ts';
import { capKey, judgeNext } from '../domain/ship-and-debit/verdict.ts';
import type { ClaimedAgreement, CustomerVerdict, Remaining } from '../domain/ship-and-debit/verdict.ts';
import { correctSales } from './claim-corrections.ts';
import { settleClaim } from './claim-settlement.ts';
import type { Drawn } from './claim-settlement.ts';

/*
 * A claim file becomes lines, verdicts, draws on caps, and what is owed: in one transaction, or not at all. The file is read
 * twice: first to see that it is whole and which agreements it names, so that their caps can be locked in one order; then line by
 * line, in batches, with what is looked up and what is written a batch at a time. Nothing grows with the file.
 */

const BATCH = 4_000;

/** What became of a claim. `gone`: it was judged meanwhile, by another worker or an earlier try. */
export type ClaimOutcome = 'judged' | 'refused' | 'gone';

/** Judges a claim that waits. `open` gives its bytes, as often as it is asked; by default from the record. */
export async function judgeClaim(
  deps: { readonly pool: Pool },
  input: {
    readonly claim: WaitingClaim;
    readonly nowMs: number;
    readonly open?: () => AsyncIterable<Uint8Array>;
  },
): Promise<ClaimOutcome> {
  const { claim, nowMs } = input;
  const open = input.open ?? (() => fileOf(deps.pool, claim.id));
  const looked = await lookThrough(open(), claim);
  if ('fault' in looked) {
    await inTransaction(deps.pool, (tx) => refuseClaim(tx, { claim, atMs: nowMs, fault: looked }));
    return 'refused';
  }
  return inTransaction(deps.pool, async (tx) => {
    if ((await lockClaim(tx, claim)) === null) return 'gone';
    const known = await whatIsKnown(tx, claim, looked.references);
    const judging = startJudging(tx, claim, known);
    let waiting: ReadClaimLine[] = [];
    for await (const read of readClaimFile(open(), claim.profile)) {
      waiting = waiting.length === 0 ? read : [...waiting, ...read];
      if (waiting.length < BATCH) continue;
      await judging.take(waiting);
      waiting = [];
    }
    if (waiting.length > 0) await judging.take(waiting);
    const { counts, draws } = await judging.end();
    await drawUnits(tx, { partnerId: claim.partnerId, atMs: nowMs, draws });
    const settlements = await settleClaim(tx, {
      claim,
      seq: 1,
      correction: null,
      atMs: nowMs,
      draws,
    });
    await closeClaim(tx, { claim, atMs: nowMs, counts, settlements });
    return 'judged';
  });
}

/** Reads the file once: the references that it names, or why nothing of it can be used. */
async function lookThrough(
  pieces: AsyncIterable<Uint8Array>,
  claim: WaitingClaim,
): Promise<{ references: string[] } | { fault: string; row: number; column: string }> {
  const references = new Set<string>();
  try {
    for await (const read of readClaimFile(pieces, claim.profile))
      for (const one of read) if ('line' in one) references.add(one.line.agreement);
  } catch (error) {
    if (!(error instanceof ClaimFileError)) throw error;
    const { fault, row, column } = error;
    return { fault, row, column };
  }
  return { references: [...references].toSorted() };
}

interface KnownAgreement {
  readonly stored: StoredAgreement;
  readonly claimed: ClaimedAgreement;
  readonly account: AccountFacts | null;
  readonly listMinorOn: (sku: string, day: string) => number | null;
}

interface Known {
  readonly agreements: ReadonlyMap<string, KnownAgreement>;
  readonly caps: Map<string, number>;
  readonly stock: Map<string, number>;
}

/** Everything that lines are judged by, with the caps and the stock locked. */
async function whatIsKnown(
  tx: Transaction,
  claim: WaitingClaim,
  references: readonly string[],
): Promise<Known> {
  const of = { partnerId: claim.partnerId, references };
  await lockCaps(tx, await agreementsFor(tx, of));
  // Read once more now that they are locked: a version that came meanwhile may have corrected what was sold until then, and lines
  // judged by the one before it would never be looked at again.
  const stored = await agreementsFor(tx, of);
  const { caps, draws } = await lockCaps(tx, stored);
  const stock = await lockStock(tx, claim.partnerId);
  const accounts = new Map(
    (await loadFacts(tx, [...new Set(stored.map(({ accountId }) => accountId))])).map((facts) => [
      facts.accountId,
      facts,
    ]),
  );
  const prices = await listPricesOf(tx, {
    priceBookIds: [...new Set(stored.map(({ priceBookId }) => priceBookId))],
    skus: [...new Set(caps.map(({ sku }) => sku))],
  });
  return {
    agreements: new Map(
      stored.map((one) => [
        one.reference,
        {
          stored: one,
          claimed: claimedAgreement(one),
          account: accounts.get(one.accountId) ?? null,
          listMinorOn: pricesBy(prices.filter(({ priceBookId }) => priceBookId === one.priceBookId)),
        },
      ]),
    ),
    caps: new Map(
      draws.map(({ agreementId, sku, capQuantity, drawn }) => [
        capKey(agreementId, sku),
        capQuantity - drawn,
      ]),
    ),
    stock: new Map(stock),
  };
}

/** The caps of agreements and what is drawn under them, locked until the transaction ends. */
async function lockCaps(
  tx: Transaction,
  stored: readonly StoredAgreement[],
): Promise<{ caps: { agreementId: string; sku: string; capQuantity: number }[]; draws: readonly Draw[] }> {
  const caps = stored.flatMap(({ id, versions }) =>
    [...capsOf(versions)].flatMap(([sku, capQuantity]) =>
      capQuantity === null ? [] : [{ agreementId: id, sku, capQuantity }],
    ),
  );
  return { caps, draws: caps.length === 0 ? [] : await lockDraws(tx, caps) };
}

function claimedAgreement(stored: StoredAgreement): ClaimedAgreement {
  const { id, currency, supplied, versions, policy } = stored;
  return {
    agreementId: id,
    currency,
    supplied,
    terms: termsByDay(versions, stored),
    distributorDiscountPpm: policy.distributorDiscountPpm,
    priceInForceAt: policy.priceInForceAt,
    claimDaysAfterMonthEnd: policy.claimWindow.daysAfterMonthEnd,
  };
}

/** A version of the price book holds from its day on, until the next one's. */
function pricesBy(versions: readonly ListPrices[]): (sku: string, day: string) => number | null {
  return (sku, day) => versions.findLast(({ fromDay }) => fromDay <= day)?.prices[sku] ?? null;
}

/** Customers that were compared are remembered up to so many, so that a file of a million customers fills nothing. */
const MOST_CUSTOMERS = 20_000;

/** Whether a customer as a distributor writes him is the agreement's, by the matching piece. */
function customerJudge(): (line: ClaimLine, known: KnownAgreement) => CustomerVerdict {
  const judged = new Map<string, CustomerVerdict>();
  return (line, { stored, account }) => {
    if (account === null) return 'unclear';
    const key = `${stored.id}\n${line.customerCountry ?? ''}\n${line.customer}`;
    const before = judged.get(key);
    if (before !== undefined) return before;
    if (judged.size >= MOST_CUSTOMERS) judged.clear();
    const { verdict } = judgePair({
      left: account,
      right: {
        ...NOTHING_KNOWN,
        legalName: line.customer,
        // A file without countries means the one that was agreed on.
        country: line.customerCountry ?? account.country,
      },
      remembered: null,
      thresholds: { similarNamePpm: stored.similarNamePpm },
    });
    const customer =
      verdict === 'duplicate' || verdict === 'probable'
        ? 'same'
        : verdict === 'different'
          ? 'different'
          : 'unclear';
    judged.set(key, customer);
    return customer;
  };
}

const NOTHING_KNOWN = {
  accountId: '',
  registrableDomain: null,
  contactDomains: [],
  addressLine1: null,
  city: null,
  postalCode: null,
  phone: null,
  taxIdHash: null,
  taxIdLast2: null,
  parentAccountId: null,
};

interface Judging {
  take(read: readonly ReadClaimLine[]): Promise<void>;
  end(): Promise<{ counts: ClaimCounts; draws: readonly Drawn[] }>;
}

function startJudging(tx: Transaction, claim: WaitingClaim, known: Known): Judging {
  const { partnerId } = claim;
  const of = { claimId: claim.id, partnerId };
  const receivedOn = new Date(claim.receivedAtMs).toISOString().slice(0, 10);
  const customerOf = customerJudge();
  const counts = { granted: 0, cut: 0, refused: 0, faulty: 0 };
  /** By agreement and product. The key alone is kept of a line: a cell of it would keep its whole piece of the file. */
  const draws = new Map<string, { units: number; amountMinor: number }>();
  let writing: Promise<unknown> = Promise.resolve();

  const drawnBy = (line: ClaimLine, { agreementId, units, amountMinor }: LineVerdict): void => {
    if (agreementId === null || units === 0) return;
    const key = capKey(agreementId, line.sku);
    const drawn = draws.get(key);
    if (drawn === undefined) draws.set(key, { units, amountMinor });
    else {
      drawn.units += units;
      drawn.amountMinor += amountMinor;
    }
  };
  const judgeOne = (
    line: ClaimLine,
    left: Remaining,
    holders: Map<string, HeldSale | JudgedPlace>,
  ): JudgedLine => {
    const agreement = known.agreements.get(line.agreement) ?? null;
    const verdict = judgeNext(line, left, {
      receivedOn,
      agreement: agreement?.claimed ?? null,
      customer: agreement === null ? 'unclear' : customerOf(line, agreement),
      listMinorOn: (day) => agreement?.listMinorOn(line.sku, day) ?? null,
    });
    counts[verdict.outcome] += 1;
    drawnBy(line, verdict);
    if (verdict.outcome === 'refused') return { line, verdict, holds: false, of: null };
    const holder = holders.get(saleKey(line));
    if (holder !== undefined) return { line, verdict, holds: false, of: holder };
    holders.set(saleKey(line), { claimId: claim.id, rowNo: line.row });
    return { line, verdict, holds: true, of: null };
  };
  return {
    async take(read) {
      const lines = read.flatMap((one) => ('line' in one ? [one.line] : []));
      const faults = read.flatMap((one) => ('faults' in one ? one.faults : []));
      counts.faulty += read.length - lines.length;
      // What the batch before wrote is looked up as well: a file may take back what it sold.
      await writing;
      const held = await salesOf(tx, { partnerId, lines });
      const holders = new Map<string, HeldSale | JudgedPlace>(held.map((one) => [saleKey(one), one.held]));
      const left: Remaining = {
        caps: known.caps,
        stock: known.stock,
        sales: new Map(held.map((one) => [saleKey(one), one.held.sale])),
      };
      const judged = lines.map((line) => judgeOne(line, left, holders));
      // Written while the next piece of the file is read.
      writing = Promise.all([writeJudged(tx, of, judged), writeFaults(tx, of, faults)]);
      writing.catch(() => undefined);
    },
    async end() {
      await writing;
      const drawn = [...draws].map(([key, sums]): Drawn => {
        const [agreementId = '', sku = ''] = key.split('\n');
        return { agreementId, sku, ...sums };
      });
      return { counts, draws: drawn.toSorted(byPlace) };
    },
  };
}

interface JudgedPlace {
  readonly claimId: string;
  readonly rowNo: number;
}

function byPlace(a: Drawn, b: Drawn): number {
  if (a.agreementId !== b.agreementId) return a.agreementId < b.agreementId ? -1 : 1;
  return a.sku < b.sku ? -1 : Number(a.sku > b.sku);
}

const ACCRUED_AT_ONCE = 50;

/**
 * Looks at agreements whose present version was not looked at yet: what was sold before it is supported as it says, and what is expected
 * to be claimed is booked. Takes back what is still expected where nothing more can be claimed. Gives how many it looked at; nought: all are.
 */
export async function accrueSupport(deps: { readonly pool: Pool }, nowMs: number): Promise<number> {
  const waiting = await agreementsToAccrue(deps.pool, { nowMs, limit: ACCRUED_AT_ONCE });
  for (const { id, version, isOver } of waiting)
    await inTransaction(deps.pool, (tx) => accrueOne(tx, { id, version, isOver, nowMs }));
  return waiting.length;
}

async function accrueOne(
  tx: Transaction,
  input: { id: string; version: number; isOver: boolean; nowMs: number },
): Promise<void> {
  const { id, version, isOver, nowMs } = input;
  const [stored] = await agreementsFor(tx, { agreementIds: [id] });
  if (stored === undefined) return;
  // Claims are judged under the same locks, so what is expected and what is claimed never cross.
  await lockClaimants(tx, id);
  const { caps, draws } = await lockCaps(tx, [stored]);
  const { programId, currency } = stored;
  const of = { programId, agreementId: id, currency };
  const key = `${isOver ? 'released' : 'expected'}:${id}:${version}`;
  const prices = await listPricesOf(tx, {
    priceBookIds: [stored.priceBookId],
    skus: caps.map(({ sku }) => sku),
  });
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const listMinorOn = pricesBy(prices);
  const correctedMinor = isOver ? 0 : await correctSales(tx, { stored, version, listMinorOn, atMs: nowMs });
  const accruedMinor = (await accruedOf(tx, [id])).get(id) ?? 0;
  const drawn = new Map(draws.map((draw) => [draw.sku, draw.drawn]));
  const expectedMinor = isOver
    ? 0
    : expectedSupport(stored.versions.findLast(({ kind }) => kind !== 'extension')?.lines ?? [], {
        distributorDiscountPpm: stored.policy.distributorDiscountPpm,
        listMinor: (sku) => listMinorOn(sku, today),
        drawn: (sku) => drawn.get(sku) ?? 0,
      });
  const transaction = isOver
    ? supportReleased(of, { key, accruedMinor })
    : supportExpected(of, { key, amountMinor: expectedMinor - accruedMinor });
  if (transaction !== null)
    await bookTransactions(tx, { caseId: id, atMs: nowMs, transactions: [transaction] });
  await noteAccrual(tx, {
    agreementId: id,
    version,
    cause: isOver ? 'release' : 'version',
    expectedMinor,
    currency,
    transactionId: transaction === null ? null : transactionIdOf(transaction.key),
    correctedMinor,
    atMs: nowMs,
  });
}
