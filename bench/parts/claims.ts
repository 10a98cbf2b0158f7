import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { addAgreement, CLAIM_HEAD, DISTRIBUTOR, layTheGround } from '../../test/fixtures/agreements.ts';
import { migratedDatabase } from '../house/installation.ts';
import { openGround } from '../house/servers.ts';
import type { Ground } from '../house/servers.ts';
import { table } from '../measure/results.ts';
import { figure, generator, percentile, withSpread } from '../measure/statistics.ts';
import type { PartOptions, PartOutcome } from './part.ts';

/**
 * Claims of many lines, judged and persisted, against the bare SQL of the same joins over the same lines in the same database; and
 * the most memory that judging takes, by the number of lines. Both judge a file of the same lines in a process of its own.
 */

interface Row {
  readonly round: number;
  readonly lines: number;
  readonly what: 'judged and persisted' | 'bare SQL';
  readonly seconds: number;
  /** Of the process that judges; of the bare SQL none is measured. */
  readonly peakMb: number | null;
}

const AGREEMENTS = 200;
const SKUS = 20;
const DATABASE = 'claims';

export const measureClaims = async (options: PartOptions): Promise<PartOutcome> => {
  const { quick, rounds, seed, say } = options;
  const sizes = quick ? [2_000, 10_000] : [100_000, 1_000_000];
  const ground = await openGround({});
  const rows: Row[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const lines of sizes) {
        // Either goes first as often as the other, each in a database made anew.
        const order: Row['what'][] = ['judged and persisted', 'bare SQL'];
        if (round % 2 === 0) order.reverse();
        const sums = new Map<Row['what'], string>();
        for (const what of order) {
          const database = await laidOut(ground, `${DATABASE}_${round}_${lines}_${order.indexOf(what)}`);
          const measured =
            what === 'bare SQL'
              ? await bareSql(database, { lines, seed })
              : await judged(database, { lines, seed });
          sums.set(what, measured.sum);
          rows.push({ round, lines, what, seconds: measured.seconds, peakMb: measured.peakMb });
          say(`${lines} lines, round ${round}: ${what} ${measured.seconds.toFixed(1)} s, ${measured.sum}`);
          await database.db.end();
        }
        if (new Set(sums.values()).size !== 1)
          throw new Error(`they do not agree: ${JSON.stringify([...sums])}`);
      }
    }
  } finally {
    await ground.close();
  }
  const largest = Math.max(...sizes);
  const smallest = Math.min(...sizes);
  const of = (what: Row['what'], lines: number, value: (row: Row) => number | null): number[] =>
    rows.filter((row) => row.what === what && row.lines === lines).flatMap((row) => value(row) ?? []);
  const seconds = (what: Row['what'], lines: number): number[] => of(what, lines, (row) => row.seconds);
  const ratio =
    percentile(seconds('judged and persisted', largest), 0.5) / percentile(seconds('bare SQL', largest), 0.5);
  const peaks = (lines: number): number[] => of('judged and persisted', lines, ({ peakMb }) => peakMb);
  const growth = percentile(peaks(largest), 0.5) / percentile(peaks(smallest), 0.5);
  return {
    options: { sizes, agreements: AGREEMENTS, skus: SKUS, rounds, seed, quick },
    rows,
    goals: [
      {
        what: `${largest} claim lines read, judged and persisted, against the bare SQL of the same joins`,
        measured: `${figure(ratio)} ×`,
        goal: 'at most 4 ×',
        met: ratio <= 4,
      },
      {
        what: `peak memory of judging ${largest} lines against ${smallest}`,
        measured: `${figure(growth)} ×`,
        goal: 'flat (at most 1.25 ×)',
        met: growth <= 1.25,
      },
    ],
    details: [
      'Judged and persisted: a CSV file is read twice, each line checked, judged and written with its verdict in one transaction, caps',
      'locked. Bare SQL: the same lines, already as clean columns in a table, joined with agreements, terms, prices and earlier lines and',
      'inserted into the same tables with the same indexes by one statement each, caps by a running sum; nothing is checked by it that a',
      'file could have wrong. What both granted is compared.',
      '',
      table(
        ['lines', '', 'seconds', 'peak MB'],
        sizes.flatMap((lines) =>
          (['judged and persisted', 'bare SQL'] as const).map((what) => [
            String(lines),
            what,
            withSpread(seconds(what, lines)),
            what === 'bare SQL' ? '' : withSpread(peaks(lines)),
          ]),
        ),
      ),
    ].join('\n'),
  };
};

