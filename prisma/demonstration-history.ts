import { createHash } from 'node:crypto';
import pg from 'pg';
import { naturalId } from '../adapters/natural-id.ts';

/**
 * What the demonstration's fictitious vendor knew before Fairlead: customers with their history, a deal of its own sales
 * force, and registrations in flight, so that the rules which read them (net new, managing partner, segment, direct
 * engagement, rivals, parents) can be seen at once. They come as imports that somebody committed, as a program's own files
 * would, and the workers store them.
 */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const COMMITTED_BY = naturalId('person', 'program-ops@halyard.example');

interface Customer {
  readonly accountRef: string;
  readonly legalName: string;
  readonly country: string;
  readonly webDomain: string;
  readonly city: string;
  readonly industry: string;
  readonly engagement: 'direct' | 'channel' | 'shared' | null;
  readonly hasBought: boolean;
  readonly ownedFamilies: readonly string[];
  /** Key of a seeded partner. */
  readonly managedBy: 'northwind' | 'lakeside' | null;
  readonly segment: string | null;
  readonly parentRef: string | null;
}

const customers: readonly Customer[] = [
  {
    accountRef: 'DEMO-RAVENSHOLM',
    legalName: 'Ravensholm Paper AB',
    country: 'SE',
    webDomain: 'ravensholm-paper.example',
    city: 'Sundsvall',
    industry: 'Paper',
    engagement: 'channel',
    hasBought: true,
    ownedFamilies: ['storage'],
    managedBy: 'lakeside',
    segment: null,
    parentRef: null,
  },
  {
    accountRef: 'DEMO-CORRAN',
    legalName: 'Corran Ferries Ltd',
    country: 'GB',
    webDomain: 'corran-ferries.example',
    city: 'Oban',
    industry: 'Transport',
    engagement: 'channel',
    hasBought: true,
    ownedFamilies: ['switching', 'care'],
    managedBy: 'northwind',
    segment: null,
    parentRef: null,
  },
  {
    accountRef: 'DEMO-OSTERFELD',
    legalName: 'Osterfeld Kliniken AG',
    country: 'DE',
    webDomain: 'osterfeld-kliniken.example',
    city: 'Kassel',
    industry: 'Health',
    engagement: 'shared',
    hasBought: false,
    ownedFamilies: [],
    managedBy: null,
    segment: 'enterprise',
    parentRef: null,
  },
  {
    accountRef: 'DEMO-OSTERFELD-LAB',
    legalName: 'Osterfeld Labor GmbH',
    country: 'DE',
    webDomain: 'osterfeld-labor.example',
    city: 'Kassel',
    industry: 'Health',
    engagement: null,
    hasBought: false,
    ownedFamilies: [],
    managedBy: null,
    segment: null,
    parentRef: 'DEMO-OSTERFELD',
  },
  {
    accountRef: 'DEMO-TAMARACK',
    legalName: 'Tamarack Rail Inc',
    country: 'US',
    webDomain: 'tamarack-rail.example',
    city: 'Duluth',
    industry: 'Transport',
    engagement: 'direct',
    hasBought: true,
    ownedFamilies: ['edge-security'],
    managedBy: null,
    segment: null,
    parentRef: null,
  },
];

const directDeals = [
  {
    sourceRef: 'DEMO-DIRECT-TAMARACK',
    accountRef: 'DEMO-TAMARACK',
    productFamily: 'switching',
    stage: 'proposal',
    engagedDaysAgo: 6,
  },
] as const;

interface InFlight {
  readonly sourceRef: string;
  /** Key of a seeded partner. */
  readonly partner: 'lakeside' | 'saffron';
  readonly legalName: string;
  readonly country: string;
  readonly webDomain: string | null;
  readonly city: string;
  readonly opportunityName: string;
  readonly sku: string;
  readonly quantity: number;
  readonly valueMinor: number;
  readonly submittedHoursAgo: number;
  /** Null for one that waits to be decided. */
  readonly protectedForDays: number | null;
}

