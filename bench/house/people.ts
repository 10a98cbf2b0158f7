import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import { seededId } from '../../prisma/seed.ts';

/**
 * The partners, people and programs of a bench, beside those of the seed: enough of them that nobody meets the limit of
 * writes a person may make in a minute.
 */

export interface Somebody {
  readonly personId: string;
  /** Value of the session's cookie. */
  readonly token: string;
}

export interface Cast {
  readonly sellers: readonly Somebody[];
  readonly approvers: readonly Somebody[];
  /** Undo window and review window zero. */
  readonly plainProgramId: string;
  /** Review window zero, undo window as the example programs have it. */
  readonly undoProgramId: string;
}

export const SELLERS = 40;
/** Everybody who may decide is told of a task, so there are no more than the load needs. */
export const APPROVERS = 3;
const LIKE = 'one-per-product';

/** Puts everybody on stage, in one transaction of a superuser. */
export const castPeople = async (client: pg.Client): Promise<Cast> => {
  await client.query('begin');
  const sellers: Somebody[] = [];
  for (let place = 1; place <= SELLERS; place += 1) {
    const partnerId = seededId('partner', `bench-${place}`);
    await client.query(
      `insert into partner (id, name, country, tier, manager_id, trainings)
       select $1, $2, 'DE', 'gold', manager_id, trainings from partner where id = $3`,
      [partnerId, `Bench reseller ${place}`, seededId('partner', 'northwind')],
    );
    await client.query(
      'insert into partner_certification (partner_id, code, valid_until) select $1, code, valid_until from partner_certification where partner_id = $2',
      [partnerId, seededId('partner', 'northwind')],
    );
    sellers.push(
      await signedIn(client, { name: `seller-${place}`, partnerId, role: 'partner_sales', limitMinor: null }),
    );
  }
  const approvers: Somebody[] = [];
  for (let place = 1; place <= APPROVERS; place += 1) {
    approvers.push(
      await signedIn(client, {
        name: `approver-${place}`,
        partnerId: null,
        role: 'approver',
        limitMinor: 25_000_000,
      }),
    );
  }
  const plainProgramId = await addProgram(client, 'bench-plain', (policy) => ({
    ...policy,
    undoWindowSeconds: 0,
    reviewWindow: { ...policy.reviewWindow, amount: 0 },
  }));
  const undoProgramId = await addProgram(client, 'bench-undo', (policy) => ({
    ...policy,
    reviewWindow: { ...policy.reviewWindow, amount: 0 },
  }));
  await client.query(
    'insert into partner_program (partner_id, program_id) select p.id, g.id from partner p cross join program g on conflict do nothing',
  );
  await client.query('commit');
  return { sellers, approvers, plainProgramId, undoProgramId };
};

const signedIn = async (
  client: pg.Client,
  somebody: { name: string; partnerId: string | null; role: string; limitMinor: number | null },
): Promise<Somebody> => {
  const { name, partnerId, role, limitMinor } = somebody;
  const personId = seededId('person', `${name}@bench.example`);
  await client.query(
    'insert into person (id, email, display_name, side, partner_id) values ($1, $2, $3, $4, $5)',
    [
      personId,
      `${name}@bench.example`,
      `Bench ${name} (demo)`,
      partnerId === null ? 'vendor' : 'partner',
      partnerId,
    ],
  );
  await client.query('insert into person_role (person_id, role, limit_minor) values ($1, $2, $3)', [
    personId,
    role,
    limitMinor,
  ]);
  const token = randomBytes(32).toString('base64url');
  await client.query(
    `insert into session (token_hash, person_id, created_at, last_seen_at, expires_at) values ($1, $2, now(), now(), now() + interval '1 day')`,
    [createHash('sha256').update(token).digest(), personId],
  );
  return { personId, token };
};

const addProgram = async (
  client: pg.Client,
  key: string,
  change: (policy: DealRegistrationPolicy) => DealRegistrationPolicy,
): Promise<string> => {
  const programId = seededId('program', key);
  const { rows } = await client.query<{ body: DealRegistrationPolicy; currency: string }>(
    'select d.body, g.currency from policy_document d join program g on g.id = d.program_id where d.id = $1',
    [seededId('policy', LIKE)],
  );
  const [like] = rows;
  if (like === undefined) throw new Error(`the seed has no program ${LIKE}`);
  await client.query('insert into program (id, key, name, currency) values ($1, $2, $2, $3)', [
    programId,
    key,
    like.currency,
  ]);
  await client.query(
    `insert into policy_document (id, program_id, kind, version, status, body, body_hash, effective_from, created_by, published_by, published_at)
     values ($1, $2, 'deal-registration', 1, 'published', $3, $1, '2026-01-01T00:00:00Z', $4, $5, '2026-01-01T00:00:00Z')`,
    [
      seededId('policy', key),
      programId,
      change(like.body),
      seededId('person', 'program-ops@halyard.example'),
      seededId('person', 'admin@halyard.example'),
    ],
  );
  return programId;
};
