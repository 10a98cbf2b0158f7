/**
 * The SLA clock: one promise of time, kept as plain JSON, with every change a row.
 *
 * Phase says whether it runs; the breach is a fact apart from it, so a clock can be met and have been breached.
 * Operations are pure: they take the clock and an instant and give back the new clock with the rows to be written to
 * `sla_clock_event`. Those that walk a calendar take it and are called where calendars may be (activities);
 * `fireDue` and `nextWakeMs` need none, so a workflow calls them itself.
 *
 * The rules, each with its test:
 * - A threshold fires once, never before its instant, and only while the clock runs.
 * - When several are overdue the highest fires (the latest instant, then the later line of the policy) and the others
 *   collapse into it.
 * - A threshold that would lie before the start is skipped. One that was skipped comes back when the deadline is moved
 *   so far that it lies ahead; one that fired or collapsed never does.
 * - The deadline belongs to being late: at `dueAtMs` the promise is broken. The breach is recorded once.
 * - Timeliness is judged by when something was received. An operation dated before a recorded breach takes that breach
 *   back, and its row says so. What had fired by then stays fired.
 * - Pauses are counted by cause: the clock runs again when the last cause is gone. What was left at the pause, in the
 *   clock's own time, is left at the resumption; past the deadline that holds for the time over.
 * - A finished clock (met, cancelled) is changed by nothing; repeating an operation changes nothing and gives no row.
 *
 * The clock's own time is the calendar's open time for a duration in business hours or days, and plain time for one in
 * minutes or days. All instants are epoch ms (UTC), all lengths ms.
 */
import { addBusinessTime, addDuration, countBusinessTime, isBusinessUnit } from './business-time.ts';
import type { CompiledCalendar, Duration } from './business-time.ts';

/**
 * When a threshold is reached: at a share of the clock's whole time (`percent`, 100 is the deadline, more lies past
 * it), or a duration before or after the deadline.
 */
export type SlaThresholdAt =
  | { readonly percent: number }
  | { readonly before: Duration }
  | { readonly after: Duration };

/**
 * One line of a policy's list of thresholds. `key` is unique within the clock; `action` is the policy's own word for
 * what is to be done (remind, escalate, expire, …): the clock hands it back and does not know its meaning.
 */
export type SlaThresholdSpec = {
  readonly key: string;
  readonly at: SlaThresholdAt;
  readonly action: string;
  /** Whom the action is about, in the process's own words; absent where it is about nobody in particular. */
  readonly to?: string;
};

export const SLA_PHASES = ['running', 'paused', 'met', 'cancelled'] as const;
export type SlaPhase = (typeof SLA_PHASES)[number];

export const SLA_THRESHOLD_STATES = ['pending', 'fired', 'skipped', 'collapsed'] as const;
export type SlaThresholdState = (typeof SLA_THRESHOLD_STATES)[number];

/** A threshold of a clock that was started: its spec, its present instant, and what became of it. */
export type SlaThreshold = SlaThresholdSpec & {
  readonly atMs: number;
  readonly state: SlaThresholdState;
  readonly firedAtMs: number | null;
};

/** A stretch in which the clock ran; `toMs` is null while it does. */
export type SlaRun = { readonly fromMs: number; readonly toMs: number | null };

/** See the head of this file. Plain JSON: it is part of a workflow's state and of the record. */
export type SlaClock = {
  readonly kind: string;
  readonly calendarName: string;
  /** Names the definition of the calendar that the clock was started on. */
  readonly calendarHash: string;
  readonly phase: SlaPhase;
  readonly durationSpec: Duration;
  readonly factorPpm: number;
  readonly startedAtMs: number;
  /** From when the duration is counted; it differs from the start where policy says so (protection). */
  readonly countedFromMs: number;
  /** The deadline as it stands, pauses and moves included. */
  readonly dueAtMs: number;
  /** From then on a screen shows the deadline as near. */
  readonly dueSoonAtMs: number;
  /** The whole of the promised time, in the clock's own time. */
  readonly totalMs: number;
  readonly breachedAtMs: number | null;
  readonly pausedAtMs: number | null;
  readonly pausedFor: readonly string[];
  /** What was left when it was paused, in the clock's own time; negative when the deadline had passed. */
  readonly remainingMs: number | null;
  readonly endedAtMs: number | null;
  readonly runs: readonly SlaRun[];
  readonly thresholds: readonly SlaThreshold[];
};

