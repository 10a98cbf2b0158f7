import type { ClaimLine, LineVerdict } from '../../domain/ship-and-debit/line.ts';
import type { FieldFault, MappingProfile } from '../../domain/ship-and-debit/mapping.ts';
import type { SupportedSale } from '../../domain/ship-and-debit/correction.ts';
import type { StoredVersion } from '../../domain/ship-and-debit/terms.ts';
import type { ClaimedSale } from '../../domain/ship-and-debit/verdict.ts';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import type { Pool } from './pool.ts';
import type { Transaction } from './transaction.ts';

/*
 * Claims in the record. Lines come by the thousand and are written and looked up a batch at a time, each column as one array, so
 * that a million of them take as much memory as a thousand.
 */

export interface WaitingClaim {
  readonly id: string;
  readonly partnerId: string;
  readonly submittedBy: string;
  readonly reference: string;
  readonly profile: MappingProfile;
  readonly receivedAtMs: number;
  readonly attempts: number;
}

const WAITING = `select c.id, c.partner_id as "partnerId", c.submitted_by as "submittedBy", c.reference, c.profile,
    (extract(epoch from c.received_at) * 1000)::bigint as "receivedAtMs", c.attempts from claim c`;

/** The claim that waits longest of those whose time it is; null when none does. */
export async function readWaitingClaim(pool: Pool, nowMs: number): Promise<WaitingClaim | null> {
  const { rows } = await pool.query<WaitingClaim>(
    `${WAITING} where c.status = 'received' and c.parked_at is null and coalesce(c.next_attempt_at <= $1, true)
      order by c.received_at, c.id limit 1`,
    [new Date(nowMs).toISOString()],
  );
  return rows[0] ?? null;
}

/** A claim could not be judged: when it is tried again, or (`parkedAtMs`) that only a person makes it go on. */
export async function setClaimBack(
  pool: Pool,
  input: { id: string; cause: string; nextAttemptAtMs: number; parkedAtMs: number | null },
): Promise<void> {
  await pool.query(
    `update claim set attempts = attempts + 1, last_error = $2, next_attempt_at = $3, parked_at = $4 where id = $1 and status = 'received'`,
    [
      input.id,
      input.cause,
      new Date(input.nextAttemptAtMs).toISOString(),
      input.parkedAtMs === null ? null : new Date(input.parkedAtMs).toISOString(),
    ],
  );
}

const PIECE_BYTES = 1_000_000;

/** The file of a claim, piece by piece. */
export async function* fileOf(pool: Pool, claimId: string): AsyncGenerator<Uint8Array> {
  for (let from = 1; ; from += PIECE_BYTES) {
    const { rows } = await pool.query<{ piece: Buffer }>(
      'select substring(content from $2 for $3) as piece from claim_file where claim_id = $1',
      [claimId, from, PIECE_BYTES],
    );
    const piece = rows[0]?.piece;
    if (piece === undefined || piece.length === 0) return;
    yield piece;
    if (piece.length < PIECE_BYTES) return;
  }
}

/**
 * Locks a claim that waits, and all claims of its distributor: his invoices and his stock are judged one claim after the other.
 * Null when it was judged meanwhile.
 */
export async function lockClaim(tx: Transaction, claim: WaitingClaim): Promise<WaitingClaim | null> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('claims:' || $1, 0))`, [claim.partnerId]);
  // Tables grow by the million within this very transaction, which the planner cannot know: every row is reached by its key.
  await tx.query(
    'set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off',
  );
  const { rows } = await tx.query<WaitingClaim>(
    `${WAITING} where c.id = $1 and c.status = 'received' for update`,
    [claim.id],
  );
  return rows[0] ?? null;
}

/** Locks all claims of everybody whose claims came to something under an agreement, all in one order. */
export async function lockClaimants(tx: Transaction, agreementId: string): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended('claims:' || partner_id, 0))
       from (select distinct partner_id from claim_settlement where agreement_id = $1 order by partner_id) p`,
    [agreementId],
  );
}

/** An agreement that a distributor may claim under, as the record has it. */
export interface StoredAgreement {
  readonly id: string;
  readonly reference: string;
  readonly accountId: string;
  readonly programId: string;
  readonly currency: string;
  readonly firstDay: string;
  readonly lastDay: string;
  readonly priceBookId: string;
  readonly policy: SpecialPricingPolicy;
  readonly similarNamePpm: number;
  readonly supplied: readonly { fromDay: string; lastDay: string | null }[];
  readonly versions: readonly StoredVersion[];
}

