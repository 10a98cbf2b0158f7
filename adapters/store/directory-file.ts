import { createHash } from 'node:crypto';
import pg from 'pg';
import { directoryFile } from '../../api/contract/directory-file.ts';
import type { DirectoryFile } from '../../api/contract/directory-file.ts';
import { checkFields } from '../../api/contract/field-errors.ts';
import type { FieldError } from '../../api/contract/field-errors.ts';
import { isPartnerRole } from '../../domain/access.ts';
import { jsonPointer } from '../../domain/json.ts';
import { parseCalendarDefinition } from '../calendar/definition.ts';
import { naturalId } from '../natural-id.ts';
import type { Transaction } from './transaction.ts';

/*
 * The directory of an installation from a file: how a new one gets its first administrator, its partners and its programs. Signs in
 * as the owner of the tables, because nobody can be asked for a permission before there is anybody.
 */

/** What became of a file. With errors nothing was written; a change is one row that is new or was altered. */
export type DirectoryOutcome =
  | { readonly outcome: 'invalid'; readonly errors: readonly FieldError[] }
  | { readonly outcome: 'applied'; readonly changes: readonly DirectoryChange[] };

export interface DirectoryChange {
  readonly what: 'vendor' | 'calendar' | 'family' | 'product' | 'program' | 'partner' | 'person';
  /** Its key: a name, a reference or an address. */
  readonly key: string;
}

/**
 * Brings the directory to what a file says, whole or not at all: every error at once, by JSON pointer; otherwise one transaction
 * with a row in the audit chain for each record that it changed. The same file again changes nothing. With `dryRun` it is only
 * looked at. Throws when the database is away.
 */
export async function applyDirectory(input: {
  ownerUrl: string;
  text: string;
  nowMs: number;
  dryRun: boolean;
}): Promise<DirectoryOutcome> {
  const parsed = parseFile(input.text);
  if (!parsed.ok) return { outcome: 'invalid', errors: parsed.errors };
  const client = new pg.Client({ connectionString: input.ownerUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query("select pg_advisory_xact_lock(hashtext('fairlead.seed'))");
    const errors = await referenceErrors(client, parsed.value, input.nowMs);
    if (errors.length > 0) {
      await client.query('rollback');
      return { outcome: 'invalid', errors };
    }
    const changes = await write(client, parsed.value, input.nowMs);
    await auditChanges(client, {
      changes,
      fileSha256: createHash('sha256').update(input.text).digest('hex'),
      nowMs: input.nowMs,
    });
    await client.query(input.dryRun ? 'rollback' : 'commit');
    return { outcome: 'applied', changes: changes.map(({ what, key }) => ({ what, key })) };
  } catch (cause) {
    await client.query('rollback').catch(() => undefined);
    throw cause;
  } finally {
    await client.end();
  }
}

function parseFile(text: string): ReturnType<typeof checkFields<typeof directoryFile>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it cannot be read';
    return { ok: false, errors: [{ pointer: '', reason: `The file is not JSON: ${reason}.` }] };
  }
  const checked = checkFields(directoryFile, json);
  if (!checked.ok) return checked;
  const errors = [
    ...repeated(checked.value),
    ...holidayErrors(checked.value),
    ...roleErrors(checked.value),
    ...dayErrors(checked.value),
  ];
  return errors.length === 0 ? checked : { ok: false, errors };
}

/** Two records of one key would contradict one another. */
function repeated(file: DirectoryFile): FieldError[] {
  const errors: FieldError[] = [];
  const once = (keys: readonly string[], pointerOf: (place: number) => (string | number)[]): void => {
    keys.forEach((key, place) => {
      const before = keys.indexOf(key);
      if (before < place)
        errors.push({
          pointer: jsonPointer(pointerOf(place)),
          reason: `${jsonPointer(pointerOf(before))} says the same.`,
        });
    });
  };
  once(
    file.calendars.map(({ name }) => name),
    (place) => ['calendars', place, 'name'],
  );
  once(
    file.families.map(({ key }) => key),
    (place) => ['families', place, 'key'],
  );
  once(
    file.products.map(({ sku }) => sku),
    (place) => ['products', place, 'sku'],
  );
  once(
    file.programs.map(({ key }) => key),
    (place) => ['programs', place, 'key'],
  );
  once(
    file.partners.map(({ ref }) => ref),
    (place) => ['partners', place, 'ref'],
  );
  once(
    file.people.map(({ email }) => email),
    (place) => ['people', place, 'email'],
  );
  file.partners.forEach(({ certifications, programs }, place) => {
    once(
      certifications.map(({ code }) => code),
      (at) => ['partners', place, 'certifications', at, 'code'],
    );
    once(programs, (at) => ['partners', place, 'programs', at]);
  });
  file.people.forEach(({ roles }, place) =>
    once(
      roles.map(({ role }) => role),
      (at) => ['people', place, 'roles', at, 'role'],
    ),
  );
  return errors;
}