/** One row of `sla_clock_event`. `atMs` is when it holds from; the time of recording is the database's own. */
export type SlaClockRow =
  | {
      readonly kind: 'started';
      readonly atMs: number;
      readonly facts: {
        readonly calendarName: string;
        readonly calendarHash: string;
        readonly duration: Duration;
        readonly factorPpm: number;
        readonly countedFromMs: number;
        readonly dueAtMs: number;
        readonly totalMs: number;
      };
    }
  | {
      readonly kind: 'paused';
      readonly atMs: number;
      readonly facts: {
        readonly cause: string;
        readonly dueAtMs: number;
        readonly remainingMs: number;
        readonly withdrawnBreachAtMs: number | null;
      };
    }
  | {
      readonly kind: 'resumed';
      readonly atMs: number;
      readonly facts: {
        readonly cause: string;
        readonly stillPausedFor: readonly string[];
        readonly dueAtMs: number;
        readonly previousDueAtMs: number;
      };
    }
  | {
      readonly kind: 'moved';
      readonly atMs: number;
      readonly facts: {
        readonly reason: string;
        readonly dueAtMs: number;
        readonly previousDueAtMs: number;
        readonly withdrawnBreachAtMs: number | null;
      };
    }
  | {
      readonly kind: 'held';
      readonly atMs: number;
      readonly facts: {
        readonly reason: string;
        readonly holdFromMs: number;
        readonly holdToMs: number;
        readonly returnedMs: number;
        readonly dueAtMs: number;
        readonly previousDueAtMs: number;
        readonly withdrawnBreachAtMs: number | null;
      };
    }
  | {
      readonly kind: 'fired';
      readonly atMs: number;
      readonly facts: { readonly key: string; readonly action: string; readonly plannedAtMs: number };
    }
  | {
      readonly kind: 'collapsed';
      readonly atMs: number;
      readonly facts: { readonly key: string; readonly intoKey: string; readonly plannedAtMs: number };
    }
  | {
      readonly kind: 'skipped';
      readonly atMs: number;
      readonly facts: { readonly key: string; readonly plannedAtMs: number };
    }
  | { readonly kind: 'breached'; readonly atMs: number; readonly facts: { readonly dueAtMs: number } }
  | {
      readonly kind: 'met' | 'cancelled';
      readonly atMs: number;
      readonly facts: { readonly dueAtMs: number; readonly withdrawnBreachAtMs: number | null };
    };
export type SlaClockRowKind = SlaClockRow['kind'];

/** What every operation gives back: the clock as it now is, and the rows that say how it came to be so. */
export type SlaClockStep = { readonly clock: SlaClock; readonly rows: readonly SlaClockRow[] };

/** What `fireDue` gives back: besides, the one threshold whose action is to be done now, or null. */
export type SlaFiring = SlaClockStep & { readonly fired: SlaThreshold | null };

export type SlaClockErrorCode =
  | 'threshold_key_repeated'
  | 'factor_not_positive'
  | 'hold_backwards'
  | 'hold_not_over';

/** The closed list of what a caller can ask wrongly; `field` names the argument, `message` the reason. */
export class SlaClockError extends Error {
  readonly code: SlaClockErrorCode;
  readonly field: string;
  constructor(fault: { code: SlaClockErrorCode; field: string; message: string }) {
    super(fault.message);
    this.name = 'SlaClockError';
    this.code = fault.code;
    this.field = fault.field;
  }
}

/** A factor of one: the whole of the duration. */
const WHOLE_PPM = 1_000_000;

/** A screen shows the deadline as near when this share of the promised time is left. */
const DUE_SOON_LEFT_PERCENT = 25;

