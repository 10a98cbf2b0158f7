import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { dealRegistrationPolicyFile } from '../../api/contract/deal-registration-policy.ts';
import { formatId } from '../../domain/ids.ts';
import { seededId } from '../../prisma/seed.ts';
import { withSession, type Caller } from '../api-client.ts';

/**
 * Who plays: twenty fictitious partners with one person each, and a program in which a whole day happens in minutes. There is
 * no route that adds partners or programs yet, so they are written as the seed writes its own, by the owner of the tables;
 * so are the sessions of their people, whom the embedded identity provider does not know.
 */

const PARTNERS = [
  'Anchor Bay Systems',
  'Blackwater Integration',
  'Candlewick Networks',
  'Driftwood Data',
  'Eastgate Solutions',
  'Fernhill Technologies',
  'Gullwing Computing',
  'Hollow Oak Systems',
  'Ironbridge Resale',
  'Juniper Quay Services',
  'Kestrel Point Networks',
  'Larkfield Partners',
  'Millrace Technologies',
  'Nettlecombe Systems',
  'Otterburn Solutions',
  'Pebble Shore Data',
  'Quillmark Integration',
  'Rowanberry Networks',
  'Saltmarsh Computing',
  'Tidewater Resale',
] as const;

const AT = '2026-01-01T00:00:00.000Z';
const HOUR_MS = 3_600_000;
const POLICY = join(import.meta.dirname, '..', '..', 'prisma', 'seed', 'policies', 'demonstration.json');

export interface Cast {
  readonly partners: readonly Caller[];
  readonly programId: string;
}

export const openCast = async (input: {
  ownerUrl: string;
  publicUrl: () => string;
  nowMs: number;
}): Promise<Cast> => {
  const client = new pg.Client({ connectionString: input.ownerUrl });
  await client.connect();
  try {
    await client.query('begin');
    const programId = await addProgram(client, input.nowMs);
    const partners: Caller[] = [];
    for (const name of PARTNERS) partners.push(await addPartner(client, { ...input, name, programId }));
    await client.query('commit');
    return { partners, programId };
  } catch (cause) {
    await client.query('rollback');
    throw cause;
  } finally {
    await client.end();
  }
};

/** The demonstration program without windows to wait for, and with the machine allowed to deny where evidence is a duplicate's. */
const addProgram = async (client: pg.Client, nowMs: number): Promise<string> => {
  const key = 'demonstration-rush';
  const programId = seededId('program', key);
  const file = dealRegistrationPolicyFile.parse(JSON.parse(readFileSync(POLICY, 'utf8')));
  const body = {
    ...file.body,
    undoWindowSeconds: 0,
    reviewWindow: { amount: 0, unit: 'minute' },
    machineDenial: 'onDuplicateOfProtected',
    disclosure: { ...file.body.disclosure, denial: 'anotherRegistrationExists' },
    protection: { ...file.body.protection, otherwise: { amount: 90, unit: 'day' } },
  };
  const checked = dealRegistrationPolicyFile.parse({ ...file, programKey: key, body });
  await client.query(
    'insert into program (id, key, name, currency) values ($1, $2, $3, $4) on conflict do nothing',
    [programId, key, 'Demonstration rush', checked.body.currency],
  );
  await client.query(
    `insert into policy_document (id, program_id, kind, version, status, body, body_hash, note, effective_from, created_by, published_by, published_at)
     select $1, $2, $3, 1, 'published', $4, $5, $6, $7, $8, $9, $7
      where not exists (select from policy_document where program_id = $2)`,
    [
      formatId('policy', nowMs, randomBytes(16)),
      programId,
      checked.kind,
      checked.body,
      createHash('sha256').update(JSON.stringify(checked.body)).digest('hex'),
      'For npm run demo: no window to wait for, machine denial on.',
      AT,
      seededId('person', 'program-ops@halyard.example'),
      seededId('person', 'admin@halyard.example'),
    ],
  );
  return programId;
};

const addPartner = async (
  client: pg.Client,
  input: { name: string; programId: string; nowMs: number; publicUrl: () => string },
): Promise<Caller> => {
  const key = input.name.toLowerCase().replaceAll(' ', '-');
  const email = `sales@${key}.example`;
  const [partnerId, personId] = [seededId('partner', key), seededId('person', email)];
  const token = randomBytes(32).toString('base64url');
  await client.query(
    `insert into partner (id, name, country, tier, created_at, manager_id) values ($1, $2, 'US', 'silver', $3, $4) on conflict do nothing`,
    [partnerId, input.name, AT, seededId('person', 'account-manager@halyard.example')],
  );
  await client.query(
    `insert into person (id, email, display_name, side, partner_id, time_zone, created_at)
     values ($1, $2, $3, 'partner', $4, 'America/New_York', $5) on conflict do nothing`,
    [personId, email, `${input.name} sales (demo)`, partnerId, AT],
  );
  await client.query(
    "insert into person_role (person_id, role) values ($1, 'partner_sales') on conflict do nothing",
    [personId],
  );
  await client.query(
    'insert into partner_program (partner_id, program_id) values ($1, $2) on conflict do nothing',
    [partnerId, input.programId],
  );
  await client.query(
    'insert into session (token_hash, person_id, created_at, last_seen_at, expires_at) values ($1, $2, $3, $3, $4)',
    [
      createHash('sha256').update(token).digest(),
      personId,
      new Date(input.nowMs).toISOString(),
      new Date(input.nowMs + 6 * HOUR_MS).toISOString(),
    ],
  );
  return withSession({ publicUrl: input.publicUrl, email, token });
};