function holidayErrors(file: DirectoryFile): FieldError[] {
  return file.calendars.flatMap((calendar, place) => {
    const parsed = parseCalendarDefinition(calendar);
    return 'faults' in parsed
      ? parsed.faults.map(({ pointer, reason }) => ({ pointer: `/calendars/${place}${pointer}`, reason }))
      : [];
  });
}

/** A partner's roles are for his people, and the others for the vendor's. */
function roleErrors(file: DirectoryFile): FieldError[] {
  return file.people.flatMap(({ partner, roles }, place) =>
    roles.flatMap(({ role }, at) =>
      isPartnerRole(role) === (partner !== null)
        ? []
        : [
            {
              pointer: `/people/${place}/roles/${at}/role`,
              reason:
                partner === null
                  ? 'This role is for people of a partner.'
                  : 'This role is for people of the vendor.',
            },
          ],
    ),
  );
}

interface Days {
  readonly from: string;
  readonly to: string | null;
}

function share(left: Days, right: Days): boolean {
  return (left.to === null || right.from <= left.to) && (right.to === null || left.from <= right.to);
}

/** A partner buys through a distributor once at a time. */
function dayErrors(file: DirectoryFile): FieldError[] {
  return file.partners.flatMap(({ distributors = [] }, place) =>
    distributors.flatMap((one, at) => {
      const before = distributors.findIndex((other) => other.ref === one.ref && share(other, one));
      return before < at
        ? [
            {
              pointer: `/partners/${place}/distributors/${at}/from`,
              reason: `/partners/${place}/distributors/${before} has days of these as well.`,
            },
          ]
        : [];
    }),
  );
}

interface Known {
  readonly families: ReadonlySet<string>;
  readonly programs: ReadonlyMap<string, { currency: string; hasPolicy: boolean }>;
  /** What kind of partner each is, by his id. */
  readonly partners: ReadonlyMap<string, string>;
  readonly relations: readonly (Days & { readonly distributorId: string; readonly resellerId: string })[];
  readonly people: ReadonlyMap<string, string | null>;
  /** Addresses of administrators who are active now. */
  readonly admins: readonly string[];
}

/** References to what neither the file nor the record has, and changes that the record's history forbids. */
async function referenceErrors(tx: Transaction, file: DirectoryFile, nowMs: number): Promise<FieldError[]> {
  const known = await readKnown(tx, nowMs);
  const errors: FieldError[] = [];
  const families = new Set([...known.families, ...file.families.map(({ key }) => key)]);
  file.products.forEach(({ family }, place) => {
    if (!families.has(family))
      errors.push({ pointer: `/products/${place}/family`, reason: 'There is no such product family.' });
  });
  const programs = new Set([...known.programs.keys(), ...file.programs.map(({ key }) => key)]);
  file.programs.forEach(({ key, currency }, place) => {
    const before = known.programs.get(key);
    if (before?.hasPolicy === true && before.currency !== currency)
      errors.push({
        pointer: `/programs/${place}/currency`,
        reason: `The program has policies in ${before.currency}: its currency stays.`,
      });
  });
  const refs = new Set(file.partners.map(({ ref }) => ref));
  const isPartner = (ref: string): boolean => refs.has(ref) || known.partners.has(naturalId('partner', ref));
  const peopleOfFile = new Map(file.people.map(({ email, partner }) => [email, partner]));
  file.partners.forEach(({ programs: enrolled, managerEmail }, place) => {
    enrolled.forEach((key, at) => {
      if (!programs.has(key))
        errors.push({ pointer: `/partners/${place}/programs/${at}`, reason: 'There is no such program.' });
    });
    if (managerEmail === null) return;
    const side = peopleOfFile.get(managerEmail) ?? known.people.get(managerEmail);
    if (!peopleOfFile.has(managerEmail) && !known.people.has(managerEmail))
      errors.push({ pointer: `/partners/${place}/managerEmail`, reason: 'There is no such person.' });
    else if (side !== null && side !== undefined)
      errors.push({
        pointer: `/partners/${place}/managerEmail`,
        reason: 'A partner is looked after by a person of the vendor.',
      });
  });
  file.people.forEach(({ email, partner }, place) => {
    if (partner !== null && !isPartner(partner))
      errors.push({ pointer: `/people/${place}/partner`, reason: 'There is no such partner.' });
    const before = known.people.get(email);
    const now = partner === null ? null : naturalId('partner', partner);
    if (before !== undefined && before !== now)
      errors.push({
        pointer: `/people/${place}/partner`,
        reason:
          'This person belongs to somebody else here, and what he did stays theirs. Use another address.',
      });
  });
  const named = new Set(file.people.map(({ email }) => email));
  const adminsLeft = [
    ...known.admins.filter((email) => !named.has(email)),
    ...file.people.filter((person) => person.active && person.roles.some((role) => isAdminAt(role, nowMs))),
  ];
  if (adminsLeft.length === 0)
    errors.push({
      pointer: '/people',
      reason: 'Nobody would be an administrator: name one with the role admin.',
    });
  return [...errors, ...distributorErrors(file, known, dayOf(nowMs))];
}