/** Bounds the clock's JSON; no case has come near it. The oldest runs go first, and with them holds dated that far back. */
const MAX_RUNS = 100;

/**
 * Starts a clock. `countedFromMs` (default: the start) is where the duration begins, `factorPpm` (default: one) makes
 * it shorter or longer. Throws `threshold_key_repeated`, `factor_not_positive`, and what `addDuration` throws.
 */
export function startClock(input: {
  readonly kind: string;
  readonly calendar: CompiledCalendar;
  readonly startedAtMs: number;
  readonly duration: Duration;
  readonly thresholds: readonly SlaThresholdSpec[];
  readonly countedFromMs?: number;
  readonly factorPpm?: number;
}): SlaClockStep {
  const { kind, calendar, startedAtMs, duration } = input;
  const countedFromMs = input.countedFromMs ?? startedAtMs;
  const factorPpm = input.factorPpm ?? WHOLE_PPM;
  requireUniqueKeys(input.thresholds);
  requireFactor(factorPpm);

  const fullDueAtMs = addDuration(calendar, countedFromMs, duration);
  const fullMs = ownTime({ durationSpec: duration, calendar, fromMs: countedFromMs, toMs: fullDueAtMs });
  const totalMs = factorPpm === WHOLE_PPM ? fullMs : Math.ceil((fullMs * factorPpm) / WHOLE_PPM);
  const dueAtMs =
    factorPpm === WHOLE_PPM
      ? fullDueAtMs
      : addOwnTime({ durationSpec: duration, calendar, fromMs: countedFromMs, amountMs: totalMs });

  const clock: SlaClock = {
    kind,
    calendarName: calendar.name,
    calendarHash: calendar.hash,
    phase: 'running',
    durationSpec: duration,
    factorPpm,
    startedAtMs,
    countedFromMs,
    dueAtMs,
    dueSoonAtMs: dueAtMs,
    totalMs,
    breachedAtMs: null,
    pausedAtMs: null,
    pausedFor: [],
    remainingMs: null,
    endedAtMs: null,
    runs: [{ fromMs: startedAtMs, toMs: null }],
    thresholds: input.thresholds.map((spec) => ({
      ...spec,
      atMs: dueAtMs,
      state: 'pending' as const,
      firedAtMs: null,
    })),
  };
  const placed = placeThresholds({ clock, calendar, atMs: startedAtMs, revive: false });
  const started: SlaClockRow = {
    kind: 'started',
    atMs: startedAtMs,
    facts: {
      calendarName: calendar.name,
      calendarHash: calendar.hash,
      duration,
      factorPpm,
      countedFromMs,
      dueAtMs,
      totalMs,
    },
  };
  return { clock: placed.clock, rows: [started, ...placed.rows] };
}

/**
 * Stops the clock for a cause (information wanted, a conflict, a hold). A second cause adds to the first; the same
 * cause again changes nothing. Dated before the clock stood, it stands from then.
 */
export function pauseClock(input: {
  readonly clock: SlaClock;
  readonly calendar: CompiledCalendar;
  readonly atMs: number;
  readonly cause: string;
}): SlaClockStep {
  const { clock, calendar, cause } = input;
  if (isOver(clock) || clock.pausedFor.includes(cause)) return { clock, rows: [] };
  const lastRun = clock.runs.at(-1);
  const atMs = Math.max(input.atMs, lastRun?.fromMs ?? clock.startedAtMs);
  const judged = judgeBreach(clock, atMs);
  // A pause stands from the earliest of its causes, unless a hold has already given that stretch back.
  const reachesBack = lastRun !== undefined && lastRun.toMs === clock.pausedAtMs;
  const pausedAtMs = reachesBack ? Math.min(atMs, clock.pausedAtMs ?? atMs) : (clock.pausedAtMs ?? atMs);
  const remainingMs = ownTime({ ...judged.clock, calendar, fromMs: pausedAtMs, toMs: clock.dueAtMs });
  return {
    clock: {
      ...judged.clock,
      phase: 'paused',
      pausedAtMs,
      pausedFor: [...clock.pausedFor, cause],
      remainingMs,
      runs: reachesBack ? clock.runs.with(-1, { fromMs: lastRun.fromMs, toMs: pausedAtMs }) : clock.runs,
    },
    rows: [
      ...judged.rows,
      {
        kind: 'paused',
        atMs,
        facts: {
          cause,
          dueAtMs: clock.dueAtMs,
          remainingMs,
          withdrawnBreachAtMs: judged.withdrawnBreachAtMs,
        },
      },
    ],
  };
}

