import { createHash } from 'node:crypto';
import pg from 'pg';
import { naturalId } from '../adapters/natural-id.ts';
import { readPolicyExamples } from '../adapters/policy-examples.ts';
import type { CalendarDefinition } from '../api/contract/calendar.ts';
import type { Role } from '../domain/access.ts';
import { compareRates } from '../domain/exchange-rate.ts';
import { compareBooks } from '../domain/price-book/price-book.ts';

/**
 * What a new installation begins with. In development a fictitious vendor with its programs, partners and one account
 * for each role, so that the whole product can be tried at once; in production calendars and the vendor's row only: the rest
 * is brought by `npm run directory`.
 * Running it again changes nothing.
 */

interface SeededPerson {
  readonly email: string;
  readonly displayName: string;
  readonly roles: readonly { readonly role: Role; readonly limitMinor: number | null }[];
  /** Key of a seeded partner; null for the vendor's people. */
  readonly partner: string | null;
  readonly timeZone: string;
}

const unlimited = (role: Role): SeededPerson['roles'] => [{ role, limitMinor: null }];

const people: readonly SeededPerson[] = [
  {
    email: 'approver@halyard.example',
    displayName: 'Approver (demo)',
    roles: [{ role: 'approver', limitMinor: 25_000_000 }],
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'approver-2@halyard.example',
    displayName: 'Second approver (demo)',
    roles: [{ role: 'approver', limitMinor: 25_000_000 }],
    partner: null,
    timeZone: 'America/New_York',
  },
  {
    email: 'program-ops@halyard.example',
    displayName: 'Program operations (demo)',
    roles: [{ role: 'program_ops', limitMinor: 5_000_000 }],
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'account-manager@halyard.example',
    displayName: 'Account manager (demo)',
    roles: [{ role: 'channel_account_manager', limitMinor: 10_000_000 }],
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'director@halyard.example',
    displayName: 'Director (demo)',
    roles: unlimited('director'),
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'cro@halyard.example',
    displayName: 'Chief revenue officer (demo)',
    roles: unlimited('cro'),
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'cfo@halyard.example',
    displayName: 'Chief financial officer (demo)',
    roles: unlimited('cfo'),
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'ceo@halyard.example',
    displayName: 'Chief executive officer (demo)',
    roles: unlimited('ceo'),
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'auditor@halyard.example',
    displayName: 'Auditor (demo)',
    roles: unlimited('auditor'),
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'admin@halyard.example',
    displayName: 'Administrator (demo)',
    roles: unlimited('admin'),
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'finance@halyard.example',
    displayName: 'Finance (demo)',
    roles: unlimited('finance_preparer'),
    partner: null,
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'admin@northwind.example',
    displayName: 'Northwind admin (demo)',
    roles: unlimited('partner_admin'),
    partner: 'northwind',
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'sales@northwind.example',
    displayName: 'Northwind sales (demo)',
    roles: unlimited('partner_sales'),
    partner: 'northwind',
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'admin@lakeside.example',
    displayName: 'Lakeside admin (demo)',
    roles: unlimited('partner_admin'),
    partner: 'lakeside',
    timeZone: 'America/New_York',
  },
  {
    email: 'sales@lakeside.example',
    displayName: 'Lakeside sales (demo)',
    roles: unlimited('partner_sales'),
    partner: 'lakeside',
    timeZone: 'America/New_York',
  },
  {
    email: 'admin@saffron.example',
    displayName: 'Saffron admin (demo)',
    roles: unlimited('partner_admin'),
    partner: 'saffron',
    timeZone: 'Asia/Kolkata',
  },
  {
    email: 'sales@saffron.example',
    displayName: 'Saffron sales (demo)',
    roles: unlimited('partner_sales'),
    partner: 'saffron',
    timeZone: 'Asia/Kolkata',
  },
  {
    email: 'claims@harbourgate.example',
    displayName: 'Harbourgate claims desk (demo)',
    roles: unlimited('partner_admin'),
    partner: 'harbourgate',
    timeZone: 'Europe/Berlin',
  },
  {
    email: 'claims@palisade.example',
    displayName: 'Palisade claims desk (demo)',
    roles: unlimited('partner_admin'),
    partner: 'palisade',
    timeZone: 'America/New_York',
  },
];

const partners = [
  { key: 'northwind', name: 'Northwind Harbour Systems', country: 'DE', tier: 'gold' },
  { key: 'lakeside', name: 'Lakeside Integration', country: 'US', tier: 'silver' },
  { key: 'saffron', name: 'Saffron Bay Technologies', country: 'IN', tier: 'registered' },
] as const;

