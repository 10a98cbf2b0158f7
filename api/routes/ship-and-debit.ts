import { createHash, randomBytes } from 'node:crypto';
import {
  balancesBefore,
  claimLines,
  claimProfiles,
  faultsOf,
  findClaim,
  listClaims,
  obligationsPage,
  openCaps,
  reasonsOf,
  settlementsOf,
} from '../../adapters/store/ship-and-debit-reads.ts';
import type { ClaimLineRow, ClaimListRow } from '../../adapters/store/ship-and-debit-reads.ts';
import {
  addProfile,
  isDistributor,
  keepClaim,
  profileOf,
  setSellIn,
} from '../../adapters/store/ship-and-debit-own.ts';
import type { OwnTransaction, Sql } from '../../adapters/store/app-database.ts';
import { writeAmount } from '../../domain/amount-text.ts';
import { formatId, formatReference } from '../../domain/ids.ts';
import { plainCsvProfile, plainX12Profile } from '../../domain/ship-and-debit/mapping.ts';
import type { LineFault } from '../../domain/ship-and-debit/mapping.ts';
import { writeAnswer } from '../../domain/ship-and-debit/x12-claim.ts';
import { describeFileFault, describeLineFault, describeVerdict } from '../../domain/words/claims.ts';
import type { WholeFileFault } from '../../domain/words/claims.ts';
import { decimalsOf } from '../../domain/words/reader.ts';
import type { ClaimLineView, ClaimRowView, shipAndDebitRoutes } from '../contract/ship-and-debit.ts';
import { csvOf } from '../csv.ts';
import { behind, cursorOf, isInstantPlace, isNumberPlace, namedPage, placeOf } from '../cursor.ts';
import { notFound, Refused } from '../refused.ts';
import { iso } from '../registration-view.ts';
import type { Handlers } from '../route-handler.ts';

/** Lines in one file that is downloaded. */
const MOST_LINES = 250_000;