/**
 * Takes one cause of a pause away; with the last one the clock runs again with what was left, and the thresholds that
 * have not fired move with the deadline. A cause that did not pause it changes nothing.
 */
export function resumeClock(input: {
  readonly clock: SlaClock;
  readonly calendar: CompiledCalendar;
  readonly atMs: number;
  readonly cause: string;
}): SlaClockStep {
  const { clock, calendar, cause } = input;
  const { pausedAtMs, remainingMs } = clock;
  if (pausedAtMs === null || remainingMs === null || !clock.pausedFor.includes(cause)) {
    return { clock, rows: [] };
  }
  const atMs = Math.max(input.atMs, pausedAtMs);
  const pausedFor = clock.pausedFor.filter((other) => other !== cause);
  if (pausedFor.length > 0) {
    const facts = {
      cause,
      stillPausedFor: pausedFor,
      dueAtMs: clock.dueAtMs,
      previousDueAtMs: clock.dueAtMs,
    };
    return { clock: { ...clock, pausedFor }, rows: [{ kind: 'resumed', atMs, facts }] };
  }
  const stoodMs = ownTime({ ...clock, calendar, fromMs: pausedAtMs, toMs: atMs });
  const dueAtMs =
    stoodMs === 0 ? clock.dueAtMs : addOwnTime({ ...clock, calendar, fromMs: atMs, amountMs: remainingMs });
  const resumed: SlaClock = {
    ...clock,
    phase: 'running',
    dueAtMs,
    pausedAtMs: null,
    pausedFor,
    remainingMs: null,
    runs: [...clock.runs, { fromMs: atMs, toMs: null }].slice(-MAX_RUNS),
  };
  const placed =
    stoodMs === 0
      ? { clock: resumed, rows: [] }
      : placeThresholds({ clock: resumed, calendar, atMs, revive: false });
  const facts = { cause, stillPausedFor: pausedFor, dueAtMs, previousDueAtMs: clock.dueAtMs };
  return { clock: placed.clock, rows: [{ kind: 'resumed', atMs, facts }, ...placed.rows] };
}

/**
 * Sets another deadline (an extension, a correction). Nothing that fired fires again; what has not fired is placed by
 * the new deadline. Shares are then of the new whole. A paused clock keeps standing, with more or less left.
 */
export function moveDeadline(input: {
  readonly clock: SlaClock;
  readonly calendar: CompiledCalendar;
  readonly atMs: number;
  readonly dueAtMs: number;
  readonly reason: string;
}): SlaClockStep {
  const { clock, calendar, dueAtMs, reason } = input;
  if (isOver(clock) || dueAtMs === clock.dueAtMs) return { clock, rows: [] };
  const atMs = Math.max(input.atMs, clock.startedAtMs);
  const judged = judgeBreach(clock, atMs);
  const addedMs = ownTime({ ...clock, calendar, fromMs: clock.dueAtMs, toMs: dueAtMs });
  const moved: SlaClock = {
    ...judged.clock,
    dueAtMs,
    totalMs: Math.max(0, clock.totalMs + addedMs),
    remainingMs: clock.remainingMs === null ? null : clock.remainingMs + addedMs,
  };
  const placed = placeThresholds({ clock: moved, calendar, atMs: clock.pausedAtMs ?? atMs, revive: true });
  return {
    clock: placed.clock,
    rows: [
      ...judged.rows,
      {
        kind: 'moved',
        atMs,
        facts: {
          reason,
          dueAtMs,
          previousDueAtMs: clock.dueAtMs,
          withdrawnBreachAtMs: judged.withdrawnBreachAtMs,
        },
      },
      ...placed.rows,
    ],
  };
}