const inFlight: readonly InFlight[] = [
  {
    sourceRef: 'DEMO-LAKESIDE-IRONBARK',
    partner: 'lakeside',
    legalName: 'Ironbark Foundry GmbH',
    country: 'DE',
    webDomain: 'ironbark-foundry.example',
    city: 'Siegen',
    opportunityName: 'Plant network',
    sku: 'HSW-48',
    quantity: 60,
    valueMinor: 9_600_000,
    submittedHoursAgo: 20 * 24,
    protectedForDays: 70,
  },
  {
    sourceRef: 'DEMO-SAFFRON-RAVENSHOLM',
    partner: 'saffron',
    legalName: 'Ravensholm Papper',
    country: 'SE',
    webDomain: null,
    city: 'Sundsvall',
    opportunityName: 'Mill archive',
    sku: 'HOS-100T',
    quantity: 2,
    valueMinor: 6_400_000,
    submittedHoursAgo: 1,
    protectedForDays: null,
  },
];

const partnerId = (key: string | null): string | null => (key === null ? null : naturalId('partner', key));

/** The files as their preview would have kept them; dates are counted from `nowMs`. */
export function demonstrationImports(nowMs: number): {
  readonly customers: readonly Readonly<Record<string, unknown>>[];
  readonly directDeals: readonly Readonly<Record<string, unknown>>[];
  readonly inFlight: readonly Readonly<Record<string, unknown>>[];
} {
  const at = (offsetMs: number): string => new Date(nowMs + offsetMs).toISOString();
  return {
    customers: customers.map(({ managedBy, ...customer }) => ({
      ...customer,
      managingPartnerId: partnerId(managedBy),
      street: null,
      postalCode: null,
      phone: null,
      createdAt: at(-700 * DAY_MS),
      taxId: null,
      contactDomains: null,
    })),
    directDeals: directDeals.map(({ engagedDaysAgo, ...deal }) => ({
      ...deal,
      lastEngagedAt: at(-engagedDaysAgo * DAY_MS),
    })),
    inFlight: inFlight.map(({ partner, submittedHoursAgo, protectedForDays, ...registration }) => ({
      ...registration,
      partnerId: partnerId(partner),
      programKey: 'activity-checked',
      type: 'new_solution',
      source: 'partner_sourced',
      status: protectedForDays === null ? 'pending_approval' : 'approved',
      currency: 'EUR',
      expectedClose: at(120 * DAY_MS).slice(0, 10),
      stage: 'qualified',
      submittedAt: at(-submittedHoursAgo * HOUR_MS),
      protectedUntil: protectedForDays === null ? null : at(protectedForDays * DAY_MS),
    })),
  };
}

/**
 * Commits the imports, once for an installation; `ownerUrl` signs in as the owner of the tables. For development only, after
 * `seed` has made the partners and people they name.
 */
export async function seedDemonstrationHistory(input: { ownerUrl: string; nowMs: number }): Promise<void> {
  const files = demonstrationImports(input.nowMs);
  const client = new pg.Client({ connectionString: input.ownerUrl });
  await client.connect();
  try {
    // Customers first, then what refers to them: the workers store the oldest first.
    for (const [place, { kind, name, rows }] of [
      { kind: 'accounts', name: 'customers', rows: files.customers },
      { kind: 'direct_deals', name: 'direct-deals', rows: files.directDeals },
      { kind: 'registrations', name: 'in-flight', rows: files.inFlight },
    ].entries()) {
      await client.query(
        `insert into import_batch (id, kind, file_name, file_sha256, status, rows_total, rows_bad, preview, rows, created_by, created_at, committed_by, committed_at)
         values ($1, $2, $3, $4, 'committed', $5, 0, $6, $7, $8, $9, $8, $9) on conflict do nothing`,
        [
          naturalId('importBatch', `demonstration-${name}`),
          kind,
          `demonstration-${name}.csv`,
          createHash('sha256').update(JSON.stringify(rows)).digest('hex'),
          rows.length,
          { errors: [], sample: rows },
          JSON.stringify(rows),
          COMMITTED_BY,
          new Date(input.nowMs + place).toISOString(),
        ],
      );
    }
  } finally {
    await client.end();
  }
}
