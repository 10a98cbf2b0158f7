import { randomBytes } from 'node:crypto';
import type { OwnTransaction } from '../../adapters/store/app-database.ts';
import {
  addRelation,
  endRelation,
  lockKinds,
  lockRelation,
  overlapping,
  relationsPage,
} from '../../adapters/store/distributor-config.ts';
import type { PartnerKind } from '../../domain/deal-registration/policy.ts';
import { formatId } from '../../domain/ids.ts';
import type { distributorRelationRoutes } from '../contract/distributor-relations.ts';
import { behind, namedPage } from '../cursor.ts';
import { notFound, Refused } from '../refused.ts';
import type { Handlers } from '../route-handler.ts';

/** Which distributors resellers buy through, from when until when. */
export function createDistributorRelationHandlers(): Handlers<typeof distributorRelationRoutes> {
  return {
    'GET /api/distributor-relations': async ({ query, atMs }, sql) => {
      const today = new Date(atMs).toISOString().slice(0, 10);
      const rows = await relationsPage(sql, {
        ...behind(query),
        distributorId: query.distributorId ?? null,
      });
      const { items, nextCursor } = namedPage(rows, query.limit, ({ reseller, id }) => ({
        place: reseller,
        id,
      }));
      return {
        items: items.map((row) => ({
          id: row.id,
          distributor: { id: row.distributorId, name: row.distributor },
          reseller: { id: row.resellerId, name: row.reseller },
          fromDate: row.fromDate,
          toDate: row.toDate,
          holds: row.fromDate <= today && (row.toDate === null || today <= row.toDate),
        })),
        nextCursor,
      };
    },
    'POST /api/distributor-relations': async ({ body, atMs }, transaction) => {
      const kinds = await lockKinds(transaction, [body.distributorId, body.resellerId]);
      refuse('The relation cannot be.', [
        ...whyNotDistributor(kinds.get(body.distributorId)),
        ...whyNotReseller(kinds.get(body.resellerId)),
        ...whyNotDays(body),
      ]);
      await refuseOverlap(transaction, { ...body, without: null });
      const id = formatId('distributorRelation', atMs, randomBytes(16));
      await addRelation(transaction, { id, ...body });
      return {
        body: { id },
        audit: { action: 'distributor_relation_added', subject: id, content: { ...body } },
      };
    },
    'PUT /api/distributor-relations/:id': async ({ params, body }, transaction) => {
      const relation = await lockRelation(transaction, params.id);
      if (relation === null) throw notFound('relation of a distributor', params.id);
      const { toDate } = body;
      refuse('The relation cannot end then.', whyNotDays({ fromDate: relation.fromDate, toDate }));
      await refuseOverlap(transaction, { ...relation, toDate, without: params.id });
      await endRelation(transaction, { id: params.id, toDate });
      return {
        body: { id: params.id, toDate },
        audit: {
          action: 'distributor_relation_changed',
          subject: params.id,
          content: { before: relation.toDate, after: toDate },
        },
      };
    },
  };
}

interface Fault {
  readonly pointer: string;
  readonly reason: string;
}

function refuse(detail: string, errors: readonly Fault[]): void {
  if (errors.length > 0) throw new Refused('invalid_request', { detail, errors });
}

function whyNotDistributor(kind: PartnerKind | undefined): Fault[] {
  const pointer = '/distributorId';
  if (kind === undefined) return [{ pointer, reason: 'There is no such partner.' }];
  return kind === 'distributor' ? [] : [{ pointer, reason: 'This partner is no distributor.' }];
}

function whyNotReseller(kind: PartnerKind | undefined): Fault[] {
  const pointer = '/resellerId';
  if (kind === undefined) return [{ pointer, reason: 'There is no such partner.' }];
  return kind === 'distributor' ? [{ pointer, reason: 'A distributor buys from the vendor itself.' }] : [];
}

function whyNotDays({ fromDate, toDate }: { fromDate: string; toDate: string | null }): Fault[] {
  return toDate !== null && toDate < fromDate
    ? [{ pointer: '/toDate', reason: `It begins on ${fromDate} and cannot end before.` }]
    : [];
}

async function refuseOverlap(
  transaction: OwnTransaction,
  days: Parameters<typeof overlapping>[1],
): Promise<void> {
  const other = await overlapping(transaction, days);
  if (other === null) return;
  const until = other.toDate === null ? 'until further notice' : `until ${other.toDate}`;
  refuse('The relation is there already.', [
    {
      pointer: days.without === null ? '/fromDate' : '/toDate',
      reason: `This reseller buys through this distributor from ${other.fromDate} ${until} already.`,
    },
  ]);
}