/** The promise was kept, or at last fulfilled: dated at the receipt of what met it. Late, it is breached and met. */
export function meetClock(clock: SlaClock, atMs: number): SlaClockStep {
  return endClock({ clock, atMs, phase: 'met' });
}

/** The promise no longer matters (withdrawn, superseded). A breach before that stays one. */
export function cancelClock(clock: SlaClock, atMs: number): SlaClockStep {
  return endClock({ clock, atMs, phase: 'cancelled' });
}

/**
 * Does what is due at `nowMs`: records the breach, fires the highest overdue threshold and collapses the others into
 * it. Too early, or on a clock that does not run, it changes nothing. Safe to call again at any time.
 */
export function fireDue(clock: SlaClock, nowMs: number): SlaFiring {
  if (clock.phase !== 'running') return { clock, rows: [], fired: null };
  const judged = recordBreach(clock, nowMs);
  const overdue = clock.thresholds.filter(({ state, atMs }) => state === 'pending' && atMs <= nowMs);
  const highest = overdue.reduce<SlaThreshold | null>(
    (top, threshold) => (top === null || threshold.atMs >= top.atMs ? threshold : top),
    null,
  );
  if (highest === null) return { ...judged, fired: null };

  const fired: SlaThreshold = { ...highest, state: 'fired', firedAtMs: nowMs };
  const collapsedRows = overdue
    .filter(({ key }) => key !== highest.key)
    .map(({ key, atMs }): SlaClockRow => ({
      kind: 'collapsed',
      atMs: nowMs,
      facts: { key, intoKey: highest.key, plannedAtMs: atMs },
    }));
  const thresholds = clock.thresholds.map((threshold): SlaThreshold => {
    if (threshold.key === fired.key) return fired;
    return overdue.includes(threshold) ? { ...threshold, state: 'collapsed' } : threshold;
  });
  const firedRow: SlaClockRow = {
    kind: 'fired',
    atMs: nowMs,
    facts: { key: fired.key, action: fired.action, plannedAtMs: fired.atMs },
  };
  return {
    clock: { ...judged.clock, thresholds },
    rows: [...judged.rows, ...collapsedRows, firedRow],
    fired,
  };
}

/** When `fireDue` next has something to do: the earliest open threshold or breach; null when there is none. */
export function nextWakeMs(clock: SlaClock): number | null {
  if (clock.phase !== 'running') return null;
  const instants = clock.thresholds.filter(({ state }) => state === 'pending').map(({ atMs }) => atMs);
  if (clock.breachedAtMs === null) instants.push(clock.dueAtMs);
  return instants.length === 0 ? null : Math.min(...instants);
}

/**
 * Gives back the time of a hold that is over (an outage, a day declared a holiday afterwards): the time of it in which
 * the clock ran no longer counts, once however often it is applied, also where two holds overlap. A breach that only
 * the hold caused is taken back. A hold still going on is a pause with a cause of its own instead.
 * Throws `hold_backwards`, `hold_not_over`.
 */
