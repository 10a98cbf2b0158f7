import { attainmentOf } from '../../adapters/store/operations-reads.ts';
import type { Sql } from '../../adapters/store/app-database.ts';
import { openRecord, type Record } from '../fixtures/record.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

/* Whether the word was kept: each promise counts once, in the week in which it was kept or broken. */

let database: TestDatabase;
let record: Record;

beforeEach(async () => {
  database = await createTestDatabase();
  record = await openRecord(database.superuserUrl);
});

afterEach(async () => {
  await record.end();
  await database.drop();
});

interface Clock {
  phase: 'running' | 'paused' | 'met' | 'cancelled';
  due: string;
  breached?: string;
  ended?: string;
}

async function attainment(clocks: readonly Clock[]) {
  for (const [place, { phase, due, breached, ended }] of clocks.entries())
    await record.query(
      `insert into sla_clock (id, case_id, case_kind, kind, phase, calendar, started_at, due_at, breached_at, ended_at, state)
       values ($1, $2, 'deal-registration', 'decision', $3, 'c', '2026-02-01', $4, $5, $6, '{}')`,
      [`clk_${place}`, `reg_${place}`, phase, due, breached ?? null, ended ?? null],
    );
  const sql = { rows: (text: string, values: unknown[]) => record.query(text, values) } as unknown as Sql;
  return attainmentOf(sql, { since: '2026-03-02', at: '2026-03-11T12:00:00Z', kinds: ['decision'] });
}

// 2 and 9 March 2026 are Mondays.
test('what was answered in time is kept, in the week of the answer, also before its time', async () => {
  expect(await attainment([{ phase: 'met', due: '2026-03-20', ended: '2026-03-10' }])).toEqual([
    { weekStart: '2026-03-09', kind: 'decision', promises: 1, inTime: 1 },
  ]);
});

test('what was answered late, is still open, stands, or was withdrawn afterwards is broken in the week it was due', async () => {
  expect(
    await attainment([
      { phase: 'met', due: '2026-03-04', breached: '2026-03-04', ended: '2026-03-10' },
      { phase: 'running', due: '2026-03-04', breached: '2026-03-04' },
      { phase: 'paused', due: '2026-03-04', breached: '2026-03-04' },
      { phase: 'cancelled', due: '2026-03-04', breached: '2026-03-04', ended: '2026-03-09' },
      // Its time is over, and nobody has written so yet.
      { phase: 'running', due: '2026-03-11T11:59:00Z' },
    ]),
  ).toEqual([
    { weekStart: '2026-03-02', kind: 'decision', promises: 4, inTime: 0 },
    { weekStart: '2026-03-09', kind: 'decision', promises: 1, inTime: 0 },
  ]);
});

test('what is not due yet, waits for the partner, was withdrawn before, or was broken long ago does not count', async () => {
  expect(
    await attainment([
      { phase: 'running', due: '2026-03-12' },
      { phase: 'paused', due: '2026-03-04' },
      { phase: 'cancelled', due: '2026-03-20', ended: '2026-03-10' },
      { phase: 'running', due: '2026-02-20', breached: '2026-02-20' },
    ]),
  ).toEqual([]);
});