/** Distributors are partners of that kind who buy from the vendor itself; what was bought through one stays so. */
function distributorErrors(file: DirectoryFile, known: Known, today: string): FieldError[] {
  const kindOf = new Map([
    ...known.partners,
    ...file.partners.map(({ ref, kind }) => [naturalId('partner', ref), kind] as const),
  ]);
  return file.partners.flatMap((partner, place) => {
    const id = naturalId('partner', partner.ref);
    const errors: FieldError[] = [];
    const sells = known.relations.some(
      ({ distributorId, to }) => distributorId === id && (to === null || to >= today),
    );
    if (sells && partner.kind !== 'distributor')
      errors.push({
        pointer: `/partners/${place}/kind`,
        reason: 'Others buy through this partner: end that first.',
      });
    (partner.distributors ?? []).forEach((one, at) => {
      const distributorId = naturalId('partner', one.ref);
      const pointer = `/partners/${place}/distributors/${at}`;
      if (partner.kind === 'distributor')
        errors.push({ pointer, reason: 'A distributor buys from the vendor itself.' });
      else if (kindOf.get(distributorId) !== 'distributor')
        errors.push({ pointer: `${pointer}/ref`, reason: 'There is no such distributor.' });
      const other = known.relations.find(
        (kept) =>
          kept.distributorId === distributorId &&
          kept.resellerId === id &&
          kept.from !== one.from &&
          !(partner.distributors ?? []).some(({ ref, from }) => ref === one.ref && from === kept.from) &&
          kept.from <= today &&
          share({ from: kept.from, to: kept.to === null || kept.to > today ? today : kept.to }, one),
      );
      if (other !== undefined)
        errors.push({
          pointer: `${pointer}/from`,
          reason: `He buys through this distributor from ${other.from} already: name that day.`,
        });
    });
    return errors;
  });
}

/** The day of an instant in UTC. */
function dayOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 10);
}

function isAdminAt(given: DirectoryFile['people'][number]['roles'][number], nowMs: number): boolean {
  return (
    given.role === 'admin' &&
    (given.validFrom === null || Date.parse(given.validFrom) <= nowMs) &&
    (given.validTo === null || Date.parse(given.validTo) > nowMs)
  );
}

async function readKnown(tx: Transaction, nowMs: number): Promise<Known> {
  const { rows: families } = await tx.query<{ key: string }>('select key from product_family');
  const { rows: programs } = await tx.query<{ key: string; currency: string; hasPolicy: boolean }>(
    `select key, currency, exists (select from policy_document d where d.program_id = g.id) as "hasPolicy" from program g`,
  );
  const { rows: partners } = await tx.query<{ id: string; kind: string }>('select id, kind from partner');
  const { rows: relations } = await tx.query<Known['relations'][number]>(
    `select distributor_id as "distributorId", reseller_id as "resellerId", to_char(from_date, 'YYYY-MM-DD') as "from",
            to_char(to_date, 'YYYY-MM-DD') as "to" from distributor_relation`,
  );
  const { rows: people } = await tx.query<{ email: string; partner: string | null; admin: boolean }>(
    `select lower(p.email) as email, p.partner_id as partner,
            p.active and exists (select from person_role r where r.person_id = p.id and r.role = 'admin' and r.valid_from <= $1 and r.valid_to > $1) as admin
       from person p`,
    [new Date(nowMs).toISOString()],
  );
  return {
    families: new Set(families.map(({ key }) => key)),
    programs: new Map(programs.map(({ key, ...rest }) => [key, rest])),
    partners: new Map(partners.map(({ id, kind }) => [id, kind])),
    relations,
    people: new Map(people.map(({ email, partner }) => [email, partner])),
    admins: people.filter(({ admin }) => admin).map(({ email }) => email),
  };
}