export function applyHold(input: {
  readonly clock: SlaClock;
  readonly calendar: CompiledCalendar;
  readonly holdFromMs: number;
  readonly holdToMs: number;
  readonly nowMs: number;
  readonly reason: string;
}): SlaClockStep {
  const { clock, calendar, holdFromMs, holdToMs, nowMs, reason } = input;
  requireHold(input);
  const held = clock.runs.flatMap((run): { fromMs: number; toMs: number }[] => {
    const fromMs = Math.max(run.fromMs, holdFromMs);
    const toMs = Math.min(run.toMs ?? nowMs, holdToMs);
    return fromMs < toMs ? [{ fromMs, toMs }] : [];
  });
  if (isOver(clock) || held.length === 0) return { clock, rows: [] };

  const returnedMs = held.reduce((sumMs, span) => sumMs + ownTime({ ...clock, calendar, ...span }), 0);
  const dueAtMs = dueAfterHold({ clock, calendar, holdFromMs, holdToMs, returnedMs });
  const { breachedAtMs } = clock;
  const withdrawnBreachAtMs =
    breachedAtMs !== null && breachedAtMs >= holdFromMs && dueAtMs > breachedAtMs ? breachedAtMs : null;
  const returned: SlaClock = {
    ...clock,
    dueAtMs,
    breachedAtMs: withdrawnBreachAtMs === null ? breachedAtMs : null,
    remainingMs: clock.remainingMs === null ? null : clock.remainingMs + returnedMs,
    runs: clock.runs.flatMap((run) => cutRun(run, { fromMs: holdFromMs, toMs: holdToMs })).slice(-MAX_RUNS),
  };
  const placed = placeThresholds({
    clock: returned,
    calendar,
    atMs: clock.pausedAtMs ?? nowMs,
    revive: false,
  });
  return {
    clock: placed.clock,
    rows: [
      {
        kind: 'held',
        atMs: nowMs,
        facts: {
          reason,
          holdFromMs,
          holdToMs,
          returnedMs,
          dueAtMs,
          previousDueAtMs: clock.dueAtMs,
          withdrawnBreachAtMs,
        },
      },
      ...placed.rows,
    ],
  };
}

export type SlaTone = 'waiting' | 'dueSoon' | 'breached' | 'paused' | 'met' | 'off';

/** What a screen says about a clock, as facts; the words are the screen's. */
export type SlaDescription = {
  readonly tone: SlaTone;
  /** Time left and time over, one of them zero. For a finished clock as it stood at its end. */
  readonly leftMs: number;
  readonly overMs: number;
  /** Whether these two are open time of the calendar or plain time. */
  readonly counts: 'business' | 'calendar';
  readonly breached: boolean;
  readonly dueAtMs: number;
};

/** What must be known of a clock to describe it: a row of the record has it as well as the clock itself. */
export type SlaClockFacts = Pick<
  SlaClock,
  'phase' | 'dueAtMs' | 'dueSoonAtMs' | 'breachedAtMs' | 'remainingMs' | 'endedAtMs'
> & { readonly durationSpec: Pick<Duration, 'unit'> };

/**
 * Describes a clock at `nowMs`. Without a calendar what is left of a running business clock is given as plain time;
 * the tone is the same either way. Paused wins over breached: nobody can act on a clock that waits for the other side.
 */
export function describeClock(
  clock: SlaClockFacts,
  nowMs: number,
  calendar?: CompiledCalendar,
): SlaDescription {
  const atMs = clock.endedAtMs ?? nowMs;
  const isBusiness = isBusinessUnit(clock.durationSpec.unit);
  const counts =
    isBusiness && (calendar !== undefined || clock.remainingMs !== null) ? 'business' : 'calendar';
  const leftMs =
    clock.remainingMs ??
    (isBusiness && calendar !== undefined
      ? countBusinessTime(calendar, atMs, clock.dueAtMs)
      : clock.dueAtMs - atMs);
  return {
    tone: toneOf(clock, nowMs),
    leftMs: Math.max(0, leftMs),
    overMs: Math.max(0, -leftMs),
    counts,
    breached: clock.breachedAtMs !== null || isOverdue(clock, nowMs),
    dueAtMs: clock.dueAtMs,
  };
}

function toneOf(clock: SlaClockFacts, nowMs: number): SlaTone {
  switch (clock.phase) {
    case 'running':
      if (clock.breachedAtMs !== null || isOverdue(clock, nowMs)) return 'breached';
      return nowMs >= clock.dueSoonAtMs ? 'dueSoon' : 'waiting';
    case 'paused':
      return 'paused';
    case 'met':
      return 'met';
    case 'cancelled':
      return 'off';
    default:
      return clock.phase satisfies never;
  }
}

