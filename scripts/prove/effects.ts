import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createDealRegistrationActivities } from '../../activities/deal-registration.ts';
import { createReviewWindowActivities } from '../../activities/review-window.ts';
import { printTable } from '../printed-table.ts';
import { mailsRight, onceEach, promisesKept, quiet, remindersRight, verified } from './after.ts';
import { openJourneys, type Journey } from './journeys.ts';
import { openLooseParts, type LooseParts } from './loose-parts.ts';
import { DYING, IMPORT, LEDGER, POINTS, pointsOf, readLedger, type LedgerEntry } from './points.ts';
import { say, seconds, told, type Check } from './table.ts';

/**
 * The workers' process dies by SIGKILL at every point of every effect, and is started again each time, while journeys that
 * use all of them are walked to their ends. An effect that no journey reaches fails the proof.
 */

export interface EffectPlan {
  /** Effects whose points are shown; null: all there are. */
  readonly effects: readonly string[] | null;
}

export const QUICK_EFFECTS: EffectPlan = { effects: ['recordDecision'] };
export const ALL_EFFECTS: EffectPlan = { effects: null };

/** How many journeys of a kind are walked at once while points of theirs are left, and how many altogether. */
const AT_ONCE = 3;
const MOST_WALKS = 15;
/**
 * Kinds of journey under way at once. Each death takes what all others have under way with it, and after several in a row the
 * engine waits for minutes before it tries a case again.
 */
const KINDS_AT_ONCE = 3;
const BETWEEN_STARTS_MS = 300;
const LOOK_EVERY_MS = 1_000;
const SAY_EVERY_MS = 30_000;
const ALL_WITHIN_MS = 45 * 60_000;
const DIES = join(import.meta.dirname, 'die-at.ts');

/** By name, every effect that the shipped workers have. */
const allEffects = (): string[] => {
  // Nothing is called: only the names are asked for.
  const nothing = {} as Parameters<typeof createDealRegistrationActivities>[0];
  return [
    ...Object.keys(createDealRegistrationActivities(nothing)),
    ...Object.keys(createReviewWindowActivities(nothing)),
    ...['accounts', 'direct_deals', 'registrations'].map((kind) => `${IMPORT}${kind}`),
  ];
};

