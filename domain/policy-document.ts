import type { Json } from './json.ts';
import { isJsonObject, sameJson } from './json.ts';

/*
 * A policy document holds what a program decides: versioned, effective from an instant, published by a
 * second person and never changed afterwards. A version is in force from its own beginning until the next
 * one's, so that two published versions never overlap and none is ever missing between them.
 */

/** Which rules a document holds. */
export const policyKinds = ['deal-registration', 'special-pricing'] as const;
export type PolicyKind = (typeof policyKinds)[number];

export const policyStatuses = ['draft', 'published'] as const;
export type PolicyStatus = (typeof policyStatuses)[number];

/** One version of a program's rules of one kind. `body` has the shape of its kind. */
export interface PolicyDocument<Body> {
  policyId: string;
  kind: PolicyKind;
  programKey: string;
  status: PolicyStatus;
  /** Given at publication, 1, 2, 3 … within program and kind; null for a draft. */
  version: number | null;
  /** Null until it is published. */
  effectiveFromMs: number | null;
  body: Body;
  /** Id of the person, not of an account or a key. */
  createdBy: string;
  createdAtMs: number;
  publishedBy: string | null;
  publishedAtMs: number | null;
}

/** A document that was published: numbered and immutable. */
export type PublishedPolicy<Body> = PolicyDocument<Body> & {
  status: 'published';
  version: number;
  effectiveFromMs: number;
  publishedBy: string;
  publishedAtMs: number;
};

export const policyProblemCodes = [
  'invalid_field',
  'not_a_draft',
  'same_person',
  'effective_from_invalid',
  'effective_from_not_after_latest',
  'effective_from_in_past',
  'demonstration_in_production',
] as const;
export type PolicyProblemCode = (typeof policyProblemCodes)[number];

/** One thing that is wrong with a document: where (JSON Pointer), which rule, and a sentence for a person. */
export interface PolicyProblem {
  pointer: string;
  code: PolicyProblemCode;
  reason: string;
}

/** True for a document that was published. */
export function isPublished<Body>(document: PolicyDocument<Body>): document is PublishedPolicy<Body> {
  return (
    document.status === 'published' &&
    document.version !== null &&
    document.effectiveFromMs !== null &&
    document.publishedBy !== null &&
    document.publishedAtMs !== null
  );
}

/** The version in force at an instant: the latest published one that had begun (inclusive); null before the first. */
export function effectiveAt<Body>(
  versions: readonly PolicyDocument<Body>[],
  atMs: number,
): PublishedPolicy<Body> | null {
  let found: PublishedPolicy<Body> | null = null;
  for (const version of versions) {
    if (!isPublished(version) || version.effectiveFromMs > atMs) continue;
    if (found === null || version.effectiveFromMs > found.effectiveFromMs) found = version;
  }
  return found;
}

/** From when until when (exclusive; null: until further notice) each published version is in force, in order. */
export function timesInForce<Body>(
  versions: readonly PolicyDocument<Body>[],
): { policy: PublishedPolicy<Body>; fromMs: number; toMs: number | null }[] {
  const inOrder = versions.filter(isPublished).toSorted((a, b) => a.effectiveFromMs - b.effectiveFromMs);
  return inOrder.map((policy, index) => ({
    policy,
    fromMs: policy.effectiveFromMs,
    toMs: inOrder[index + 1]?.effectiveFromMs ?? null,
  }));
}

/**
 * Refuses a demonstration document where people really work: its clocks count in minutes, so a deadline
 * would pass before anybody could keep it.
 */
export function refuseInProduction(body: { demonstration: boolean }): PolicyProblem[] {
  if (!body.demonstration) return [];
  return [
    {
      pointer: '/demonstration',
      code: 'demonstration_in_production',
      reason:
        'A demonstration program counts in minutes and is refused in production: neither published nor used.',
    },
  ];
}

export interface PublishInput<Body extends { demonstration: boolean }> {
  draft: PolicyDocument<Body>;
  /** Every version of the same program and kind. */
  versions: readonly PolicyDocument<Body>[];
  effectiveFromMs: number;
  /** Id of the person who publishes. */
  publishedBy: string;
  nowMs: number;
  production: boolean;
}