function endClock(input: {
  readonly clock: SlaClock;
  readonly atMs: number;
  readonly phase: 'met' | 'cancelled';
}): SlaClockStep {
  const { clock, phase } = input;
  if (isOver(clock)) return { clock, rows: [] };
  const atMs = Math.max(input.atMs, clock.startedAtMs);
  const judged = judgeBreach(clock, atMs);
  const facts = { dueAtMs: clock.dueAtMs, withdrawnBreachAtMs: judged.withdrawnBreachAtMs };
  return {
    clock: {
      ...judged.clock,
      phase,
      endedAtMs: atMs,
      pausedFor: [],
      runs: clock.runs.map((run) => ({ fromMs: run.fromMs, toMs: run.toMs ?? Math.max(atMs, run.fromMs) })),
    },
    rows: [...judged.rows, { kind: phase, atMs, facts }],
  };
}

/** Judges the breach at the instant an operation holds from: records one that was due, takes back one that is later. */
function judgeBreach(
  clock: SlaClock,
  atMs: number,
): SlaClockStep & { readonly withdrawnBreachAtMs: number | null } {
  if (clock.breachedAtMs !== null && atMs < clock.breachedAtMs) {
    return { clock: { ...clock, breachedAtMs: null }, rows: [], withdrawnBreachAtMs: clock.breachedAtMs };
  }
  return { ...recordBreach(clock, atMs), withdrawnBreachAtMs: null };
}

function recordBreach(clock: SlaClock, atMs: number): SlaClockStep {
  if (clock.breachedAtMs !== null || !isOverdue(clock, atMs)) return { clock, rows: [] };
  const { dueAtMs } = clock;
  return {
    clock: { ...clock, breachedAtMs: dueAtMs },
    rows: [{ kind: 'breached', atMs: dueAtMs, facts: { dueAtMs } }],
  };
}

/**
 * Places every threshold that is still open by the present deadline, seen from `atMs`, and the instant from which the
 * deadline is near. With `revive` those skipped before come back where they now lie ahead.
 */
function placeThresholds(input: {
  readonly clock: SlaClock;
  readonly calendar: CompiledCalendar;
  readonly atMs: number;
  readonly revive: boolean;
}): SlaClockStep {
  const { clock, calendar, atMs, revive } = input;
  const rows: SlaClockRow[] = [];
  const thresholds = clock.thresholds.map((threshold): SlaThreshold => {
    if (threshold.state !== 'pending' && !(revive && threshold.state === 'skipped')) return threshold;
    const plannedAtMs = instantOf({ at: threshold.at, clock, calendar, seenFromMs: atMs });
    if (threshold.state === 'skipped') {
      return plannedAtMs < atMs ? threshold : { ...threshold, atMs: plannedAtMs, state: 'pending' };
    }
    if (plannedAtMs >= clock.startedAtMs) return { ...threshold, atMs: plannedAtMs };
    rows.push({ kind: 'skipped', atMs, facts: { key: threshold.key, plannedAtMs } });
    return { ...threshold, atMs: plannedAtMs, state: 'skipped' };
  });
  const nearAt = { percent: 100 - DUE_SOON_LEFT_PERCENT };
  const dueSoonAtMs = instantOf({ at: nearAt, clock, calendar, seenFromMs: atMs });
  return { clock: { ...clock, dueSoonAtMs, thresholds }, rows };
}

/** A share is placed by what is left at `seenFromMs`, so that time the clock stood does not count; rounded up. */
function instantOf(input: {
  readonly at: SlaThresholdAt;
  readonly clock: SlaClock;
  readonly calendar: CompiledCalendar;
  readonly seenFromMs: number;
}): number {
  const { at, clock, calendar, seenFromMs } = input;
  if ('before' in at) {
    return addDuration(calendar, clock.dueAtMs, { amount: -at.before.amount, unit: at.before.unit });
  }
  if ('after' in at) return addDuration(calendar, clock.dueAtMs, at.after);
  if (at.percent === 100) return clock.dueAtMs;
  const leftMs = ownTime({ ...clock, calendar, fromMs: seenFromMs, toMs: clock.dueAtMs });
  const amountMs = leftMs - clock.totalMs + Math.ceil((clock.totalMs * at.percent) / 100);
  return addOwnTime({ ...clock, calendar, fromMs: seenFromMs, amountMs });
}