// ---------------------------------------------------------------------------------------------------------

interface WrittenChange extends DirectoryChange {
  /** Under which the audit chain keeps it. */
  readonly subject: string;
}

/** Writes absolute values; a row that says it already is not touched, and is no change. */
async function write(tx: Transaction, file: DirectoryFile, nowMs: number): Promise<WrittenChange[]> {
  const at = new Date(nowMs).toISOString();
  const changes = [
    ...(await writeVendor(tx, file.vendorName)),
    ...(await writeCalendars(tx, file.calendars, at)),
    ...(await writeProducts(tx, file)),
    ...(await writePrograms(tx, file.programs)),
  ];
  // People belong to partners, and partners are looked after by people.
  const partners = await writePartners(tx, file.partners, at);
  const people = await writePeople(tx, file.people, at);
  const after = [
    ...(await writeManagers(tx, file.partners)),
    ...(await writeDistributors(tx, file.partners, dayOf(nowMs))),
  ];
  const told = [...partners, ...after].map(({ key }) => key);
  const also = after.filter(({ key }, place) => told.indexOf(key) === partners.length + place);
  return [...changes, ...partners, ...also, ...people];
}

type Statement = readonly [text: string, values: readonly unknown[]];

/** True when any of the statements wrote a row. */
async function wrote(tx: Transaction, ...statements: readonly Statement[]): Promise<boolean> {
  let rows = 0;
  for (const [text, values] of statements) rows += (await tx.query(text, [...values])).rowCount ?? 0;
  return rows > 0;
}

/** The records of a kind that a statement changed. */
async function changed<One>(
  tx: Transaction,
  what: DirectoryChange['what'],
  records: readonly One[],
  make: (one: One) => Promise<{ key: string; subject: string; statements: readonly Statement[] }>,
): Promise<WrittenChange[]> {
  const changes: WrittenChange[] = [];
  for (const one of records) {
    const { key, subject, statements } = await make(one);
    if (await wrote(tx, ...statements)) changes.push({ what, key, subject });
  }
  return changes;
}

async function writeVendor(tx: Transaction, name: string | null): Promise<WrittenChange[]> {
  return changed(tx, 'vendor', name === null ? [] : [name], async (vendorName) => ({
    key: vendorName,
    subject: 'installation',
    statements: [
      [
        `insert into installation (vendor_name) values ($1) on conflict (only_one) do update set vendor_name = excluded.vendor_name
          where installation.vendor_name <> excluded.vendor_name`,
        [vendorName],
      ],
    ],
  }));
}

async function writeCalendars(
  tx: Transaction,
  calendars: DirectoryFile['calendars'],
  at: string,
): Promise<WrittenChange[]> {
  return changed(tx, 'calendar', calendars, async (calendar) => ({
    key: calendar.name,
    subject: calendar.name,
    statements: [
      [
        `insert into calendar as c (name, definition, updated_at) values ($1, $2, $3)
         on conflict (name) do update set definition = excluded.definition, version = c.version + 1, updated_at = excluded.updated_at
          where c.definition <> excluded.definition`,
        [calendar.name, calendar, at],
      ],
    ],
  }));
}

