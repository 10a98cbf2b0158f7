import { oneRow, together } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/* Protection: who has the slot of a customer and a product family, and until when. */

/**
 * Takes the lock of each family, in order, until the transaction ends: approvals in one family come one
 * after the other, so that the match repeated inside sees every protection granted before.
 */
export async function lockFamilies(tx: Transaction, families: readonly string[]): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended('protection:' || family, 0)) from (select unnest($1::text[]) as family order by 1) f`,
    [[...families].sort()],
  );
}

/** The newest committed grant of each family; a family without one is not in it. */
export async function readLastGrants(
  tx: Transaction,
  families: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ family: string; last: number }>(
    `select family, last from unnest($1::text[]) as family cross join lateral (
       select granted_no as last from protection p where p.family = family order by granted_no desc limit 1) newest`,
    [families],
  );
  return new Map(rows.map(({ family, last }) => [family, last]));
}

/** The customers, as they were entered, for whom something was granted in one of the families since; under its lock. */
export async function readGrantedSince(
  tx: Transaction,
  since: ReadonlyMap<string, number>,
  families: readonly string[],
): Promise<string[]> {
  const { rows } = await tx.query<{ accountId: string }>(
    `select distinct r.account_id as "accountId" from unnest($1::text[], $2::bigint[]) as seen(family, last)
       join protection p on p.family = seen.family and p.granted_no > seen.last join registration r on r.id = p.registration_id`,
    [families, families.map((family) => since.get(family) ?? 0)],
  );
  return rows.map(({ accountId }) => accountId);
}

/** A family was taken while it was being protected: somebody else's range overlaps. */
export class SlotTaken extends Error {
  constructor() {
    super('The account and product family are protected for somebody else.');
    this.name = 'SlotTaken';
  }
}

/**
 * Reserves the slot of each family, all or nothing; the caller has the lock of each (`lockFamilies`). The database's exclusion
 * constraint is the last word: throws `SlotTaken`, with nothing reserved, and leaves the transaction usable.
 */
export async function reserveProtection(
  tx: Transaction,
  input: {
    registrationId: string;
    partnerId: string;
    accountId: string;
    families: readonly string[];
    shareGroup: string;
    fromMs: number;
    toMs: number | null;
  },
): Promise<void> {
  const release = (): Promise<unknown> =>
    tx.query('delete from protection where registration_id = $1 and family = any ($2)', [
      input.registrationId,
      input.families,
    ]);
  // A range that is over makes room for the new one, when somebody asked too late and is granted more time.
  const [, { rowCount }] = await together([
    release(),
    tx.query(
      `insert into protection (registration_id, partner_id, account_id, family, share_group, period)
       select $1, $2, coalesce((select canonical_id from account_standing where account_id = $3), $3), family, $5, tstzrange($6::timestamptz, $7::timestamptz)
         from unnest($4::text[]) as family
       on conflict do nothing`,
      [
        input.registrationId,
        input.partnerId,
        input.accountId,
        input.families,
        input.shareGroup,
        new Date(input.fromMs).toISOString(),
        input.toMs === null ? null : new Date(input.toMs).toISOString(),
      ],
    ),
  ]);
  if (rowCount === input.families.length) return;
  await release();
  throw new SlotTaken();
}

/** The group in which a registration was last protected; null when it never was. */
export async function readShareGroup(tx: Transaction, registrationId: string): Promise<string | null> {
  const { rows } = await tx.query<{ share_group: string }>(
    'select share_group from protection where registration_id = $1 order by family limit 1',
    [registrationId],
  );
  return rows[0]?.share_group ?? null;
}

/** What is, or will be, protected for a registration: the families, and the range. */
export async function readProtection(
  tx: Transaction,
  registrationId: string,
): Promise<{ families: string[]; fromMs: number; untilMs: number }> {
  return oneRow<{ families: string[]; fromMs: number; untilMs: number }>(
    tx,
    `protection of ${registrationId}`,
    `select array_agg(family order by family) as families, (extract(epoch from min(lower(period))) * 1000)::bigint as "fromMs",
            (extract(epoch from max(upper(period))) * 1000)::bigint as "untilMs"
       from protection where registration_id = $1 having count(*) > 0`,
    [registrationId],
  );
}

/**
 * Protections follow the accounts that a person's verdict joined into one company (or parted again). Two that
 * were granted before and now overlap both stand: what was promised is not taken back; gives how many.
 */
export async function moveProtections(
  tx: Transaction,
  moved: readonly { readonly accountId: string; readonly canonicalId: string }[],
): Promise<number> {
  let overlapping = 0;
  for (const { accountId, canonicalId } of moved) {
    await tx.query('savepoint moving');
    try {
      await tx.query(
        'update protection p set account_id = $2 from registration r where r.id = p.registration_id and r.account_id = $1',
        [accountId, canonicalId],
      );
      await tx.query('release savepoint moving');
    } catch (error) {
      await tx.query('rollback to savepoint moving');
      if (!isExclusionViolation(error)) throw error;
      overlapping += 1;
    }
  }
  return overlapping;
}

const EXCLUSION_VIOLATION = '23P01';

function isExclusionViolation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === EXCLUSION_VIOLATION;
}

/** Gives back a slot that was reserved and will not take effect: nothing was protected. */
export async function dropReservation(tx: Transaction, registrationId: string): Promise<void> {
  await tx.query('delete from protection where registration_id = $1', [registrationId]);
}

/** Ends protection at an instant by truncating its range; a range that had not begun goes. */
export function endProtection(tx: Transaction, registrationId: string, atMs: number): Promise<void> {
  return keepProtectionOf(tx, { registrationId, families: [], atMs });
}

/** Sets the end of a protection in force: moved by an extension, infinite (null) while it is frozen or an extension is asked. */
export async function moveProtectionEnd(
  tx: Transaction,
  registrationId: string,
  toMs: number | null,
): Promise<void> {
  await tx.query(
    'update protection set period = tstzrange(lower(period), $2::timestamptz) where registration_id = $1',
    [registrationId, toMs === null ? null : new Date(toMs).toISOString()],
  );
}

/** Ends the protection of every family but those named: what is no longer registered, or was reserved and not granted. */
export async function keepProtectionOf(
  tx: Transaction,
  input: { registrationId: string; families: readonly string[]; atMs: number },
): Promise<void> {
  await tx.query(
    `with not_begun as (
       delete from protection where registration_id = $1 and not family = any ($2) and lower(period) >= $3::timestamptz)
     update protection set period = tstzrange(lower(period), $3::timestamptz)
      where registration_id = $1 and not family = any ($2) and lower(period) < $3::timestamptz and coalesce(upper(period) > $3::timestamptz, true)`,
    [input.registrationId, input.families, new Date(input.atMs).toISOString()],
  );
}