function dueAfterHold(input: {
  readonly clock: SlaClock;
  readonly calendar: CompiledCalendar;
  readonly holdFromMs: number;
  readonly holdToMs: number;
  readonly returnedMs: number;
}): number {
  const { clock, calendar, holdFromMs, holdToMs, returnedMs } = input;
  if (returnedMs === 0) return clock.dueAtMs;
  const dueAtMs = addOwnTime({ ...clock, calendar, fromMs: clock.dueAtMs, amountMs: returnedMs });
  // Where a hold ends outside hours the walk may end at the closing before, inside the hold: no time lies between the two.
  const isSameInstant =
    clock.dueAtMs >= holdFromMs &&
    dueAtMs < holdToMs &&
    ownTime({ ...clock, calendar, fromMs: dueAtMs, toMs: holdToMs }) === 0;
  return isSameInstant ? holdToMs : dueAtMs;
}

function cutRun(run: SlaRun, hold: { readonly fromMs: number; readonly toMs: number }): SlaRun[] {
  const endMs = run.toMs ?? Number.POSITIVE_INFINITY;
  if (endMs <= hold.fromMs || run.fromMs >= hold.toMs) return [run];
  const left: SlaRun[] = [];
  if (run.fromMs < hold.fromMs) left.push({ fromMs: run.fromMs, toMs: hold.fromMs });
  if (endMs > hold.toMs) left.push({ fromMs: hold.toMs, toMs: run.toMs });
  return left;
}

function isOver(clock: SlaClock): boolean {
  return clock.phase === 'met' || clock.phase === 'cancelled';
}

function isOverdue(clock: Pick<SlaClock, 'phase' | 'dueAtMs'>, atMs: number): boolean {
  return clock.phase === 'running' && atMs >= clock.dueAtMs;
}

function ownTime(input: {
  readonly durationSpec: Duration;
  readonly calendar: CompiledCalendar;
  readonly fromMs: number;
  readonly toMs: number;
}): number {
  const { durationSpec, calendar, fromMs, toMs } = input;
  return isBusinessUnit(durationSpec.unit) ? countBusinessTime(calendar, fromMs, toMs) : toMs - fromMs;
}

function addOwnTime(input: {
  readonly durationSpec: Duration;
  readonly calendar: CompiledCalendar;
  readonly fromMs: number;
  readonly amountMs: number;
}): number {
  const { durationSpec, calendar, fromMs, amountMs } = input;
  return isBusinessUnit(durationSpec.unit) ? addBusinessTime(calendar, fromMs, amountMs) : fromMs + amountMs;
}

function requireUniqueKeys(thresholds: readonly SlaThresholdSpec[]): void {
  const repeated = thresholds.find(
    ({ key }, index) => thresholds.findIndex((other) => other.key === key) !== index,
  );
  if (repeated === undefined) return;
  throw new SlaClockError({
    code: 'threshold_key_repeated',
    field: 'thresholds',
    message: `the thresholds of a clock have different keys, and ${repeated.key} is there twice`,
  });
}

function requireFactor(factorPpm: number): void {
  if (Number.isSafeInteger(factorPpm) && factorPpm > 0) return;
  throw new SlaClockError({
    code: 'factor_not_positive',
    field: 'factorPpm',
    message: `a clock's factor is a whole number of parts per million above zero, not ${factorPpm}`,
  });
}

function requireHold(hold: { holdFromMs: number; holdToMs: number; nowMs: number }): void {
  const { holdFromMs, holdToMs, nowMs } = hold;
  if (holdToMs < holdFromMs) {
    throw new SlaClockError({
      code: 'hold_backwards',
      field: 'holdToMs',
      message: `a hold from ${holdFromMs} cannot end at ${holdToMs}, before it begins`,
    });
  }
  if (holdToMs > nowMs) {
    throw new SlaClockError({
      code: 'hold_not_over',
      field: 'holdToMs',
      message: `the hold until ${holdToMs} is not over at ${nowMs}; pause the clock instead`,
    });
  }
}