/** Claims of distributors: handed in, looked at, answered; and what they come to in the books. */
export function createShipAndDebitHandlers(): Handlers<typeof shipAndDebitRoutes> {
  return {
    'GET /api/claims': async ({ query }, sql) => {
      const rows = await listClaims(sql, {
        status: query.status ?? null,
        partnerId: query.partnerId ?? null,
        search: query.search ?? null,
        after: placeOf(query.cursor, isInstantPlace),
        limit: query.limit + 1,
      });
      const { items, nextCursor } = namedPage(rows, query.limit, ({ place, id }) => ({ place, id }));
      return { items: items.map(viewOf), nextCursor };
    },
    'POST /api/claims': async ({ principal, body, atMs }, transaction) => {
      const { partnerId } = principal;
      if (partnerId === null || (await isDistributor(transaction, partnerId)) !== true)
        throw new Refused('not_allowed_now', {
          detail: 'Distributors claim support for what they sold. Your company is not one in this program.',
          errors: [{ pointer: '', reason: 'not_a_distributor' }],
        });
      const content = Buffer.from(body.content, 'base64');
      const id = formatId('claim', atMs, randomBytes(16));
      const reference = formatReference('CL', randomBytes(8));
      const fileSha256 = createHash('sha256').update(content).digest('hex');
      const plain = body.format === 'csv' ? plainCsvProfile : plainX12Profile;
      const again = await keepClaim(transaction, {
        id,
        reference,
        partnerId,
        submittedBy: principal.personId,
        fileName: body.fileName,
        fileSha256,
        profile: (await profileOf(transaction, { partnerId, format: body.format })) ?? plain,
        content,
        atMs,
      });
      if (again !== null)
        throw new Refused('conflict', {
          detail: `This very file was handed in before, as ${again.before}. Nothing was claimed twice.`,
          errors: [{ pointer: '/content', reason: 'same_file' }],
        });
      return {
        body: { id, reference, status: 'received' },
        audit: {
          action: 'claim_received',
          subject: id,
          content: { partnerId, fileSha256, format: body.format },
        },
      };
    },
    'GET /api/claims/:id': async ({ params }, sql) => {
      const claim = await claimOf(sql, params.id);
      const [faults, agreements, reasons] = [
        await faultsOf(sql, params.id),
        await settlementsOf(sql, params.id),
        await reasonsOf(sql, params.id),
      ];
      return {
        ...viewOf(claim),
        fault:
          claim.fault === null
            ? null
            : {
                row: claim.fault.row,
                column: claim.fault.column,
                code: claim.fault.fault,
                words: describeFileFault(claim.fault.fault as WholeFileFault),
              },
        faults: faults.map(({ row, column, fault }) => ({
          row,
          column,
          code: fault,
          words: describeLineFault(fault as LineFault),
        })),
        agreements,
        reasons: reasons.map(({ reason, lines }) => ({ reason, words: describeVerdict(reason), lines })),
      };
    },
    'GET /api/claims/:id/lines': async ({ params, query }, sql) => {
      await claimOf(sql, params.id);
      const rows = await claimLines(sql, {
        claimId: params.id,
        outcome: query.outcome ?? null,
        reason: query.reason ?? null,
        afterRow: Number(placeOf(query.cursor, isNumberPlace)?.place ?? 0),
        limit: query.limit + 1,
      });
      const items = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? items.at(-1) : undefined;
      return {
        items: items.map(lineOf),
        nextCursor: last === undefined ? null : cursorOf({ place: String(last.row), id: params.id }),
      };
    },
    'GET /api/claims/:id/lines.csv': async ({ params }, sql) => {
      const claim = await claimOf(sql, params.id);
      const rows = await allLines(sql, claim);
      return {
        name: `${claim.reference}.csv`,
        mediaType: 'text/csv; charset=utf-8',
        content: csvOf(LINE_COLUMNS, rows.map(cellsOf)),
      };
    },
    'GET /api/claims/:id/answer.edi': async ({ params, atMs }, sql) => {
      const claim = await claimOf(sql, params.id);
      const rows = await allLines(sql, claim);
      return {
        name: `${claim.reference}.849.x12`,
        mediaType: 'application/octet-stream',
        content: writeAnswer({
          reference: claim.reference,
          // The same number whenever the answer is asked for: nine digits made of the claim.
          control: createHash('sha256').update(claim.id).digest().readUInt32BE(0) % 1_000_000_000,
          atMs: claim.settledAt?.getTime() ?? atMs,
          lines: rows.map((row) => ({
            line: row,
            verdict: { ...row, agreementId: null },
            decimals: decimalsOf(row.agreementCurrency ?? row.currency),
          })),
          profile: claim.profile.format === 'x12' ? claim.profile : plainX12Profile,
        }),
      };
    },
    'GET /api/claim-profiles': async ({ query }, sql) => ({
      items: (await claimProfiles(sql, query.partnerId ?? null)).map(
        ({ partnerId, partnerName, format, version, profile, createdAt }) => ({
          partner: { id: partnerId, name: partnerName },
          format,
          version,
          profile,
          createdAt: createdAt.toISOString(),
        }),
      ),
    }),
    'POST /api/claim-profiles': async ({ principal, body, atMs }, transaction) => {
      await refuseUnlessDistributor(transaction, body.partnerId);
      const version = await addProfile(transaction, {
        ...body,
        createdBy: principal.personId,
        atMs,
      });
      return {
        body: { version },
        audit: {
          action: 'claim_profile_added',
          subject: body.partnerId,
          content: { version, profile: body.profile },
        },
      };
    },
    'PUT /api/distributor-stock': async ({ body, atMs }, transaction) => {
      await refuseUnlessDistributor(transaction, body.partnerId);
      const strangers = await setSellIn(transaction, { ...body, atMs });
      if (strangers.length > 0)
        throw new Refused('invalid_request', {
          detail: 'Some products are not known; nothing was changed.',
          errors: strangers.map((sku) => ({ pointer: '/products', reason: `There is no product ${sku}.` })),
        });
      return {
        body: undefined,
        audit: {
          action: 'distributor_stock_set',
          subject: body.partnerId,
          content: { products: body.products },
        },
      };
    },
    'GET /api/support-caps': async ({ query }, sql) => {
      const rows = await openCaps(sql, behind(query));
      const { items, nextCursor } = namedPage(rows, query.limit, ({ reference, sku }) => ({
        place: sku,
        id: reference,
      }));
      return {
        items: items.map((row) => ({ ...row, validUntil: row.validUntil.toISOString() })),
        nextCursor,
      };
    },
    'GET /api/obligations': async ({ query }, sql) => {
      const rows = await obligationsPage(sql, {
        partnerId: query.partnerId ?? null,
        after: placeOf(query.cursor, isInstantPlace),
        limit: query.limit + 1,
      });
      const { items, nextCursor } = namedPage(rows, query.limit, ({ place, id }) => ({ place, id }));
      return {
        items: items.map((row) => ({
          id: row.id,
          partner: { id: row.partnerId, name: row.partnerName },
          program: row.program,
          period: row.period,
          kind: row.kind,
          currency: row.currency,
          amountMinor: row.amountMinor,
          createdAt: row.createdAt.toISOString(),
          claim:
            row.claimId === null || row.claimReference === null
              ? null
              : { id: row.claimId, reference: row.claimReference },
        })),
        nextCursor,
      };
    },
    'GET /api/ledger-balances': async ({ query }, sql) => ({
      items: await balancesBefore(
        sql,
        query.on === undefined
          ? null
          : new Date(Date.parse(`${query.on}T00:00:00Z`) + 86_400_000).toISOString(),
      ),
    }),
  };
}

