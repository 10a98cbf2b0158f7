import { managedCases, managedPartners } from '../../adapters/store/my-partners-reads.ts';
import type { ManagedCaseRow } from '../../adapters/store/my-partners-reads.ts';
import { attentionOf, attentionReasons } from '../../domain/deal-registration/attention.ts';
import type { Attention } from '../../domain/deal-registration/attention.ts';
import type { myPartnersRoutes } from '../contract/my-partners.ts';
import { newsOf } from '../registration-view.ts';
import type { Handlers } from '../route-handler.ts';

const CASES = 2_000;
const ATTENTION_ROWS = 100;
const PROTECTION_ROWS = 300;

interface Seen {
  readonly row: ManagedCaseRow;
  readonly attention: Attention | null;
}

/** The partners somebody looks after. */
export function createMyPartnersHandlers(): Handlers<typeof myPartnersRoutes> {
  return {
    'GET /api/my-partners': async ({ principal, atMs }, sql) => {
      const partners = await managedPartners(sql, principal.personId);
      const rows = await managedCases(sql, { managerId: principal.personId, limit: CASES + 1 });
      const cases: Seen[] = rows.slice(0, CASES).map((row) => ({
        row,
        attention: attentionOf(
          {
            status: row.status,
            atRiskSinceMs: row.at_risk_since?.getTime() ?? null,
            clocks: row.clocks,
          },
          atMs,
        ),
      }));
      const nameOf = new Map(partners.map(({ id, name }) => [id, name]));
      return {
        partners: partners.map((partner) => {
          const own = cases.filter(({ row }) => row.partner_id === partner.id);
          const count = (fits: (one: Seen) => boolean): number => own.filter(fits).length;
          return {
            ...partner,
            waitsForVendor: count(({ row }) => row.status !== 'approved' && row.waiting_for === 'vendor'),
            waitsForPartner: count(({ row }) => row.status !== 'approved' && row.waiting_for === 'partner'),
            protected: count(({ row }) => row.status === 'approved'),
            attention: count(({ attention }) => attention !== null),
            changed: count(({ row }) => row.news !== null),
          };
        }),
        attention: cases
          .flatMap(({ row, attention }) => (attention === null ? [] : [{ row, ...attention }]))
          .toSorted(
            (left, right) =>
              attentionReasons.indexOf(left.reason) - attentionReasons.indexOf(right.reason) ||
              left.atMs - right.atMs,
          )
          .slice(0, ATTENTION_ROWS)
          .map(({ row, reason, atMs: dueMs }) => ({
            caseId: row.id,
            reference: row.reference,
            partnerId: row.partner_id,
            partnerName: nameOf.get(row.partner_id) ?? '',
            customerName: row.customer_name,
            opportunityName: row.opportunity_name,
            amount: { amountMinor: row.value_minor, currency: row.currency },
            reason,
            at: new Date(dueMs).toISOString(),
            news: newsOf(row),
          })),
        protections: cases
          .flatMap(({ row }) =>
            row.status !== 'approved' || row.protected_until === null
              ? []
              : [
                  {
                    caseId: row.id,
                    partnerName: nameOf.get(row.partner_id) ?? '',
                    customerName: row.customer_name,
                    until: row.protected_until.toISOString(),
                  },
                ],
          )
          .toSorted((left, right) => left.until.localeCompare(right.until))
          .slice(0, PROTECTION_ROWS),
        cut: rows.length > CASES,
      };
    },
  };
}