export type PublishResult<Body> =
  | {
      ok: true;
      policy: PublishedPolicy<Body>;
      /** The version that ends where this one begins; null for a program's first. */
      ends: { policyId: string; effectiveToMs: number } | null;
    }
  | { ok: false; problems: PolicyProblem[] };

/**
 * Publishes a draft under the next number, or says everything that stands against it and changes nothing.
 * A second person publishes (people are compared); the new version begins after every published one; only a
 * program's first version may begin in the past, because a later one would change what was already decided.
 */
export function publishPolicy<Body extends { demonstration: boolean }>(
  input: PublishInput<Body>,
): PublishResult<Body> {
  const { draft, effectiveFromMs, publishedBy, nowMs } = input;
  const published = input.versions.filter(isPublished);
  const problems: PolicyProblem[] = [];
  if (draft.status !== 'draft') {
    problems.push({
      pointer: '/status',
      code: 'not_a_draft',
      reason: `Version ${draft.version} is published and cannot be published again or changed.`,
    });
  }
  if (draft.createdBy === publishedBy) {
    problems.push({
      pointer: '/publishedBy',
      code: 'same_person',
      reason: 'Whoever wrote a policy cannot publish it: a second person has to.',
    });
  }
  problems.push(...startProblems(effectiveFromMs, published, nowMs));
  if (input.production) problems.push(...refuseInProduction(draft.body));
  if (problems.length > 0) return { ok: false, problems };
  const version = published.reduce((highest, policy) => Math.max(highest, policy.version), 0) + 1;
  const latest = latestOf(published);
  return {
    ok: true,
    policy: { ...draft, status: 'published', version, effectiveFromMs, publishedBy, publishedAtMs: nowMs },
    ends: latest && { policyId: latest.policyId, effectiveToMs: effectiveFromMs },
  };
}

function latestOf<Body>(published: readonly PublishedPolicy<Body>[]): PublishedPolicy<Body> | null {
  return published.toSorted((a, b) => b.effectiveFromMs - a.effectiveFromMs)[0] ?? null;
}

function startProblems(
  effectiveFromMs: number,
  published: readonly PublishedPolicy<unknown>[],
  nowMs: number,
): PolicyProblem[] {
  const pointer = '/effectiveFrom';
  if (!Number.isSafeInteger(effectiveFromMs)) {
    return [{ pointer, code: 'effective_from_invalid', reason: 'The beginning is not an instant.' }];
  }
  const problems: PolicyProblem[] = [];
  const latest = latestOf(published);
  if (latest && effectiveFromMs <= latest.effectiveFromMs) {
    problems.push({
      pointer,
      code: 'effective_from_not_after_latest',
      reason: `It has to begin after version ${latest.version}, or both would be in force at once.`,
    });
  }
  if (latest && effectiveFromMs < nowMs) {
    problems.push({
      pointer,
      code: 'effective_from_in_past',
      reason: 'It cannot begin in the past: what was decided since then was decided under another version.',
    });
  }
  return problems;
}

/** How a value is said: `ppm` as per cent, `minor` as an amount in hundredths, `plain` as it is. */
export type ValueForm = 'plain' | 'ppm' | 'minor' | 'seconds' | 'percent';

/**
 * Words for the places of a document. A place is written with dots; the entries of a list or a map are `*`
 * ("firstResponse.byTier.*.within"). In a label each `{}` is replaced by the entry's name, from the outside
 * in: the value of the list's key, or its number from one.
 */
export interface LabelTable {
  labels: Readonly<Record<string, { label: string; form: ValueForm }>>;
  /** Lists whose entries are known by the value of one field, not by their place. */
  listKeys: Readonly<Record<string, string>>;
  /** Objects whose fields are entries under names of the document's own, not fields of its shape ("tierDiscounts"). */
  maps: readonly string[];
  /** Words for single values that are keys ("firstCome" → "first come, first served"). */
  values: Readonly<Record<string, string>>;
}

/**
 * What changed between two bodies, a sentence a change, in the order of the document: "First response for
 * gold: 8 business hours → 6 business hours". Empty exactly when both are the same JSON. A place without a
 * label is named by its path, so that nothing that changed stays unsaid.
 */