/** They buy into stock and sell to the partners who buy through them. */
const distributors = [
  {
    key: 'harbourgate',
    name: 'Harbourgate Distribution',
    country: 'DE',
    tier: 'registered',
    sellsTo: ['northwind', 'saffron'],
  },
  {
    key: 'palisade',
    name: 'Palisade Supply',
    country: 'US',
    tier: 'registered',
    sellsTo: ['lakeside'],
  },
] as const;

const companies = [
  ...partners.map((one) => ({ ...one, kind: 'reseller' as const })),
  ...distributors.map((one) => ({ ...one, kind: 'distributor' as const })),
];

/** How much of another currency is paid for one euro, in thousand millionths, from two days on. */
const rates = [
  { quote: 'USD', e9: [1_087_000_000, 1_094_500_000] },
  { quote: 'GBP', e9: [857_400_000, 861_250_000] },
  { quote: 'INR', e9: [97_310_000_000, 98_050_000_000] },
  { quote: 'JPY', e9: [162_480_000_000, 164_900_000_000] },
  { quote: 'KWD', e9: [334_600_000, 336_100_000] },
] as const;
const RATES_FROM = ['2026-01-01', '2026-07-01'] as const;

const families = [
  { key: 'switching', name: 'Campus switching', core: true },
  { key: 'edge-security', name: 'Edge security', core: true },
  { key: 'storage', name: 'Object storage', core: true },
  { key: 'care', name: 'Care and training', core: false },
] as const;

const products = [
  { sku: 'HSW-48', name: 'Switch, 48 ports', family: 'switching' },
  { sku: 'HSW-24P', name: 'Switch, 24 ports, powered', family: 'switching' },
  { sku: 'HFW-200', name: 'Edge firewall 200', family: 'edge-security' },
  { sku: 'HFW-800', name: 'Edge firewall 800', family: 'edge-security' },
  { sku: 'HOS-10T', name: 'Object store, 10 TB', family: 'storage' },
  { sku: 'HOS-100T', name: 'Object store, 100 TB', family: 'storage' },
  { sku: 'HCR-1Y', name: 'Care, one year', family: 'care' },
  { sku: 'HTR-DAY', name: 'Training, one day', family: 'care' },
] as const;

/** List price and standard cost of each product, in cents of the book's currency. */
const prices: Readonly<Record<(typeof products)[number]['sku'], readonly [number, number]>> = {
  'HSW-48': [6_400_00, 3_015_00],
  'HSW-24P': [3_900_00, 1_940_00],
  'HFW-200': [3_990_00, 1_800_00],
  'HFW-800': [14_500_00, 6_350_00],
  'HOS-10T': [8_800_00, 5_200_00],
  'HOS-100T': [61_000_00, 38_000_00],
  'HCR-1Y': [1_200_00, 310_00],
  'HTR-DAY': [1_450_00, 800_00],
};

const officeHours = (from: string, to: string) => [{ from, to }];
const week = (
  hours: { from: string; to: string }[],
  weekend: { from: string; to: string }[] = [],
): CalendarDefinition['hours'] => ({
  monday: hours,
  tuesday: hours,
  wednesday: hours,
  thursday: hours,
  friday: hours,
  saturday: weekend,
  sunday: weekend,
});
const always = officeHours('00:00', '24:00');

const calendars: readonly CalendarDefinition[] = [
  {
    name: 'berlin',
    zone: 'Europe/Berlin',
    hours: week(officeHours('09:00', '17:00')),
    holidays: [{ country: 'DE', state: 'BE', region: null, types: ['public'] }],
    ownDays: [{ date: '12-24', hours: officeHours('09:00', '13:00'), note: 'Half day' }],
  },
  {
    name: 'newyork',
    zone: 'America/New_York',
    hours: week(officeHours('09:00', '17:00')),
    holidays: [{ country: 'US', state: 'NY', region: null, types: ['public'] }],
    ownDays: [],
  },
  {
    name: 'kolkata',
    zone: 'Asia/Kolkata',
    hours: week(officeHours('09:30', '17:30')),
    holidays: [{ country: 'IN', state: null, region: null, types: ['public'] }],
    ownDays: [],
  },
  { name: 'demo', zone: 'UTC', hours: week(always, always), holidays: [], ownDays: [] },
];