interface Database {
  readonly db: pg.Client;
  readonly url: (role: string) => string;
}

const laidOut = async (ground: Ground, name: string): Promise<Database> => {
  await migratedDatabase(ground, name);
  const url = (role: string): string => ground.postgres.urlOf({ role, database: name });
  const db = new pg.Client({ connectionString: url('postgres') });
  await db.connect();
  await db.query('set session_replication_role = replica');
  const skus = Array.from({ length: SKUS }, (_, at) => skuOf(at));
  await layTheGround(db, { skus });
  for (let at = 0; at < AGREEMENTS; at += 1)
    await addAgreement(db, {
      id: `spa_${at}`,
      reference: referenceOf(at),
      caps: Object.fromEntries(skus.map((sku) => [sku, 20_000])),
    });
  await db.query('analyze');
  return { db, url };
};

const skuOf = (at: number): string => `SEN-${at}`;
const referenceOf = (at: number): string => `SA-${String(at).padStart(4, '0')}`;

/** The cells of a line: most are in order, some name another product, are too late, too dear or claimed before. */
export const claimCells = (at: number, random: () => number): (string | number)[] => {
  const day = 1 + Math.floor(random() * 28);
  const chance = random();
  return [
    referenceOf(Math.floor(random() * AGREEMENTS)),
    'Contoso Shipyards',
    'NL',
    chance < 0.02 ? 'SEN-none' : skuOf(Math.floor(random() * SKUS)),
    chance > 0.02 && chance < 0.04 ? 'R-0' : `R-${at}`,
    1 + (at % 9),
    chance > 0.06 && chance < 0.07 ? '2026-02-27' : `2026-03-${String(day).padStart(2, '0')}`,
    1 + Math.floor(random() * 20),
    chance > 0.97 ? '80.01' : '80.00',
    'EUR',
    'sale',
  ];
};

/** The file of so many lines, piece by piece. */
export async function* claimFile(lines: number, seed: number): AsyncGenerator<Uint8Array> {
  const random = generator(seed);
  let piece = `${CLAIM_HEAD}\n`;
  for (let at = 0; at < lines; at += 1) {
    piece += `${claimCells(at, random).join(',')}\n`;
    if (piece.length > 64_000) {
      yield Buffer.from(piece);
      piece = '';
    }
  }
  yield Buffer.from(piece);
}

interface Measured {
  readonly seconds: number;
  readonly peakMb: number | null;
  readonly sum: string;
}

const GRANTED = `select count(*) filter (where units > 0) || ' lines, ' || sum(units) || ' units, ' || sum(amount_minor) || ' minor units' as sum from claim_verdict`;

/** In a process of its own, whose peak memory is asked of the machine when it ends. */
const judged = async (database: Database, of: { lines: number; seed: number }): Promise<Measured> => {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, '..', 'house', 'judge-claim.ts'),
      database.url('fairlead_worker'),
      database.url('postgres'),
      String(of.lines),
      String(of.seed),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`judging ended with ${code}`);
  const { seconds, peakMb } = JSON.parse(said) as { seconds: number; peakMb: number };
  return { seconds, peakMb, sum: await granted(database) };
};

const granted = async ({ db }: Database): Promise<string> =>
  (await db.query<{ sum: string }>(GRANTED)).rows[0]?.sum ?? '';