/**
 * Agreements as claims see them. For a distributor those of these references that he may know of: made for him, or where an
 * agreement names no distributor, those of resellers he supplies or supplied; what is another's is not there. For nobody in
 * particular those of these ids, with nothing supplied. `similarNamePpm` is the program's.
 */
export async function agreementsFor(
  tx: Transaction,
  input: { partnerId: string; references: readonly string[] } | { agreementIds: readonly string[] },
): Promise<StoredAgreement[]> {
  const { rows } = await tx.query<StoredAgreement>(
    `select a.id, a.reference, a.account_id as "accountId", a.program_id as "programId", a.currency,
            to_char(a.valid_from at time zone 'UTC', 'YYYY-MM-DD') as "firstDay",
            to_char((a.valid_until - interval '1 millisecond') at time zone 'UTC', 'YYYY-MM-DD') as "lastDay",
            b.price_book_id as "priceBookId", d.body as policy,
            coalesce((select (m.body -> 'matching' ->> 'similarNamePpm')::int from policy_document m
              where m.program_id = a.program_id and m.kind = 'deal-registration' and m.status = 'published'
              order by m.version desc limit 1), 1000000) as "similarNamePpm",
            s.supplied, v.versions
       from pricing_agreement a
       join special_price_request r on r.id = a.request_id
       join price_book_version b on b.id = r.price_book_version_id
       join policy_document d on d.id = a.policy_id
       join lateral (
         select case when $1::text is null then '[]'::jsonb when a.distributor_id is not null
                then case when a.distributor_id = $1 then '[{"fromDay":"0001-01-01","lastDay":null}]'::jsonb end
                else (select jsonb_agg(jsonb_build_object('fromDay', x.from_date, 'lastDay', x.to_date) order by x.from_date)
                        from distributor_relation x where x.distributor_id = $1 and x.reseller_id = a.partner_id) end as supplied) s on s.supplied is not null
       join lateral (
         select jsonb_agg(jsonb_build_object('version', w.version, 'kind', w.kind,
                  'fromDay', to_char(w.applies_from at time zone 'UTC', 'YYYY-MM-DD'),
                  'agreedOn', to_char(w.created_at at time zone 'UTC', 'YYYY-MM-DD'),
                  'lines', coalesce((select jsonb_agg(jsonb_build_object('sku', l.sku, 'netUnitMinor', l.net, 'approvedCostMinor', l.cost, 'capQuantity', l.cap))
                     from (select sku, (array_agg(net_unit_minor order by line_no))[1] as net, (array_agg(approved_cost_minor order by line_no))[1] as cost,
                                  sum(cap_quantity) as cap
                             from pricing_agreement_line where agreement_id = a.id and version = w.version group by sku) l), '[]')) order by w.version) as versions
           from pricing_agreement_version w where w.agreement_id = a.id) v on true
      where case when $1::text is null then a.id = any ($2) else a.reference = any ($2) end`,
    'agreementIds' in input ? [null, input.agreementIds] : [input.partnerId, input.references],
  );
  return rows;
}

/** List prices of products in all versions of price books, by book, in the order in which the versions came into force. */
export interface ListPrices {
  readonly priceBookId: string;
  readonly fromDay: string;
  readonly prices: Readonly<Record<string, number>>;
}

export async function listPricesOf(
  tx: Transaction,
  input: { priceBookIds: readonly string[]; skus: readonly string[] },
): Promise<ListPrices[]> {
  const { rows } = await tx.query<ListPrices>(
    `select v.price_book_id as "priceBookId", to_char(v.effective_from at time zone 'UTC', 'YYYY-MM-DD') as "fromDay",
            coalesce((select jsonb_object_agg(e.sku, e.list_minor) from price_entry e where e.version_id = v.id and e.sku = any ($2)), '{}') as prices
       from price_book_version v where v.status = 'published' and v.price_book_id = any ($1) order by v.effective_from`,
    [input.priceBookIds, input.skus],
  );
  return rows;
}

/** What is drawn under caps. */
export interface Draw {
  readonly agreementId: string;
  readonly sku: string;
  readonly capQuantity: number;
  readonly drawn: number;
}

