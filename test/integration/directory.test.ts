import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyDirectory } from '../../adapters/store/directory-file.ts';
import type { DirectoryOutcome } from '../../adapters/store/directory-file.ts';
import { createPool } from '../../adapters/store/pool.ts';
import type { Pool } from '../../adapters/store/pool.ts';
import type { DirectoryFile } from '../../api/contract/directory-file.ts';
import { seed } from '../../prisma/seed.ts';
import { createTestDatabase } from '../setup/database.ts';
import type { TestDatabase } from '../setup/database.ts';

/* The first directory of a new installation in production, from the example that the documents show. */

const EXAMPLE = readFileSync(join(import.meta.dirname, '../../docs/directory.example.json'), 'utf8');
const NOW_MS = Date.parse('2026-11-02T09:00:00Z');

let database: TestDatabase;
let owner: Pool;
let app: Pool;

beforeEach(async () => {
  database = await createTestDatabase();
  await seed({ ownerUrl: database.ownerUrl, mode: 'production' });
  owner = createPool({ url: database.superuserUrl, max: 2, applicationName: 'test-directory-owner' });
  app = createPool({ url: database.appUrl, max: 2, applicationName: 'test-directory' });
}, 30_000);

afterEach(async () => {
  await owner.end();
  await app.end();
  await database.drop();
}, 30_000);

function apply(
  change: (file: DirectoryFile) => void = () => undefined,
  dryRun = false,
): Promise<DirectoryOutcome> {
  const file = JSON.parse(EXAMPLE) as DirectoryFile;
  change(file);
  return applyDirectory({ ownerUrl: database.ownerUrl, text: JSON.stringify(file), nowMs: NOW_MS, dryRun });
}

/** Whom the sign-in takes somebody for who comes with a verified address. */
async function signsInAs(email: string): Promise<string[]> {
  const { rows } = await app.query<{ person_id: string }>(
    "select person_id from bind_identity('https://sign-in.example', $1, $1)",
    [email],
  );
  const { rows: people } = await owner.query<{ email: string }>(
    'select email from person where id = any ($1)',
    [rows.map(({ person_id }) => person_id)],
  );
  return people.map((person) => person.email);
}

async function countOf(text: string): Promise<number> {
  const { rows } = await owner.query<{ n: number }>(`select count(*)::int as n from ${text}`);
  return rows[0]?.n ?? 0;
}