export const proveEffects = async (plan: EffectPlan): Promise<Check[]> => {
  const wanted = plan.effects ?? allEffects();
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-effects-'));
  const ledger = join(folder, 'ledger');
  const parts = await openLooseParts({
    nodeArguments: ['--import', DIES],
    env: { [LEDGER]: ledger, [DYING]: wanted.join(',') },
  });
  say(`  installed and ready at ${parts.installation.publicUrl()}`);
  try {
    return await dieEverywhere({ parts, ledger, wanted });
  } finally {
    await parts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const dieEverywhere = async (input: {
  parts: LooseParts;
  ledger: string;
  wanted: readonly string[];
}): Promise<Check[]> => {
  const { parts, ledger, wanted } = input;
  const { installation } = parts;
  const entries = (): LedgerEntry[] => (existsSync(ledger) ? readLedger(readFileSync(ledger, 'utf8')) : []);
  const { all, promised } = await openJourneys({
    publicUrl: () => installation.publicUrl(),
    ask: (text, values) => installation.query(text, values),
  });
  const { walks, failures } = await walk({ journeys: all, wanted, entries });
  const seen = entries();
  const left = leftOf(wanted, seen);
  printTable(
    ['effect', ...POINTS],
    wanted.map((effect) => [
      effect,
      ...POINTS.map((point) => {
        if (!pointsOf(effect).includes(point)) return '–';
        const entry = seen.find((one) => one.effect === effect && one.point === point);
        if (entry === undefined) return 'NOT REACHED';
        return entry.same === false ? 'DIFFERENT' : 'once';
      }),
    ]),
  );
  const deaths = parts.workersEnded();
  const killed = seen.filter(({ point }) => point !== 'twice').length;
  const twice = seen.filter(({ point }) => point === 'twice');
  const strange = deaths.filter((how) => how !== 'SIGKILL');
  const checks = [
    told({
      name: 'every point of every effect was reached',
      passed: left.length === 0,
      seen:
        left.length === 0
          ? `${allPoints(wanted)} points of ${wanted.length} effects`
          : left.map(({ effect, point }) => `${effect} ${point}`).join(', '),
    }),
    told({
      name: 'the workers died of nothing else',
      passed: strange.length === 0 && deaths.length === killed,
      seen: `${deaths.length} deaths, ${killed} by the ledger${strange.length === 0 ? '' : `: ${strange[0] ?? ''}`}`,
    }),
    told({
      name: 'run twice, each effect gives the same',
      passed: twice.every(({ same }) => same === true),
      seen: `${twice.length} run twice`,
    }),
    told({
      name: 'every journey reached its end',
      passed: failures.length === 0 && walks > 0,
      seen: `${walks - failures.length} of ${walks}`,
    }),
  ];
  for (const failure of failures) say(`      ${failure}`);
  await quiet(installation);
  checks.push(
    await verified(installation, 'verify is clean at the end'),
    await onceEach(installation),
    ...(await promisesKept(promised, installation)),
    await mailsRight(installation),
  );
  if (wanted.includes('fireDueClock')) checks.push(...(await remindersRight(installation)));
  return checks;
};

const allPoints = (effects: readonly string[]): number => effects.flatMap(pointsOf).length;

type Left = Pick<LedgerEntry, 'effect' | 'point'>;

const leftOf = (wanted: readonly string[], seen: readonly LedgerEntry[]): Left[] =>
  wanted.flatMap((effect) =>
    pointsOf(effect)
      .filter((point) => !seen.some((one) => one.effect === effect && one.point === point))
      .map((point) => ({ effect, point })),
  );

/** Begins journeys while points of theirs are left, and waits until all that were begun have come to their ends. */
const walk = async (input: {
  journeys: readonly Journey[];
  wanted: readonly string[];
  entries: () => LedgerEntry[];
}): Promise<{ walks: number; failures: readonly string[] }> => {
  const { journeys, wanted, entries } = input;
  const beganMs = Date.now();
  const failures: string[] = [];
  const underWay = new Map<Journey, number>();
  const begun = new Map<Journey, number>();
  const ends: Promise<void>[] = [];
  const begin = (journey: Journey): void => {
    begun.set(journey, (begun.get(journey) ?? 0) + 1);
    underWay.set(journey, (underWay.get(journey) ?? 0) + 1);
    ends.push(
      journey
        .walk()
        .catch((cause: unknown) => {
          failures.push(`${journey.name}: ${cause instanceof Error ? cause.message : String(cause)}`);
        })
        .finally(() => underWay.set(journey, (underWay.get(journey) ?? 1) - 1)),
    );
  };
  let saidMs = beganMs;
  for (;;) {
    const left = leftOf(wanted, entries());
    if (Date.now() - saidMs > SAY_EVERY_MS) {
      saidMs = Date.now();
      say(
        `  ${seconds(saidMs - beganMs)}: ${allPoints(wanted) - left.length} points shown, ${left.length} left; ${ends.length} journeys begun, ${[...underWay.values()].reduce((sum, n) => sum + n, 0)} under way`,
      );
    }
    if (left.length === 0 || Date.now() - beganMs > ALL_WITHIN_MS) break;
    const useful = journeys.filter(({ uses }) => left.some(({ effect }) => uses.includes(effect)));
    const free = useful.filter(
      (journey) =>
        (begun.get(journey) ?? 0) < MOST_WALKS &&
        (underWay.get(journey) ?? 0) < (journey.alone ? 1 : AT_ONCE),
    );
    for (const journey of free) {
      const kinds = [...underWay.values()].filter((n) => n > 0).length;
      if (kinds >= KINDS_AT_ONCE && (underWay.get(journey) ?? 0) === 0) continue;
      begin(journey);
      await pause(BETWEEN_STARTS_MS);
    }
    const walking = useful.some((journey) => (underWay.get(journey) ?? 0) > 0);
    // Nobody can reach what is left any more.
    if (free.length === 0 && !walking) break;
    await pause(LOOK_EVERY_MS);
  }
  await Promise.all(ends);
  return { walks: ends.length, failures };
};