/**
 * Locks the draws of agreements, all in one order, after bringing their caps up to date: no cap falls below what was drawn.
 * Products that an agreement no longer names keep their cap.
 */
export async function lockDraws(
  tx: Transaction,
  caps: readonly { readonly agreementId: string; readonly sku: string; readonly capQuantity: number }[],
): Promise<Draw[]> {
  const columns = [
    textArray(caps.map(({ agreementId }) => agreementId)),
    textArray(caps.map(({ sku }) => sku)),
    numberArray(caps.map(({ capQuantity }) => capQuantity)),
  ];
  await tx.query(
    `insert into agreement_draw (agreement_id, sku, cap_quantity)
     select a, s, c from unnest($1::text[], $2::text[], $3::int[]) as u(a, s, c) order by a, s on conflict do nothing`,
    columns,
  );
  const { rows } = await tx.query<Draw>(
    `select agreement_id as "agreementId", sku, cap_quantity as "capQuantity", drawn from agreement_draw
      where agreement_id = any ($1::text[]) order by agreement_id, sku for update`,
    [textArray([...new Set(caps.map(({ agreementId }) => agreementId))])],
  );
  await tx.query(
    `update agreement_draw d set cap_quantity = greatest(u.c, d.drawn, 1)
       from unnest($1::text[], $2::text[], $3::int[]) as u(a, s, c)
      where d.agreement_id = u.a and d.sku = u.s and d.cap_quantity <> greatest(u.c, d.drawn, 1)`,
    columns,
  );
  const now = new Map(caps.map((cap) => [`${cap.agreementId}\n${cap.sku}`, cap.capQuantity]));
  return rows.map((row) => ({
    ...row,
    capQuantity: now.get(`${row.agreementId}\n${row.sku}`) ?? row.capQuantity,
  }));
}

/** What a distributor can still have of each product whose sell-in is known. */
export async function lockStock(tx: Transaction, partnerId: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ sku: string; left: number }>(
    `select sku, sell_in - sell_through as left from distributor_stock where partner_id = $1 order by sku for update`,
    [partnerId],
  );
  return new Map(rows.map(({ sku, left }) => [sku, left]));
}

/** A sale of which units were supported, and the line that holds it. */
export interface HeldSale {
  readonly claimId: string;
  readonly rowNo: number;
  readonly sale: ClaimedSale;
}

/**
 * What the record holds of the invoice lines of a batch, by `saleKey`. Each step is a lateral question with a limit or an offset,
 * which keeps it a look-up by key: planned while the tables are empty, a join would read all of them for each line.
 */
export async function salesOf(
  tx: Transaction,
  input: { partnerId: string; lines: readonly ClaimLine[] },
): Promise<{ readonly invoice: string; readonly invoiceLine: string; readonly held: HeldSale }[]> {
  const { rows } = await tx.query<
    HeldSale['sale'] & { claimId: string; rowNo: number; invoice: string; invoiceLine: string }
  >(
    `select h.claim_id as "claimId", h.row_no as "rowNo", h.invoice, h.invoice_line as "invoiceLine", v.agreement_id as "agreementId", h.sku,
            v.support_unit_minor as "supportUnitMinor", h.quantity as sold, f.supported, f.reversed, f.given_back as "givenBack"
       from unnest($2::text[], $3::text[]) as k(i, l)
       cross join lateral (select * from claim_line where partner_id = $1 and invoice = k.i and invoice_line = k.l and holds limit 1) h
       join lateral (select agreement_id, support_unit_minor from claim_verdict w
                      where w.claim_id = h.claim_id and w.row_no = h.row_no and w.units > 0 order by w.seq desc limit 1) v on true
       join lateral (
         select coalesce(sum(w.units) filter (where w.units > 0), 0)::int as supported, coalesce(-sum(w.units) filter (where w.units < 0), 0)::int as given_back,
                coalesce(sum(o.quantity) filter (where o.action = 'reversal' and w.seq = 1), 0)::int as reversed
           from (select h.claim_id, h.row_no, 'sale' as action, h.quantity
                 union all
                 select o.claim_id, o.row_no, o.action, o.quantity from claim_line o where o.of_claim_id = h.claim_id and o.of_row_no = h.row_no) o
           cross join lateral (select seq, units from claim_verdict where claim_id = o.claim_id and row_no = o.row_no offset 0) w) f on true`,
    [
      input.partnerId,
      textArray(input.lines.map(({ invoice }) => invoice)),
      textArray(input.lines.map(({ invoiceLine }) => invoiceLine)),
    ],
  );
  return rows.map(({ claimId, rowNo, invoice, invoiceLine, ...sale }) => ({
    invoice,
    invoiceLine,
    held: { claimId, rowNo, sale },
  }));
}