export function diffInWords(input: { before: Json; after: Json; table: LabelTable }): string[] {
  const lines: string[] = [];
  compare({
    before: input.before,
    after: input.after,
    place: { path: [], names: [] },
    table: input.table,
    lines,
  });
  return lines;
}

const ABSENT = Symbol('absent');
type Side = Json | typeof ABSENT;
interface Place {
  /** Steps as in a label table. */
  path: readonly string[];
  /** Names of the entries passed on the way. */
  names: readonly string[];
}
interface Comparison {
  before: Side;
  after: Side;
  place: Place;
  table: LabelTable;
  lines: string[];
}

function compare(comparison: Comparison): void {
  const { before, after, place, table, lines } = comparison;
  if (before === ABSENT && after === ABSENT) return;
  if (before !== ABSENT && after !== ABSENT && sameJson(before, after)) return;
  const beforeObject = objectOf(before);
  const afterObject = objectOf(after);
  if (beforeObject || afterObject) {
    // A part that comes or goes as a whole is said before its fields are.
    if (!beforeObject || !afterObject)
      lines.push(`${labelOf(place, table)}: ${comingOrGoing(before, after)}`);
    const keys = new Set([...Object.keys(beforeObject ?? {}), ...Object.keys(afterObject ?? {})]);
    const isMap = table.maps.includes(place.path.join('.'));
    for (const key of keys) {
      compare({
        ...comparison,
        before: fieldOf(beforeObject, key),
        after: fieldOf(afterObject, key),
        place: isMap
          ? { path: [...place.path, '*'], names: [...place.names, key] }
          : { path: [...place.path, key], names: place.names },
      });
    }
    return;
  }
  const beforeList = listOf(before);
  const afterList = listOf(after);
  if (beforeList || afterList) {
    if (!beforeList || !afterList) lines.push(`${labelOf(place, table)}: ${comingOrGoing(before, after)}`);
    compareLists({ comparison, beforeList: beforeList ?? [], afterList: afterList ?? [] });
    return;
  }
  lines.push(`${labelOf(place, table)}: ${say(before, place, table)} → ${say(after, place, table)}`);
}

function compareLists(input: {
  comparison: Comparison;
  beforeList: readonly Json[];
  afterList: readonly Json[];
}): void {
  const { comparison, beforeList, afterList } = input;
  const { place, table, lines } = comparison;
  const key = lookUp(table.listKeys, place.path.join('.'));
  const beforeNames = namesOf(beforeList, key);
  const afterNames = namesOf(afterList, key);
  for (const name of new Set([...beforeNames, ...afterNames])) {
    compare({
      ...comparison,
      before: entryOf(beforeList, beforeNames, name),
      after: entryOf(afterList, afterNames, name),
      place: { path: [...place.path, '*'], names: [...place.names, name] },
    });
  }
  const stayed = beforeNames.filter((name) => afterNames.includes(name));
  const stayedAfter = afterNames.filter((name) => beforeNames.includes(name));
  if (stayed.join('\n') !== stayedAfter.join('\n')) {
    lines.push(`${labelOf(place, table)}, order: ${stayed.join(', ')} → ${stayedAfter.join(', ')}`);
  }
}

/** Names by key where every entry has one of its own, else by place. */
function namesOf(list: readonly Json[], key: string | undefined): string[] {
  if (key !== undefined) {
    const names = list.map((entry) => {
      const value = isJsonObject(entry) ? entry[key] : undefined;
      return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
    });
    if (names.every((name) => name !== null) && new Set(names).size === names.length) {
      return names as string[];
    }
  }
  return list.map((_, index) => String(index + 1));
}

function entryOf(list: readonly Json[], names: readonly string[], name: string): Side {
  const index = names.indexOf(name);
  return index === -1 ? ABSENT : (list[index] ?? null);
}

function fieldOf(object: { [key: string]: Json } | null, key: string): Side {
  return object !== null && Object.hasOwn(object, key) ? (object[key] ?? null) : ABSENT;
}

/** An object that is walked into; lengths of time and places on a clock are said as one value. */
function objectOf(side: Side): { [key: string]: Json } | null {
  if (side === ABSENT || !isJsonObject(side) || sayLength(side) !== null) return null;
  return Object.keys(side).length > 0 ? side : null;
}

