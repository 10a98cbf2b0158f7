import type { PartnerKind } from '../../domain/deal-registration/policy.ts';
import { sqlIn } from './app-database.ts';
import type { OwnTransaction, Sql } from './app-database.ts';
import { placesOf } from './directory-reads.ts';
import type { NamedPage } from './directory-reads.ts';

/** Which distributors resellers buy through. A partner's scope reads its own distributors and nothing else. */

export interface RelationRow {
  readonly id: string;
  readonly distributorId: string;
  readonly distributor: string;
  readonly resellerId: string;
  readonly reseller: string;
  readonly fromDate: string;
  readonly toDate: string | null;
}

/** By the reseller's name. `distributorId` null: of all distributors. */
export async function relationsPage(
  sql: Sql,
  input: NamedPage & { distributorId: string | null },
): Promise<RelationRow[]> {
  return await sql.rows<RelationRow>(
    `select r.id, r.distributor_id as "distributorId", distributor_name_of(r.id) as distributor, r.reseller_id as "resellerId", p.name as reseller,
            to_char(r.from_date, 'YYYY-MM-DD') as "fromDate", to_char(r.to_date, 'YYYY-MM-DD') as "toDate"
       from distributor_relation r join partner p on p.id = r.reseller_id
      where ($1::text is null or p.name ilike $1 or distributor_name_of(r.id) ilike $1)
        and ($2::text is null or (p.name, r.id) > ($2, $3)) and ($5::text is null or r.distributor_id = $5)
      order by p.name, r.id limit $4`,
    [...placesOf(input), input.distributorId],
  );
}

/** What kind of partner each of these is; locked, so that two relations of one reseller are looked at one after the other. */
export async function lockKinds(
  transaction: OwnTransaction,
  partnerIds: readonly string[],
): Promise<Map<string, PartnerKind>> {
  const rows = await sqlIn(transaction).rows<{ id: string; kind: PartnerKind }>(
    'select id, kind from partner where id = any ($1) order by id for update',
    [partnerIds],
  );
  return new Map(rows.map(({ id, kind }) => [id, kind]));
}

/** A relation locked until the transaction ends; null when it is not there. */
export async function lockRelation(
  transaction: OwnTransaction,
  id: string,
): Promise<{ distributorId: string; resellerId: string; fromDate: string; toDate: string | null } | null> {
  const [row] = await sqlIn(transaction).rows<{
    distributorId: string;
    resellerId: string;
    fromDate: string;
    toDate: string | null;
  }>(
    `select distributor_id as "distributorId", reseller_id as "resellerId", to_char(from_date, 'YYYY-MM-DD') as "fromDate",
            to_char(to_date, 'YYYY-MM-DD') as "toDate"
       from distributor_relation where id = $1 for update`,
    [id],
  );
  return row ?? null;
}

/** The days of this pair's other relation that shares a day with these; null: none does. */
export async function overlapping(
  transaction: OwnTransaction,
  days: {
    distributorId: string;
    resellerId: string;
    fromDate: string;
    toDate: string | null;
    without: string | null;
  },
): Promise<{ fromDate: string; toDate: string | null } | null> {
  const [row] = await sqlIn(transaction).rows<{ fromDate: string; toDate: string | null }>(
    `select to_char(from_date, 'YYYY-MM-DD') as "fromDate", to_char(to_date, 'YYYY-MM-DD') as "toDate" from distributor_relation
      where distributor_id = $1 and reseller_id = $2 and daterange(from_date, to_date, '[]') && daterange($3::date, $4::date, '[]')
        and ($5::text is null or id <> $5) order by from_date limit 1`,
    [days.distributorId, days.resellerId, days.fromDate, days.toDate, days.without],
  );
  return row ?? null;
}

export async function addRelation(
  transaction: OwnTransaction,
  relation: {
    id: string;
    distributorId: string;
    resellerId: string;
    fromDate: string;
    toDate: string | null;
  },
): Promise<void> {
  await sqlIn(transaction).rows(
    'insert into distributor_relation (id, distributor_id, reseller_id, from_date, to_date) values ($1, $2, $3, $4::date, $5::date)',
    [relation.id, relation.distributorId, relation.resellerId, relation.fromDate, relation.toDate],
  );
}

export async function endRelation(
  transaction: OwnTransaction,
  { id, toDate }: { id: string; toDate: string | null },
): Promise<void> {
  await sqlIn(transaction).rows('update distributor_relation set to_date = $2::date where id = $1', [
    id,
    toDate,
  ]);
}