/** A line with its verdict, and the sale that it belongs to: none for the line that holds the sale itself. */
export interface JudgedLine {
  readonly line: ClaimLine;
  readonly verdict: LineVerdict;
  readonly holds: boolean;
  readonly of: { readonly claimId: string; readonly rowNo: number } | null;
}

/** Writes lines and their verdicts. */
export async function writeJudged(
  tx: Transaction,
  of: { claimId: string; partnerId: string },
  judged: readonly JudgedLine[],
): Promise<void> {
  const { claimId, partnerId } = of;
  const rows = numberArray(judged.map(({ line }) => line.row));
  await Promise.all([
    tx.query(
      `insert into claim_line (claim_id, row_no, partner_id, action, agreement_ref, customer, customer_country, sku, invoice, invoice_line,
         sale_date, quantity, unit_minor, currency, holds, of_claim_id, of_row_no)
       select $1, u.row_no, $2, u.action, u.agreement_ref, u.customer, u.customer_country, u.sku, u.invoice, u.invoice_line, u.sale_date, u.quantity,
              u.unit_minor, u.currency, u.holds, u.of_claim_id, u.of_row_no
         from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::date[], $12::int[],
                $13::bigint[], $14::text[], $15::bool[], $16::text[], $17::int[])
           as u(row_no, action, agreement_ref, customer, customer_country, sku, invoice, invoice_line, sale_date, quantity, unit_minor, currency,
                holds, of_claim_id, of_row_no)`,
      [
        claimId,
        partnerId,
        rows,
        plainArray(judged.map(({ line }) => line.action)),
        textArray(judged.map(({ line }) => line.agreement)),
        textArray(judged.map(({ line }) => line.customer)),
        plainArray(judged.map(({ line }) => line.customerCountry)),
        textArray(judged.map(({ line }) => line.sku)),
        textArray(judged.map(({ line }) => line.invoice)),
        textArray(judged.map(({ line }) => line.invoiceLine)),
        plainArray(judged.map(({ line }) => line.saleDate)),
        numberArray(judged.map(({ line }) => line.quantity)),
        numberArray(judged.map(({ line }) => line.unitMinor)),
        plainArray(judged.map(({ line }) => line.currency)),
        plainArray(judged.map(({ holds }) => (holds ? 't' : 'f'))),
        plainArray(judged.map((one) => one.of?.claimId ?? null)),
        numberArray(judged.map((one) => one.of?.rowNo ?? null)),
      ],
    ),
    tx.query(
      `insert into claim_verdict (claim_id, row_no, seq, partner_id, outcome, reason, agreement_id, units, support_unit_minor, amount_minor)
       select $1, u.row_no, 1, $2, u.outcome, u.reason, u.agreement_id, u.units, u.support_unit_minor, u.amount_minor
         from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::int[], $8::bigint[], $9::bigint[])
           as u(row_no, outcome, reason, agreement_id, units, support_unit_minor, amount_minor)`,
      [
        claimId,
        partnerId,
        rows,
        plainArray(judged.map(({ verdict }) => verdict.outcome)),
        plainArray(judged.map(({ verdict }) => verdict.reason)),
        plainArray(judged.map(({ verdict }) => verdict.agreementId)),
        numberArray(judged.map(({ verdict }) => verdict.units)),
        numberArray(judged.map(({ verdict }) => verdict.supportUnitMinor)),
        numberArray(judged.map(({ verdict }) => verdict.amountMinor)),
      ],
    ),
  ]);
}

export async function writeFaults(
  tx: Transaction,
  of: { claimId: string; partnerId: string },
  faults: readonly FieldFault[],
): Promise<void> {
  if (faults.length === 0) return;
  await tx.query(
    `insert into claim_fault (claim_id, row_no, column_name, partner_id, fault)
     select $1, u.row_no, u.column_name, $2, u.fault from unnest($3::int[], $4::text[], $5::text[]) as u(row_no, column_name, fault)
     on conflict do nothing`,
    [
      of.claimId,
      of.partnerId,
      numberArray(faults.map(({ row }) => row)),
      textArray(faults.map(({ column }) => column)),
      plainArray(faults.map(({ fault }) => fault)),
    ],
  );
}