async function writeProducts(
  tx: Transaction,
  file: Pick<DirectoryFile, 'families' | 'products'>,
): Promise<WrittenChange[]> {
  const families = await changed(tx, 'family', file.families, async ({ key, name, core }) => ({
    key,
    subject: key,
    statements: [
      [
        `insert into product_family as f (key, name, core) values ($1, $2, $3)
         on conflict (key) do update set name = excluded.name, core = excluded.core where (f.name, f.core) <> (excluded.name, excluded.core)`,
        [key, name, core],
      ],
    ],
  }));
  const products = await changed(tx, 'product', file.products, async ({ sku, name, family }) => ({
    key: sku,
    subject: sku,
    statements: [
      [
        `insert into product as p (sku, name, family) values ($1, $2, $3)
         on conflict (sku) do update set name = excluded.name, family = excluded.family where (p.name, p.family) <> (excluded.name, excluded.family)`,
        [sku, name, family],
      ],
    ],
  }));
  return [...families, ...products];
}

async function writePrograms(tx: Transaction, programs: DirectoryFile['programs']): Promise<WrittenChange[]> {
  return changed(tx, 'program', programs, async ({ key, name, currency }) => ({
    key,
    subject: naturalId('program', key),
    statements: [
      [
        `insert into program as g (id, key, name, currency) values ($1, $2, $3, $4)
         on conflict (key) do update set name = excluded.name, currency = excluded.currency where (g.name, g.currency) <> (excluded.name, excluded.currency)`,
        [naturalId('program', key), key, name, currency],
      ],
    ],
  }));
}

async function writePartners(
  tx: Transaction,
  partners: DirectoryFile['partners'],
  at: string,
): Promise<WrittenChange[]> {
  return changed(tx, 'partner', partners, async (partner) => {
    const id = naturalId('partner', partner.ref);
    const { name, country, kind, tier, standing, trainings, certifications, programs } = partner;
    return {
      key: partner.ref,
      subject: id,
      statements: [
        [
          `insert into partner as p (id, name, country, kind, tier, standing, trainings, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (id) do update set name = excluded.name, country = excluded.country, kind = excluded.kind, tier = excluded.tier,
             standing = excluded.standing, trainings = excluded.trainings
            where (p.name, p.country, p.kind, p.tier, p.standing, p.trainings)
               <> (excluded.name, excluded.country, excluded.kind, excluded.tier, excluded.standing, excluded.trainings)`,
          [id, name, country, kind, tier, standing, trainings, at],
        ],
        [
          'delete from partner_certification where partner_id = $1 and code <> all ($2)',
          [id, certifications.map(({ code }) => code)],
        ],
        [
          `insert into partner_certification as c (partner_id, code, valid_until)
           select $1, code, "validUntil" from jsonb_to_recordset($2::jsonb) as given(code text, "validUntil" timestamptz)
           on conflict (partner_id, code) do update set valid_until = excluded.valid_until where c.valid_until is distinct from excluded.valid_until`,
          [id, JSON.stringify(certifications)],
        ],
        [
          'delete from partner_program e using program g where g.id = e.program_id and e.partner_id = $1 and g.key <> all ($2)',
          [id, programs],
        ],
        [
          'insert into partner_program (partner_id, program_id) select $1, id from program where key = any ($2) on conflict do nothing',
          [id, programs],
        ],
      ],
    };
  });
}

async function writePeople(
  tx: Transaction,
  people: DirectoryFile['people'],
  at: string,
): Promise<WrittenChange[]> {
  return changed(tx, 'person', people, async (person) => {
    const id = await personIdOf(tx, person.email);
    const { email, displayName, partner, timeZone, active } = person;
    const roles = JSON.stringify(person.roles);
    return {
      key: email,
      subject: id,
      statements: [
        [
          `insert into person as p (id, email, display_name, side, partner_id, time_zone, active, created_at)
           values ($1, $2, $3, case when $4::text is null then 'vendor' else 'partner' end, $4, $5, $6, $7)
           on conflict (id) do update set display_name = excluded.display_name, time_zone = excluded.time_zone, active = excluded.active
            where (p.display_name, p.time_zone, p.active) <> (excluded.display_name, excluded.time_zone, excluded.active)`,
          [
            id,
            email,
            displayName,
            partner === null ? null : naturalId('partner', partner),
            timeZone,
            active,
            at,
          ],
        ],
        // A role that is taken away ends: that he had it stays on record.
        [
          `update person_role set valid_to = $3 where person_id = $1 and valid_from < $3 and valid_to > $3
              and role not in (select role from jsonb_to_recordset($2::jsonb) as given(role text))`,
          [id, roles, at],
        ],
        [
          `delete from person_role where person_id = $1 and valid_from >= $3
              and role not in (select role from jsonb_to_recordset($2::jsonb) as given(role text))`,
          [id, roles, at],
        ],
        [
          `insert into person_role as r (person_id, role, limit_minor, valid_from, valid_to)
           select $1, role, "limitMinor", coalesce("validFrom", '-infinity'), coalesce("validTo", 'infinity')
             from jsonb_to_recordset($2::jsonb) as given(role text, "limitMinor" bigint, "validFrom" timestamptz, "validTo" timestamptz)
           on conflict (person_id, role) do update set limit_minor = excluded.limit_minor, valid_from = excluded.valid_from, valid_to = excluded.valid_to
            where (r.limit_minor, r.valid_from, r.valid_to) is distinct from (excluded.limit_minor, excluded.valid_from, excluded.valid_to)`,
          [id, roles],
        ],
      ],
    };
  });
}

