import { jest } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { clockFaults, skipWithNews } from '../fixtures/registration-time.ts';
import { lives } from '../fixtures/registration-lives.ts';
import { openRegistrationHouse } from '../setup/registration-house.ts';
import type { RegistrationHouse } from '../setup/registration-house.ts';
import { startTimeSkipping } from '../setup/temporal.ts';

// Months of each program, with its documents as they are shipped: undo window, review window, calendar and all.
jest.setTimeout(120_000);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

let env: TestWorkflowEnvironment;
let house: RegistrationHouse;

beforeAll(async () => {
  env = await startTimeSkipping();
  house = await openRegistrationHouse(env);
}, 120_000);

afterAll(async () => {
  await house.close();
  await env.teardown();
});

async function reaches(id: string, status: string, withinMs: number): Promise<void> {
  const untilMs = (await house.nowMs()) + withinMs;
  while ((await house.registration(id)).status !== status) {
    if ((await house.nowMs()) > untilMs)
      throw new Error(`${id} did not become ${status}: ${(await house.timeline(id)).join(' ')}`);
    await skipWithNews(house, (await house.nowMs()) + Math.ceil(withinMs / 20), Math.ceil(withinMs / 20));
  }
}

/** A file of evidence, as the upload leaves it. */
async function evidence(): Promise<string> {
  const { rows } = await house.pool.query<{ id: string }>(
    `select 'evd_' || substr(md5(random()::text), 1, 26) as id`,
  );
  return rows[0]?.id ?? '';
}

describe.each(['volume-bands', 'activity-checked', 'one-per-product', 'cam-extended'])(
  'the program %s as it is shipped',
  (program) => {
    test('takes a registration from submission through its windows to approval and to the end of protection', async () => {
      // A customer who never bought, and a piece of evidence: what the strictest of them asks for.
      const evidenceIds = [await evidence()];
      const { id, answer } = await house.submit({
        program,
        submission: { evidenceIds, expectedClose: '2028-06-30' },
      });
      expect(answer.body).toMatchObject({ status: 'submitted' });
      await house.until(async () => {
        await env.sleep(10);
        return (await house.registration(id)).status === 'pending_approval';
      });
      await house.decide({ id, as: 'approver@', outcome: 'approve', kind: 'registration_review' });
      expect((await house.registration(id)).status).toBe('pending_approval');
      await reaches(id, 'approved', 6 * DAY_MS);
      const until = (await house.registration(id)).protected_until?.getTime() ?? 0;
      expect(until).toBeGreaterThan(await house.nowMs());
      await skipWithNews(house, until + MINUTE_MS, 30 * DAY_MS);
      await reaches(id, 'expired', HOUR_MS);
      expect(await clockFaults(house, MINUTE_MS)).toEqual([]);
    });

    test('denies what its conditions bar, at once and with the finding', async () => {
      const submission =
        {
          'volume-bands': { lines: [{ sku: 'HSW-48', quantity: 99 }] },
          'activity-checked': { type: 'renewal' as const },
          'one-per-product': { rfp: { status: 'published' as const, date: '2027-01-01' } },
          'cam-extended': { source: 'vendor_assigned' as const },
        }[program] ?? {};
      const { answer } = await house.submit({
        program,
        submission: { evidenceIds: [await evidence()], ...submission },
      });
      expect(answer.body).toMatchObject({
        status: 'rejected',
        closureCode: 'not_eligible',
        findings: expect.arrayContaining([expect.objectContaining({ code: expect.any(String) })]),
      });
    });
  },
);

describe('the demonstration', () => {
  test.each(Object.keys(lives))('plays the life %s', async (name) => {
    await lives[name]?.(house);
    expect(await clockFaults(house, 5 * MINUTE_MS)).toEqual([]);
  });
});