/** A sale of which units are supported under an agreement, and the claim whose line holds it. */
export interface SaleUnder extends SupportedSale {
  readonly claimId: string;
  readonly rowNo: number;
  readonly partnerId: string;
  readonly receivedAtMs: number;
  /** Supported and not given back, asked for again ones included. */
  readonly units: number;
}

/** Sales of which units are supported under an agreement, behind one of them, in a fixed order. */
export async function supportedSales(
  tx: Transaction,
  input: {
    agreementId: string;
    after: { readonly claimId: string; readonly rowNo: number } | null;
    limit: number;
  },
): Promise<SaleUnder[]> {
  const { rows } = await tx.query<SaleUnder>(
    `select l.claim_id as "claimId", l.row_no as "rowNo", l.partner_id as "partnerId", (extract(epoch from c.received_at) * 1000)::bigint as "receivedAtMs",
            l.sku, l.sale_date::text as "saleDate", to_char(c.received_at at time zone 'UTC', 'YYYY-MM-DD') as "receivedOn",
            l.unit_minor as "unitMinor", v.support_unit_minor as "supportUnitMinor", f.units
       from (select distinct claim_id from claim_settlement where agreement_id = $1 and claim_id >= coalesce($2, '')) s
       join claim c on c.id = s.claim_id
       join claim_line l on l.claim_id = s.claim_id and l.holds
       join lateral (select w.agreement_id, w.support_unit_minor from claim_verdict w
                      where w.claim_id = l.claim_id and w.row_no = l.row_no and w.units > 0 order by w.seq desc limit 1) v on v.agreement_id = $1
       cross join lateral (
         select coalesce(sum(w.units), 0)::int as units
           from (select l.claim_id, l.row_no
                 union all
                 select o.claim_id, o.row_no from claim_line o where o.of_claim_id = l.claim_id and o.of_row_no = l.row_no) o
          cross join lateral (select units from claim_verdict where claim_id = o.claim_id and row_no = o.row_no offset 0) w) f
      where f.units > 0 and ($2::text is null or (l.claim_id, l.row_no) > ($2, $3::int))
      order by l.claim_id, l.row_no limit $4`,
    [input.agreementId, input.after?.claimId ?? null, input.after?.rowNo ?? null, input.limit],
  );
  return rows;
}

export interface CorrectedSale extends SaleUnder {
  /** The support of one from now on. */
  readonly nowMinor: number;
}

/** Takes the units of sales back at the support they had, and grants them at the new one: two later verdicts on the line of each. */
export async function writeCorrections(
  tx: Transaction,
  of: { agreementId: string; sales: readonly CorrectedSale[] },
): Promise<void> {
  if (of.sales.length === 0) return;
  await tx.query(
    `insert into claim_verdict (claim_id, row_no, seq, partner_id, outcome, reason, agreement_id, units, support_unit_minor, amount_minor)
     select u.claim_id, u.row_no, l.seq + p.place, u.partner_id, case l.outcome when 'cut' then 'cut' else 'granted' end,
            case when p.place = 2 and l.outcome = 'cut' then 'cap_cut' else 'terms_changed' end, $1, p.sign * u.units, p.support, p.sign * u.units * p.support
       from unnest($2::text[], $3::int[], $4::text[], $5::int[], $6::bigint[], $7::bigint[]) as u(claim_id, row_no, partner_id, units, before, now)
       cross join lateral (select w.seq, w.outcome from claim_verdict w where w.claim_id = u.claim_id and w.row_no = u.row_no order by w.seq desc limit 1) l
       cross join lateral (values (1, -1, u.before), (2, 1, u.now)) as p(place, sign, support)`,
    [
      of.agreementId,
      plainArray(of.sales.map(({ claimId }) => claimId)),
      numberArray(of.sales.map(({ rowNo }) => rowNo)),
      plainArray(of.sales.map(({ partnerId }) => partnerId)),
      numberArray(of.sales.map(({ units }) => units)),
      numberArray(of.sales.map(({ supportUnitMinor }) => supportUnitMinor)),
      numberArray(of.sales.map(({ nowMinor }) => nowMinor)),
    ],
  );
}