async function writeManagers(tx: Transaction, partners: DirectoryFile['partners']): Promise<WrittenChange[]> {
  return changed(tx, 'partner', partners, async ({ ref, managerEmail }) => {
    const id = naturalId('partner', ref);
    return {
      key: ref,
      subject: id,
      statements: [
        [
          'update partner set manager_id = $2 where id = $1 and manager_id is distinct from $2',
          [id, managerEmail === null ? null : await personIdOf(tx, managerEmail)],
        ],
      ],
    };
  });
}

/** Those named no longer end on the day of the file, or never begin; the others have the days that the file says. */
async function writeDistributors(
  tx: Transaction,
  partners: DirectoryFile['partners'],
  today: string,
): Promise<WrittenChange[]> {
  const named = partners.filter(({ distributors }) => distributors !== undefined);
  return changed(tx, 'partner', named, async ({ ref, distributors = [] }) => {
    const resellerId = naturalId('partner', ref);
    const given = JSON.stringify(
      distributors.map(({ ref: distributor, from, to }) => ({
        id: naturalId('distributorRelation', `${distributor} ${ref} ${from}`),
        distributor: naturalId('partner', distributor),
        from,
        to,
      })),
    );
    const GIVEN = `jsonb_to_recordset($2::jsonb) as g(id text, distributor text, "from" date, "to" date)`;
    const SAME = `r.distributor_id = g.distributor and r.from_date = g."from"`;
    return {
      key: ref,
      subject: resellerId,
      statements: [
        [
          `delete from distributor_relation r where r.reseller_id = $1 and r.from_date > $3::date and not exists (select from ${GIVEN} where ${SAME})`,
          [resellerId, given, today],
        ],
        [
          `update distributor_relation r set to_date = $3::date
            where r.reseller_id = $1 and (r.to_date is null or r.to_date > $3::date) and not exists (select from ${GIVEN} where ${SAME})`,
          [resellerId, given, today],
        ],
        // What becomes shorter makes room for what becomes longer.
        ...(['<', '>'] as const).map((sign): Statement => [
          `update distributor_relation r set to_date = g."to" from ${GIVEN}
              where r.reseller_id = $1 and ${SAME} and coalesce(g."to", 'infinity') ${sign} coalesce(r.to_date, 'infinity')`,
          [resellerId, given],
        ]),
        [
          `insert into distributor_relation (id, distributor_id, reseller_id, from_date, to_date)
           select g.id, g.distributor, $1, g."from", g."to" from ${GIVEN}
            where not exists (select from distributor_relation r where r.reseller_id = $1 and ${SAME})`,
          [resellerId, given],
        ],
      ],
    };
  });
}

async function personIdOf(tx: Transaction, email: string): Promise<string> {
  const { rows } = await tx.query<{ id: string }>('select id from person where lower(email) = $1', [email]);
  return rows[0]?.id ?? naturalId('person', email);
}

/** A row for each change; nobody is signed in at the command line, so that the file speaks for whoever ran it. */
async function auditChanges(
  tx: Transaction,
  input: { changes: readonly WrittenChange[]; fileSha256: string; nowMs: number },
): Promise<void> {
  await tx.query(
    `insert into audit_row (at, actor_id, acting_for, action, subject, content)
     select $1, null, null, 'directory_changed', subject, jsonb_build_object('what', what, 'fileSha256', $2::text)
       from jsonb_to_recordset($3::jsonb) as c(what text, subject text)`,
    [
      new Date(input.nowMs).toISOString(),
      input.fileSha256,
      JSON.stringify(input.changes.map(({ what, subject }) => ({ what, subject }))),
    ],
  );
}