async function claimOf(sql: Sql, id: string): Promise<ClaimListRow> {
  const claim = await findClaim(sql, id);
  if (claim === null) throw notFound('claim', id);
  return claim;
}

async function refuseUnlessDistributor(transaction: OwnTransaction, partnerId: string): Promise<void> {
  if ((await isDistributor(transaction, partnerId)) === true) return;
  throw new Refused('invalid_request', {
    detail: 'This is no distributor.',
    errors: [{ pointer: '/partnerId', reason: 'Name a distributor.' }],
  });
}

async function allLines(sql: Sql, claim: ClaimListRow): Promise<ClaimLineRow[]> {
  const { granted, cut, refused } = claim;
  if (granted + cut + refused > MOST_LINES)
    throw new Refused('not_allowed_now', {
      detail: `A file of at most ${MOST_LINES} lines is made; this claim has more. Read them page by page.`,
    });
  return claimLines(sql, { claimId: claim.id, outcome: null, reason: null, afterRow: 0, limit: MOST_LINES });
}

function viewOf(row: ClaimListRow): ClaimRowView {
  const { id, reference, partnerId, partnerName, fileName, profile, status, granted, cut, refused, faulty } =
    row;
  return {
    id,
    reference,
    distributor: { id: partnerId, name: partnerName },
    fileName,
    format: profile.format,
    status,
    receivedAt: row.receivedAt.toISOString(),
    judgedAt: status === 'judged' ? iso(row.settledAt) : null,
    setAside: row.parkedAt !== null,
    lines: { granted, cut, refused, faulty },
    totals: [...row.totals],
  };
}

const signed = (row: ClaimLineRow): number => (row.action === 'reversal' ? -row.quantity : row.quantity);

function lineOf(row: ClaimLineRow): ClaimLineView {
  const { customerCountry: _country, agreementCurrency: _currency, ...line } = row;
  return {
    ...line,
    quantity: signed(row),
    words: row.reason === null ? '' : describeVerdict(row.reason),
  };
}

/** The columns of the plain profile, so that a file that was mended can be handed in again, and what became of each line. */
const LINE_COLUMNS = [
  'row',
  'agreement',
  'customer',
  'customerCountry',
  'sku',
  'invoice',
  'invoiceLine',
  'saleDate',
  'quantity',
  'unitPrice',
  'currency',
  'action',
  'outcome',
  'supportedUnits',
  'supportOfOne',
  'amount',
  'reason',
  'words',
];

function cellsOf(row: ClaimLineRow): (string | number | null)[] {
  const price = decimalsOf(row.currency);
  const support = decimalsOf(row.agreementCurrency ?? row.currency);
  return [
    row.row,
    row.agreement,
    row.customer,
    row.customerCountry,
    row.sku,
    row.invoice,
    row.invoiceLine,
    row.saleDate,
    signed(row),
    writeAmount(row.unitMinor, price),
    row.currency,
    row.action,
    row.outcome,
    row.units,
    row.supportUnitMinor === null ? null : writeAmount(row.supportUnitMinor, support),
    // As a number, because a text that begins with a minus is taken for a formula and made harmless.
    row.amountMinor < 0
      ? Number(writeAmount(row.amountMinor, support))
      : writeAmount(row.amountMinor, support),
    row.reason,
    row.reason === null ? '' : describeVerdict(row.reason),
  ];
}