/** The number of a claim's latest settlement; nought where it has none. */
export async function lastSettlement(tx: Transaction, claimId: string): Promise<number> {
  const { rows } = await tx.query<{ seq: number }>(
    'select coalesce(max(seq), 0)::int as seq from claim_settlement where claim_id = $1',
    [claimId],
  );
  return rows[0]?.seq ?? 0;
}

/** Notes what a version of an agreement changed of what was sold before it, with its row in the audit chain. */
export async function noteCorrection(
  tx: Transaction,
  of: {
    agreementId: string;
    version: number;
    bySku: readonly { readonly sku: string; readonly transactions: number; readonly units: number }[];
    atMs: number;
  },
): Promise<void> {
  const sum = (key: 'transactions' | 'units'): number => of.bySku.reduce((all, one) => all + one[key], 0);
  await tx.query(
    `with noted as (
       insert into agreement_correction (agreement_id, version, transactions, units, by_sku, created_at) values ($1, $2, $3, $4, $5, $6) returning agreement_id)
     insert into audit_row (at, actor_id, acting_for, action, subject, content) select $6, null, null, 'claims_corrected', agreement_id, $7 from noted`,
    [
      of.agreementId,
      of.version,
      sum('transactions'),
      sum('units'),
      JSON.stringify(of.bySku),
      new Date(of.atMs).toISOString(),
      { version: of.version, bySku: of.bySku },
    ],
  );
}

/** Takes units from caps and from stock, or gives them back where they are below zero. The cap's constraint has the last word. */
export async function drawUnits(
  tx: Transaction,
  input: {
    partnerId: string;
    atMs: number;
    draws: readonly { readonly agreementId: string; readonly sku: string; readonly units: number }[];
  },
): Promise<void> {
  const draws = input.draws.filter(({ units }) => units !== 0);
  if (draws.length === 0) return;
  const bySku = new Map<string, number>();
  for (const { sku, units } of draws) bySku.set(sku, (bySku.get(sku) ?? 0) + units);
  await tx.query(
    `update agreement_draw d set drawn = d.drawn + u.units from unnest($1::text[], $2::text[], $3::int[]) as u(agreement_id, sku, units)
      where d.agreement_id = u.agreement_id and d.sku = u.sku`,
    [
      textArray(draws.map(({ agreementId }) => agreementId)),
      textArray(draws.map(({ sku }) => sku)),
      numberArray(draws.map(({ units }) => units)),
    ],
  );
  await tx.query(
    `update distributor_stock s set sell_through = greatest(0, s.sell_through + u.units), updated_at = $4
       from unnest($2::text[], $3::bigint[]) as u(sku, units) where s.partner_id = $1 and s.sku = u.sku`,
    [
      input.partnerId,
      textArray([...bySku.keys()]),
      numberArray([...bySku.values()]),
      new Date(input.atMs).toISOString(),
    ],
  );
}

/** Agreements whose present version was not accrued for yet, or whose claims are all in and that still expect some. */
export async function agreementsToAccrue(
  pool: Pool,
  input: { nowMs: number; limit: number },
): Promise<{ id: string; version: number; isOver: boolean }[]> {
  const { rows } = await pool.query<{ id: string; version: number; isOver: boolean }>(
    `select id, version, "isOver" from (
       select a.id, a.version, date_trunc('month', (a.valid_until - interval '1 millisecond') at time zone 'UTC') + interval '1 month'
                + make_interval(days => (d.body -> 'claimWindow' ->> 'daysAfterMonthEnd')::int) <= $1::timestamptz at time zone 'UTC' as "isOver"
         from pricing_agreement a join policy_document d on d.id = a.policy_id) a
      where case when a."isOver"
            then exists (select from agreement_accrual c where c.agreement_id = a.id and c.cause = 'version')
                 and not exists (select from agreement_accrual c where c.agreement_id = a.id and c.version = a.version and c.cause = 'release')
            else not exists (select from agreement_accrual c where c.agreement_id = a.id and c.version = a.version and c.cause = 'version') end
      order by id limit $2`,
    [new Date(input.nowMs).toISOString(), input.limit],
  );
  return rows;
}