/** A list that is walked into; a list of plain values is said as one value. */
function listOf(side: Side): Json[] | null {
  if (side === ABSENT || !Array.isArray(side)) return null;
  return side.some((entry) => typeof entry === 'object' && entry !== null) ? side : null;
}

function comingOrGoing(before: Side, after: Side): string {
  if (isNothing(before)) return 'added';
  if (isNothing(after)) return 'removed';
  return 'replaced';
}

function isNothing(side: Side): boolean {
  return side === ABSENT || side === null || (Array.isArray(side) && side.length === 0);
}

function labelOf(place: Place, table: LabelTable): string {
  let names = place.names.map((name) => lookUp(table.values, name) ?? name);
  const label = lookUp(table.labels, place.path.join('.'))?.label;
  if (label !== undefined) {
    return label.replaceAll('{}', () => {
      const [name = '', ...rest] = names;
      names = rest;
      return name;
    });
  }
  if (place.path.length === 0) return 'Policy';
  return place.path
    .map((step) => {
      if (step !== '*') return inWords(step);
      const [name = '', ...rest] = names;
      names = rest;
      return name;
    })
    .join(', ');
}

function say(side: Side, place: Place, table: LabelTable): string {
  if (side === ABSENT) return 'none';
  const form = lookUp(table.labels, place.path.join('.'))?.form ?? 'plain';
  if (Array.isArray(side)) {
    return side.length === 0 ? 'none' : side.map((entry) => sayOne(entry, form, table)).join(', ');
  }
  return sayOne(side, form, table);
}

function sayOne(value: Json, form: ValueForm, table: LabelTable): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return sayNumber(value, form);
  if (typeof value === 'string') return lookUp(table.values, value) ?? (value === '' ? '(empty)' : value);
  return sayLength(value) ?? JSON.stringify(value);
}

function sayNumber(value: number, form: ValueForm): string {
  switch (form) {
    case 'ppm':
      return `${trimZeros((value / 10_000).toFixed(4))} %`;
    case 'minor':
      return `${groupThousands(Math.trunc(value / 100))}.${String(Math.abs(value % 100)).padStart(2, '0')}`;
    case 'seconds':
      return `${value} ${value === 1 ? 'second' : 'seconds'}`;
    case 'percent':
      return `${value} %`;
    case 'plain':
      return String(value);
    default:
      return form satisfies never;
  }
}

const UNIT_WORDS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  minute: ['minute', 'minutes'],
  businessHour: ['business hour', 'business hours'],
  businessDay: ['business day', 'business days'],
  day: ['day', 'days'],
};

/** Words for a length of time or a place on a clock; null for anything else. */
function sayLength(value: Json): string | null {
  if (!isJsonObject(value)) return null;
  const keys = Object.keys(value);
  if (keys.length === 2 && typeof value.amount === 'number' && typeof value.unit === 'string') {
    const words = lookUp(UNIT_WORDS, value.unit);
    return words ? `${value.amount} ${value.amount === 1 ? words[0] : words[1]}` : null;
  }
  if (keys.length !== 1) return null;
  if (typeof value.percent === 'number') return `at ${value.percent} %`;
  if (value.before !== undefined) {
    const length = sayLength(value.before);
    return length === null ? null : `${length} before`;
  }
  if (value.after !== undefined) {
    const length = sayLength(value.after);
    return length === null ? null : `${length} after`;
  }
  return null;
}

/** A table is asked by keys that come from documents: nothing inherited may answer. */
function lookUp<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function inWords(key: string): string {
  return key.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}

function groupThousands(whole: number): string {
  return String(whole).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Every place of a document with a value to say, as in a label table; for a test that none lacks its words. */
export function placesOf(body: Json, table: Pick<LabelTable, 'maps'>): string[] {
  const places = new Set<string>();
  const visit = (value: Json, path: readonly string[]): void => {
    const object = objectOf(value);
    const list = listOf(value);
    const isMap = table.maps.includes(path.join('.'));
    if (object) {
      for (const key of Object.keys(object)) visit(object[key] ?? null, [...path, isMap ? '*' : key]);
    } else if (list) for (const entry of list) visit(entry, [...path, '*']);
    else places.add(path.join('.'));
  };
  visit(body, []);
  return [...places];
}