/** The accounts that can be signed in with in development, as the sign-in page and the start script show them. */
export const roleAccounts: readonly {
  email: string;
  displayName: string;
  side: 'vendor' | 'partner';
  roles: readonly Role[];
  company: string;
}[] = people.map((person) => ({
  email: person.email,
  displayName: person.displayName,
  side: person.partner === null ? 'vendor' : 'partner',
  roles: person.roles.map(({ role }) => role),
  company: companies.find(({ key }) => key === person.partner)?.name ?? 'Halyard Networks',
}));

const VENDOR_NAME = 'Halyard Networks';
const SEEDED_AT = '2026-01-01T00:00:00.000Z';

/** The id of a seeded record: made of its natural key, so that every installation has the same. */
export const seededId = naturalId;

/**
 * Fills an installation as its mode needs it, in one transaction. `ownerUrl` signs in as the owner of the tables.
 * A policy document that is there already is left as it is: published ones never change.
 */
export async function seed(input: { ownerUrl: string; mode: 'development' | 'production' }): Promise<void> {
  const client = new pg.Client({ connectionString: input.ownerUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query("select pg_advisory_xact_lock(hashtext('fairlead.seed'))");
    await client.query('insert into installation (vendor_name) values ($1) on conflict do nothing', [
      input.mode === 'development' ? VENDOR_NAME : 'The vendor',
    ]);
    for (const calendar of calendars) {
      await client.query('insert into calendar (name, definition) values ($1, $2) on conflict do nothing', [
        calendar.name,
        calendar,
      ]);
    }
    if (input.mode === 'development') await seedDemonstration(client);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback');
    throw cause;
  } finally {
    await client.end();
  }
}

async function seedDemonstration(client: pg.Client): Promise<void> {
  for (const { key, name, country, kind, tier } of companies) {
    await client.query(
      'insert into partner (id, name, country, kind, tier, created_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing',
      [seededId('partner', key), name, country, kind, tier, SEEDED_AT],
    );
  }
  await seedRelations(client);
  for (const person of people) {
    const id = seededId('person', person.email);
    await client.query(
      `insert into person (id, email, display_name, side, partner_id, time_zone, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
      [
        id,
        person.email,
        person.displayName,
        person.partner === null ? 'vendor' : 'partner',
        person.partner === null ? null : seededId('partner', person.partner),
        person.timeZone,
        SEEDED_AT,
      ],
    );
    for (const { role, limitMinor } of person.roles) {
      await client.query(
        'insert into person_role (person_id, role, limit_minor) values ($1, $2, $3) on conflict do nothing',
        [id, role, limitMinor],
      );
    }
  }
  await client.query('update partner set manager_id = $1 where manager_id is null', [
    seededId('person', 'account-manager@halyard.example'),
  ]);
  for (const family of families) {
    await client.query(
      'insert into product_family (key, name, core) values ($1, $2, $3) on conflict do nothing',
      [family.key, family.name, family.core],
    );
  }
  for (const product of products) {
    await client.query('insert into product (sku, name, family) values ($1, $2, $3) on conflict do nothing', [
      product.sku,
      product.name,
      product.family,
    ]);
  }
  await seedPrices(client);
  await seedRates(client);
  await seedPolicies(client);
}

async function seedRelations(client: pg.Client): Promise<void> {
  for (const { key: distributor, sellsTo } of distributors) {
    for (const reseller of sellsTo) {
      await client.query(
        'insert into distributor_relation (id, distributor_id, reseller_id, from_date) values ($1, $2, $3, $4::timestamptz::date) on conflict do nothing',
        [
          seededId('distributorRelation', `${distributor} ${reseller}`),
          seededId('partner', distributor),
          seededId('partner', reseller),
          SEEDED_AT,
        ],
      );
    }
  }
}

/** Rates of the euro to the currencies of the demonstration, as if two files had been published in one. */
async function seedRates(client: pg.Client): Promise<void> {
  const file = seededId('exchangeRateFile', 'demonstration');
  const published = rates.flatMap(({ quote, e9 }) =>
    RATES_FROM.map((validFrom, place) => ({
      base: 'EUR',
      quote,
      validFrom,
      rateE9: e9[place] ?? 0,
      source: 'Demonstration',
    })),
  );
  const { changes, ...counts } = compareRates([], published);
  const { rowCount } = await client.query(
    `insert into exchange_rate_file (id, status, note, file_name, file_sha256, entries, changes, created_by, created_at, published_by, published_at)
     values ($1, 'published', 'The first rates', 'demonstration', '', $2, $3, $4, $5, $6, $5) on conflict do nothing`,
    [
      file,
      published.length,
      { ...counts, largest: changes },
      seededId('person', 'finance@halyard.example'),
      SEEDED_AT,
      seededId('person', 'program-ops@halyard.example'),
    ],
  );
  if (rowCount === 0) return;
  for (const rate of published) {
    await client.query(
      'insert into exchange_rate (base, quote, valid_from, rate_e9, source, file_id) values ($1, $2, $3, $4, $5, $6)',
      [rate.base, rate.quote, rate.validFrom, rate.rateE9, rate.source, file],
    );
  }
}

/** One price book, in force since the beginning. */
async function seedPrices(client: pg.Client): Promise<void> {
  const [book, version] = [seededId('priceBook', 'europe'), seededId('priceBookVersion', 'europe 1')];
  const { rowCount } = await client.query(
    `insert into price_book (id, name, currency, region, created_at) values ($1, 'Europe', 'EUR', 'EMEA', $2) on conflict do nothing`,
    [book, SEEDED_AT],
  );
  if (rowCount === 0) return;
  const { changes: _none, ...counts } = compareBooks(
    [],
    products.map(({ sku }) => ({ sku, listMinor: prices[sku][0], costMinor: prices[sku][1] })),
  );
  await client.query(
    `insert into price_book_version (id, price_book_id, status, note, file_name, file_sha256, entries, changes, created_by, created_at)
     values ($1, $2, 'draft', 'The first prices', 'demonstration', '', $3, $4, $5, $6)`,
    [
      version,
      book,
      products.length,
      { ...counts, largest: [] },
      seededId('person', 'finance@halyard.example'),
      SEEDED_AT,
    ],
  );
  for (const { sku } of products) {
    const [listMinor, costMinor] = prices[sku];
    await client.query('insert into price_entry (version_id, sku, list_minor) values ($1, $2, $3)', [
      version,
      sku,
      listMinor,
    ]);
    await client.query('insert into price_cost (version_id, sku, cost_minor) values ($1, $2, $3)', [
      version,
      sku,
      costMinor,
    ]);
  }
  await client.query(
    `update price_book_version set status = 'published', version = 1, effective_from = $2, published_by = $3, published_at = $2 where id = $1`,
    [version, SEEDED_AT, seededId('person', 'program-ops@halyard.example')],
  );
}

/** A program for each deal registration policy that ships, with its policies of every kind. */
async function seedPolicies(client: pg.Client): Promise<void> {
  const certifications = new Set<string>();
  const trainings = new Set<string>();
  for (const file of readPolicyExamples()) {
    if (file.kind === 'deal-registration') {
      for (const code of file.body.eligibility.certifications) certifications.add(code);
      for (const training of file.body.eligibility.trainings) trainings.add(training);
    }
    const programId = seededId('program', file.programKey);
    await client.query(
      'insert into program (id, key, name, currency) values ($1, $2, $3, $4) on conflict do nothing',
      [programId, file.programKey, file.programName, file.body.currency],
    );
    for (const partner of partners) {
      await client.query(
        'insert into partner_program (partner_id, program_id) values ($1, $2) on conflict do nothing',
        [seededId('partner', partner.key), programId],
      );
    }
    await client.query(
      `insert into policy_document (id, program_id, kind, version, status, body, body_hash, note, effective_from, created_by, created_at, updated_at, published_by, published_at)
       values ($1, $2, $3, 1, 'published', $4, $5, $6, $7, $8, $9, $9, $10, $9) on conflict do nothing`,
      [
        // A program's first kind has no name in the id: it was the only one when the first installations were filled.
        seededId(
          'policy',
          file.kind === 'deal-registration' ? file.programKey : `${file.programKey} ${file.kind}`,
        ),
        programId,
        file.kind,
        file.body,
        createHash('sha256').update(JSON.stringify(file.body)).digest('hex'),
        file.note,
        file.effectiveFrom,
        seededId('person', 'program-ops@halyard.example'),
        SEEDED_AT,
        seededId('person', 'admin@halyard.example'),
      ],
    );
  }
  for (const partner of partners) {
    const id = seededId('partner', partner.key);
    await client.query("update partner set trainings = $2 where id = $1 and trainings = '{}'", [
      id,
      [...trainings],
    ]);
    for (const code of certifications) {
      await client.query(
        'insert into partner_certification (partner_id, code) values ($1, $2) on conflict do nothing',
        [id, code],
      );
    }
  }
}