/** Notes that an agreement was accrued for. Throws when it was before. */
export async function noteAccrual(
  tx: Transaction,
  accrual: {
    agreementId: string;
    version: number;
    cause: 'version' | 'release';
    expectedMinor: number;
    currency: string;
    transactionId: string | null;
    /** What the version changed in the support of earlier sales. */
    correctedMinor: number;
    atMs: number;
  },
): Promise<void> {
  await tx.query(
    `insert into agreement_accrual (agreement_id, version, cause, expected_minor, currency, transaction_id, created_at, corrected_minor)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      accrual.agreementId,
      accrual.version,
      accrual.cause,
      accrual.expectedMinor,
      accrual.currency,
      accrual.transactionId,
      new Date(accrual.atMs).toISOString(),
      accrual.correctedMinor,
    ],
  );
}

/** What a claim comes to under one agreement. */
export interface Settlement {
  readonly agreementId: string;
  readonly programId: string;
  readonly currency: string;
  readonly units: number;
  readonly amountMinor: number;
  readonly transactionId: string | null;
}

export async function writeSettlements(
  tx: Transaction,
  of: { claimId: string; partnerId: string; seq: number; atMs: number },
  settlements: readonly Settlement[],
): Promise<void> {
  await tx.query(
    `insert into claim_settlement (claim_id, seq, agreement_id, partner_id, program_id, currency, units, amount_minor, transaction_id, created_at)
     select $1, $2, "agreementId", $3, "programId", currency, units, "amountMinor", "transactionId", $4
       from jsonb_to_recordset($5::jsonb)
         as s("agreementId" text, "programId" text, currency text, units bigint, "amountMinor" bigint, "transactionId" text)`,
    [of.claimId, of.seq, of.partnerId, new Date(of.atMs).toISOString(), JSON.stringify(settlements)],
  );
}

/** Currency and program of agreements, whoever may claim under them. */
export async function agreementFacts(
  tx: Transaction,
  agreementIds: readonly string[],
): Promise<ReadonlyMap<string, { programId: string; currency: string }>> {
  const { rows } = await tx.query<{ id: string; programId: string; currency: string }>(
    `select id, program_id as "programId", currency from pricing_agreement where id = any ($1)`,
    [agreementIds],
  );
  return new Map(rows.map(({ id, programId, currency }) => [id, { programId, currency }]));
}

export interface ClaimCounts {
  readonly granted: number;
  readonly cut: number;
  readonly refused: number;
  readonly faulty: number;
}

/** The claim is judged, with its row in the audit chain. */
export async function closeClaim(
  tx: Transaction,
  input: { claim: WaitingClaim; atMs: number; counts: ClaimCounts; settlements: readonly Settlement[] },
): Promise<void> {
  const { claim, counts } = input;
  const at = new Date(input.atMs).toISOString();
  await tx.query(
    `with judged as (
       update claim set status = 'judged', settled_at = $2, lines_granted = $3, lines_cut = $4, lines_refused = $5, lines_faulty = $6, last_error = null
        where id = $1 returning id)
     insert into audit_row (at, actor_id, acting_for, action, subject, content) select $2, $7, null, 'claim_judged', id, $8 from judged`,
    [
      claim.id,
      at,
      counts.granted,
      counts.cut,
      counts.refused,
      counts.faulty,
      claim.submittedBy,
      {
        ...counts,
        settlements: input.settlements.map(({ agreementId, units, amountMinor, currency }) => ({
          agreementId,
          units,
          amountMinor,
          currency,
        })),
      },
    ],
  );
}

/** Nothing of the file can be used: said with the place, and in the audit chain. */
export async function refuseClaim(
  tx: Transaction,
  input: { claim: WaitingClaim; atMs: number; fault: { fault: string; row: number; column: string } },
): Promise<void> {
  await tx.query(
    `with refused as (update claim set status = 'refused', settled_at = $2, fault = $3, last_error = null where id = $1 and status = 'received' returning id)
     insert into audit_row (at, actor_id, acting_for, action, subject, content) select $2, $4, null, 'claim_refused', id, $3 from refused`,
    [input.claim.id, new Date(input.atMs).toISOString(), input.fault, input.claim.submittedBy],
  );
}

/** An array of Postgres of numbers, written by hand: the driver's own way costs more than the judging. */
function numberArray(values: readonly (number | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** Of texts that need no quotation: ids, codes and dates of ours. */
function plainArray(values: readonly (string | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** Of any texts. */
function textArray(values: readonly string[]): string {
  return `{${values.map((value) => `"${NEEDS_ESCAPE.test(value) ? value.replaceAll(/["\\]/gu, '\\$&') : value}"`).join(',')}}`;
}

const NEEDS_ESCAPE = /["\\]/u;