describe('the first directory of an installation', () => {
  test('lets its people sign in, the administrator first, and nobody else', async () => {
    expect(await signsInAs('administrator@marlow.example')).toEqual([]);
    const outcome = await apply();
    expect(outcome.outcome === 'applied' && outcome.changes.length).toBe(14);
    expect(await signsInAs('Administrator@marlow.example')).toEqual(['administrator@marlow.example']);
    expect(await signsInAs('orders@osprey.example')).toEqual(['orders@osprey.example']);
    expect(await signsInAs('somebody@else.example')).toEqual([]);
    const { rows: sessions } = await owner.query<{ token: Buffer }>(
      `insert into session (token_hash, person_id, created_at, last_seen_at, expires_at)
       select sha256('a token'), id, now(), now(), now() + interval '1 hour' from person where email = 'administrator@marlow.example' returning token_hash as token`,
    );
    const { rows } = await app.query('select side, roles, limit_minor from session_principal($1, now())', [
      sessions[0]?.token,
    ]);
    expect(rows).toEqual([{ side: 'vendor', roles: ['admin'], limit_minor: null }]);
    const { rows: partner } = await owner.query(
      `select p.name, p.kind, m.email as manager, array(select code from partner_certification c where c.partner_id = p.id) as certifications,
              array(select g.key from partner_program e join program g on g.id = e.program_id where e.partner_id = p.id) as programs,
              (select vendor_name from installation) as vendor
         from partner p join person m on m.id = p.manager_id where p.kind = 'reseller'`,
    );
    expect(partner).toEqual([
      {
        name: 'Osprey Laboratory Supply',
        kind: 'reseller',
        manager: 'partner-desk@marlow.example',
        certifications: ['spectrometry'],
        programs: ['registered-resellers'],
        vendor: 'Marlow Instruments',
      },
    ]);
    expect(await countOf("audit_row where action = 'directory_changed'")).toBe(14);
    expect(await countOf("distributor_relation where from_date = '2026-01-01' and to_date is null")).toBe(1);
  }, 60_000);

  test('brought again changes nothing; changed, it changes what it names, and what it takes away ends', async () => {
    await apply();
    expect(await apply()).toEqual({ outcome: 'applied', changes: [] });
    expect(await countOf("audit_row where action = 'directory_changed'")).toBe(14);
    const change = (file: DirectoryFile): void => {
      file.people = file.people.filter(({ email }) => email === 'partner-desk@marlow.example');
      for (const person of file.people)
        person.roles = person.roles.filter(({ role }) => role === 'program_ops');
      file.partners = file.partners.slice(0, 1);
      for (const partner of file.partners) {
        partner.programs = [];
        partner.managerEmail = 'director@marlow.example';
      }
    };
    const changes = [
      { what: 'partner', key: 'osprey-labs' },
      { what: 'person', key: 'partner-desk@marlow.example' },
    ];
    expect(await apply(change, true)).toEqual({ outcome: 'applied', changes });
    expect(await countOf('partner_program')).toBe(1);
    expect(await apply(change)).toEqual({ outcome: 'applied', changes });
    expect(await countOf('partner_program')).toBe(0);
    expect(await countOf('person')).toBe(5);
    const { rows } = await owner.query(
      `select role, valid_to = 'infinity' as open from person_role r join person p on p.id = r.person_id where p.email = 'partner-desk@marlow.example' order by 1`,
    );
    expect(rows).toEqual([
      { role: 'channel_account_manager', open: false },
      { role: 'program_ops', open: true },
    ]);
    expect(await apply(change)).toEqual({ outcome: 'applied', changes: [] });
  }, 60_000);

  test('that is wrong says everything at once, by place, and writes nothing', async () => {
    const shape = await apply((file) => {
      Object.assign(file.people[0] ?? {}, { email: 'nobody', timeZone: 'Mars/Base' });
      Object.assign(file.partners[0] ?? {}, { kind: 'friend', extra: 1 });
    });
    expect(pointers(shape)).toEqual([
      '/partners/0/extra',
      '/partners/0/kind',
      '/people/0/email',
      '/people/0/timeZone',
    ]);
    const rules = await apply((file) => {
      file.people.push({ ...(file.people[1] as DirectoryFile['people'][number]) });
      for (const calendar of file.calendars)
        calendar.holidays = [{ country: 'QZ', state: null, region: null, types: ['public'] }];
      for (const person of file.people.slice(4, 5))
        person.roles = [{ role: 'approver', limitMinor: null, validFrom: null, validTo: null }];
    });
    expect(pointers(rules)).toEqual([
      '/calendars/0/holidays/0/country',
      '/people/4/roles/0/role',
      '/people/5/email',
    ]);
    const references = await apply((file) => {
      file.people = file.people.filter(({ email }) => !email.startsWith('administrator'));
      for (const product of file.products) product.family = 'nothing';
      for (const partner of file.partners.slice(0, 1)) {
        partner.programs.push('no-program');
        partner.managerEmail = 'orders@osprey.example';
      }
      for (const person of file.people.slice(-1)) person.partner = 'nobody';
    });
    expect(pointers(references)).toEqual([
      '/partners/0/managerEmail',
      '/partners/0/programs/1',
      '/people',
      '/people/3/partner',
      '/products/0/family',
      '/products/1/family',
    ]);
    expect(await countOf('person')).toBe(0);
    expect(
      await applyDirectory({ ownerUrl: database.ownerUrl, text: '{', nowMs: NOW_MS, dryRun: false }),
    ).toMatchObject({ outcome: 'invalid', errors: [{ pointer: '' }] });
  }, 60_000);

  test('moves nobody to another partner, and keeps one administrator and the currency of what was agreed', async () => {
    await apply();
    await owner.query(
      `insert into policy_document (id, program_id, kind, status, body, body_hash, created_by)
       select 'pol_1', g.id, 'deal-registration', 'draft', '{}', '', p.id from program g, person p where p.email = 'director@marlow.example'`,
    );
    const outcome = await apply((file) => {
      for (const program of file.programs) program.currency = 'USD';
      for (const person of file.people) {
        if (person.email === 'administrator@marlow.example') person.active = false;
        if (person.email === 'orders@osprey.example') {
          person.partner = null;
          person.roles = [];
        }
      }
    });
    expect(pointers(outcome)).toEqual(['/people', '/people/4/partner', '/programs/0/currency']);
  }, 60_000);
});