/** The lines as columns in a table, which is not counted, then the joins and the inserts. */
const bareSql = async (database: Database, of: { lines: number; seed: number }): Promise<Measured> => {
  const { db } = database;
  await db.query(
    `create unlogged table raw (row_no int, agreement text, customer text, country text, sku text, invoice text, invoice_line text, sale_date date,
       quantity int, unit_minor bigint, currency text, action text)`,
  );
  const random = generator(of.seed);
  for (let from = 0; from < of.lines; from += 20_000) {
    const some = Array.from({ length: Math.min(20_000, of.lines - from) }, (_, at) =>
      claimCells(from + at, random).map(String),
    );
    const column = (at: number): string[] => some.map((cells) => cells[at] ?? '');
    await db.query(
      `insert into raw select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::date[], $9::int[], $10::bigint[], $11::text[], $12::text[])`,
      [
        some.map((_, at) => from + at + 2),
        column(0),
        column(1),
        column(2),
        column(3),
        column(4),
        column(5),
        column(6),
        column(7),
        column(8).map((price) => Math.round(Number(price) * 100)),
        column(9),
        column(10),
      ],
    );
  }
  await db.query('analyze raw');
  await db.query(
    `insert into claim (id, reference, partner_id, submitted_by, file_name, file_sha256, profile, status, received_at) values ('clm_bare', 'CL-BARE', '${DISTRIBUTOR}', 'psn_harbour', 'f', 'h', '{}', 'received', '2026-04-02')`,
  );
  const beganMs = performance.now();
  await db.query('begin');
  await db.query(
    `create temp table judged on commit drop as
     with known as (
       select r.*, a.id as agreement_id, l.net_unit_minor, l.approved_cost_minor, l.cap_quantity, e.list_minor,
              case when a.id is null then 'agreement_unknown' when r.sale_date < a.valid_from::date then 'sale_before_validity'
                   when r.sale_date >= a.valid_until::date then 'sale_after_validity' when c.legal_name <> r.customer or c.country <> r.country then 'customer_differs'
                   when l.sku is null then 'product_not_covered' when r.currency <> a.currency then 'currency_differs' when r.sale_date > date '2026-04-02' then 'sale_in_future'
                   when date '2026-04-02' > (date_trunc('month', r.sale_date) + interval '1 month')::date - 1 + 60 then 'claimed_too_late'
                   when r.unit_minor > l.net_unit_minor then 'price_above' when e.list_minor is null then 'no_list_price' end as reason
         from raw r left join pricing_agreement a on a.reference = r.agreement and a.distributor_id = '${DISTRIBUTOR}'
         left join account c on c.id = a.account_id
         left join pricing_agreement_line l on l.agreement_id = a.id and l.version = a.version and l.sku = r.sku
         left join price_entry e on e.version_id = 'pbv_1' and e.sku = r.sku),
     once as (
       select *, case when reason is null then row_number() over (partition by invoice, invoice_line, reason is null order by row_no) end as nth from known),
     kept as (
       select o.*, coalesce(o.reason, case when nth > 1 or h.claim_id is not null then 'claimed_before' end) as why
         from once o left join claim_line h on h.partner_id = '${DISTRIBUTOR}' and h.invoice = o.invoice and h.invoice_line = o.invoice_line and h.holds),
     summed as (
       select *, case when why is null then sum(quantity) over (partition by agreement_id, sku, why is null order by row_no) - quantity end as before from kept)
     select *, case when why is null then greatest(0, least(quantity, cap_quantity - before)) else 0 end::int as units,
            greatest(0, list_minor - div(list_minor::numeric * 100000 * 2 + 1000000, 2000000)::bigint - approved_cost_minor) as support
       from summed`,
  );
  await db.query(
    `insert into claim_line (claim_id, row_no, partner_id, action, agreement_ref, customer, customer_country, sku, invoice, invoice_line, sale_date, quantity, unit_minor, currency, holds)
     select 'clm_bare', row_no, '${DISTRIBUTOR}', action, agreement, customer, country, sku, invoice, invoice_line, sale_date, quantity, unit_minor, currency, units > 0 from judged`,
  );
  await db.query(
    `insert into claim_verdict (claim_id, row_no, seq, partner_id, outcome, reason, agreement_id, units, support_unit_minor, amount_minor)
     select 'clm_bare', row_no, 1, '${DISTRIBUTOR}', case when units = 0 then 'refused' when units < quantity then 'cut' else 'granted' end,
            case when units = 0 then coalesce(why, 'cap_reached') when units < quantity then 'cap_cut' end, agreement_id, units,
            case when units > 0 then support end, case when units > 0 then support * units else 0 end from judged`,
  );
  await db.query(
    `insert into agreement_draw (agreement_id, sku, cap_quantity, drawn) select agreement_id, sku, max(cap_quantity), sum(units) from judged where units > 0 group by 1, 2`,
  );
  await db.query('commit');
  return { seconds: (performance.now() - beganMs) / 1000, peakMb: null, sum: await granted(database) };
};
