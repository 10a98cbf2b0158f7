import fc from 'fast-check';
import { addDuration, countBusinessTime, isBusinessUnit } from '../../../domain/business-time.ts';
import { decisionClock, importedDecisionClock } from '../../../domain/deal-registration/clocks.ts';
import { startClock } from '../../../domain/sla-clock.ts';
import type { SlaClock } from '../../../domain/sla-clock.ts';
import { at, calendar, DAY_MS, exampleKeys, examplePolicy, MINUTE_MS } from './deal-registration-examples.ts';
import type { ExampleKey } from './deal-registration-examples.ts';

/* A registration that is imported keeps its dates; only what happens when nobody decided waits for the people here. */

const importedAtMs = at('2026-06-08T10:00:00Z');

function clocks(
  program: ExampleKey,
  ageMs: number,
): { imported: SlaClock; received: SlaClock; now: SlaClock } {
  const policy = examplePolicy(program);
  const begun = (spec: ReturnType<typeof decisionClock>, countedFromMs: number): SlaClock =>
    startClock({ ...spec, calendar, startedAtMs: importedAtMs, countedFromMs }).clock;
  const countedFromMs = importedAtMs - ageMs;
  return {
    imported: begun(importedDecisionClock({ policy, calendar, countedFromMs, importedAtMs }), countedFromMs),
    received: begun(decisionClock(policy), importedAtMs),
    now: begun(decisionClock(policy), countedFromMs),
  };
}

const lastResort = (clock: SlaClock) => clock.thresholds.find(({ key }) => key === 'last-resort');

const anyProgram = fc.constantFrom(...exampleKeys);
const anyAge = fc.integer({ min: 0, max: (60 * DAY_MS) / MINUTE_MS }).map((minutes) => minutes * MINUTE_MS);

test('the last resort comes no sooner than for one that is received with the import, and at most an hour later', () => {
  fc.assert(
    fc.property(anyProgram, anyAge, (program, ageMs) => {
      const { imported, received } = clocks(program, ageMs);
      const [mine, fresh] = [lastResort(imported), lastResort(received)];
      expect(mine?.state).toBe('pending');
      const { afterDue } = examplePolicy(program).decision.lastResort ?? {};
      const soonestMs = fresh?.atMs ?? 0;
      if (afterDue === undefined || !isBusinessUnit(afterDue.unit)) {
        expect(mine?.atMs).toBe(soonestMs);
        return;
      }
      const hourLaterMs = addDuration(calendar, soonestMs, { amount: 1, unit: 'businessHour' });
      expect(countBusinessTime(calendar, importedAtMs, mine?.atMs ?? 0)).toBeGreaterThanOrEqual(
        countBusinessTime(calendar, importedAtMs, soonestMs),
      );
      expect(mine?.atMs).toBeLessThanOrEqual(hourLaterMs);
    }),
  );
});

test('what was promised, and every other threshold, stays where its original date puts it', () => {
  fc.assert(
    fc.property(anyProgram, anyAge, (program, ageMs) => {
      const { imported, now } = clocks(program, ageMs);
      const others = (clock: SlaClock) => clock.thresholds.filter(({ key }) => key !== 'last-resort');
      expect(imported.dueAtMs).toBe(now.dueAtMs);
      expect(others(imported)).toEqual(others(now));
    }),
  );
});

test('without a last resort there is none', () => {
  const policy = examplePolicy('one-per-product');
  const input = { calendar, countedFromMs: importedAtMs - DAY_MS, importedAtMs };
  const without = { ...policy, decision: { ...policy.decision, lastResort: null } };
  expect(importedDecisionClock({ ...input, policy: without })).toEqual(decisionClock(without));
});
