import type { MappingProfile } from '../../domain/ship-and-debit/mapping.ts';
import type { OwnTransaction } from './app-database.ts';
import { sqlIn } from './app-database.ts';

/** Files that a distributor hands in, and what the vendor says about him. Judging is the worker's. */

export interface NewClaim {
  readonly id: string;
  readonly reference: string;
  readonly partnerId: string;
  readonly submittedBy: string;
  readonly fileName: string;
  readonly fileSha256: string;
  readonly profile: MappingProfile;
  readonly content: Buffer;
  readonly atMs: number;
}

/** Keeps a claim file. Where the same file was handed in before it gives that claim's reference, and keeps nothing. */
export async function keepClaim(
  transaction: OwnTransaction,
  claim: NewClaim,
): Promise<{ before: string } | null> {
  const sql = sqlIn(transaction);
  const kept = await sql.rows(
    `insert into claim (id, reference, partner_id, submitted_by, file_name, file_sha256, profile, status, received_at)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, 'received', $8::timestamptz)
     on conflict (partner_id, file_sha256) where status <> 'refused' do nothing returning id`,
    [
      claim.id,
      claim.reference,
      claim.partnerId,
      claim.submittedBy,
      claim.fileName,
      claim.fileSha256,
      JSON.stringify(claim.profile),
      new Date(claim.atMs).toISOString(),
    ],
  );
  if (kept.length === 0) {
    const [before] = await sql.rows<{ reference: string }>(
      `select reference from claim where partner_id = $1 and file_sha256 = $2 and status <> 'refused'`,
      [claim.partnerId, claim.fileSha256],
    );
    return { before: before?.reference ?? '' };
  }
  await transaction.$executeRaw`insert into claim_file (claim_id, partner_id, content) values (${claim.id}, ${claim.partnerId}, ${claim.content})`;
  return null;
}

/** Whether a partner is a distributor; null when there is no such partner. */
export async function isDistributor(transaction: OwnTransaction, partnerId: string): Promise<boolean | null> {
  const [row] = await sqlIn(transaction).rows<{ kind: string }>('select kind from partner where id = $1', [
    partnerId,
  ]);
  return row === undefined ? null : row.kind === 'distributor';
}

/** The newest profile of a distributor for a format; null: nothing was agreed. */
export async function profileOf(
  transaction: OwnTransaction,
  of: { partnerId: string; format: 'csv' | 'x12' },
): Promise<MappingProfile | null> {
  const [row] = await sqlIn(transaction).rows<{ profile: MappingProfile }>(
    'select profile from claim_profile where partner_id = $1 and format = $2 order by version desc limit 1',
    [of.partnerId, of.format],
  );
  return row?.profile ?? null;
}

/** Adds the next version of a profile; gives its number. */
export async function addProfile(
  transaction: OwnTransaction,
  input: { partnerId: string; profile: MappingProfile; createdBy: string; atMs: number },
): Promise<number> {
  const sql = sqlIn(transaction);
  const lock = `claim-profile:${input.partnerId}`;
  await transaction.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`;
  const [row] = await sql.rows<{ version: number }>(
    `insert into claim_profile (partner_id, format, version, profile, created_by, created_at)
     select $1, $2, coalesce(max(version), 0) + 1, $3::jsonb, $4, $5::timestamptz from claim_profile where partner_id = $1 and format = $2
     returning version`,
    [
      input.partnerId,
      input.profile.format,
      JSON.stringify(input.profile),
      input.createdBy,
      new Date(input.atMs).toISOString(),
    ],
  );
  return row?.version ?? 1;
}

/** Sets what a distributor bought of products, absolutely. Gives the products that there are not: then nothing is set. */
export async function setSellIn(
  transaction: OwnTransaction,
  input: { partnerId: string; products: readonly { sku: string; sellIn: number }[]; atMs: number },
): Promise<string[]> {
  const sql = sqlIn(transaction);
  const products = JSON.stringify(input.products);
  const strangers = await sql.rows<{ sku: string }>(
    `select sku from jsonb_to_recordset($1::jsonb) as u(sku text) where not exists (select from product p where p.sku = u.sku) order by sku limit 20`,
    [products],
  );
  if (strangers.length > 0) return strangers.map(({ sku }) => sku);
  await sql.rows(
    `insert into distributor_stock (partner_id, sku, sell_in, updated_at)
     select $1, sku, max("sellIn"), $3::timestamptz from jsonb_to_recordset($2::jsonb) as u(sku text, "sellIn" bigint) group by sku
     on conflict (partner_id, sku) do update set sell_in = excluded.sell_in, updated_at = excluded.updated_at returning sku`,
    [input.partnerId, products, new Date(input.atMs).toISOString()],
  );
  return [];
}