describe('distributors of the file', () => {
  type Partner = DirectoryFile['partners'][number];
  const [reseller] = (JSON.parse(EXAMPLE) as DirectoryFile).partners as [Partner];
  const gannet: Partner = { ...reseller, ref: 'gannet', name: 'Gannet Distribution', kind: 'distributor' };
  delete gannet.distributors;
  const through =
    (...distributors: NonNullable<Partner['distributors']>) =>
    (file: DirectoryFile): void => {
      file.partners = [{ ...reseller, distributors }, gannet];
    };
  const of = (from: string, to: string | null = null, ref = 'gannet') => ({ ref, from, to });
  const kept = async (): Promise<[string, string | null][]> => {
    const { rows } = await owner.query<{ from: string; to: string | null }>(
      `select from_date::text as "from", to_date::text as "to" from distributor_relation order by 1`,
    );
    return rows.map(({ from, to }) => [from, to]);
  };

  test('are what the file says: added, moved, and ended on the day of the file when it names them no more', async () => {
    await apply(through(of('2026-01-01', '2026-03-31'), of('2026-05-01')));
    expect(await kept()).toEqual([
      ['2026-01-01', '2026-03-31'],
      ['2026-05-01', null],
    ]);
    const same = await apply(through(of('2026-01-01', '2026-03-31'), of('2026-05-01')));
    expect(same).toEqual({ outcome: 'applied', changes: [] });
    // The first grows to the day before the second, which begins as it did and has an end.
    const moved = await apply(
      through(of('2026-01-01', '2026-04-30'), of('2026-05-01', '2026-12-31'), of('2027-01-01')),
    );
    expect(moved).toEqual({ outcome: 'applied', changes: [{ what: 'partner', key: 'osprey-labs' }] });
    await apply(through(of('2026-01-01', '2026-04-30')));
    expect(await kept()).toEqual([
      ['2026-01-01', '2026-04-30'],
      ['2026-05-01', '2026-11-02'],
    ]);
    // A file that says nothing of them leaves them as they are.
    const silent = await apply((file) => {
      file.partners = [without(reseller)];
    });
    expect(silent).toEqual({ outcome: 'applied', changes: [] });
    expect(await kept()).toHaveLength(2);
  }, 60_000);

  test('that cannot be are told by place, and nothing is written', async () => {
    const errors = await apply((file) => {
      through(
        of('2026-01-01'),
        of('2026-06-01', '2026-07-01'),
        of('2026-01-01', null, 'nobody'),
        of('2026-01-01', null, 'osprey-labs'),
      )(file);
    });
    expect(pointers(errors)).toEqual(['/partners/0/distributors/1/from']);
    const references = await apply((file) => {
      through(of('2026-01-01', null, 'nobody'), of('2026-01-01', null, 'osprey-labs'))(file);
      file.partners.push({ ...gannet, ref: 'heron', distributors: [of('2026-01-01')] });
    });
    expect(pointers(references)).toEqual([
      '/partners/0/distributors/0/ref',
      '/partners/0/distributors/1/ref',
      '/partners/2/distributors/0',
    ]);
    expect(await kept()).toEqual([]);
    await apply(through(of('2026-01-01')));
    const later = await apply(through(of('2026-03-01')));
    expect(pointers(later)).toEqual(['/partners/0/distributors/0/from']);
    const otherwise = await apply((file) => {
      file.partners = [{ ...gannet, kind: 'reseller' }];
    });
    expect(pointers(otherwise)).toEqual(['/partners/0/kind']);
    const backwards = await apply(through(of('2026-03-01', '2026-02-01')));
    expect(pointers(backwards)).toEqual(['/partners/0/distributors/0/to']);
  }, 60_000);

  function without(partner: Partner): Partner {
    const { distributors: _left, ...rest } = partner;
    return rest;
  }
});

function pointers(outcome: DirectoryOutcome): string[] {
  return outcome.outcome === 'invalid' ? outcome.errors.map(({ pointer }) => pointer).toSorted() : [];
}
