import type { AccountFacts, MatchingThresholds, RememberedVerdict } from './facts.ts';
import { matchKeys } from './keys.ts';
import { addressKey } from './normalise.ts';
import { nameSimilarityPpm } from './similarity.ts';

export const pairVerdicts = ['duplicate', 'related', 'probable', 'possible', 'different'] as const;
/** Strongest first; `related` is parent and subsidiary, which a person reviews. */
export type PairVerdict = (typeof pairVerdicts)[number];

export const evidenceKinds = [
  'remembered',
  'parent',
  'tax_id',
  'registrable_domain',
  'name_equal',
  'name_similar',
  'country',
  'city',
  'address',
  'phone',
  'contact_domain',
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/**
 * One piece of evidence about a pair. `kind` and `agrees` choose the sentence of the words catalogue, `left`
 * and `right` fill it ("Same registrable domain: example.com"). A tax id shows its last two characters only.
 */
export interface EvidenceRow {
  readonly kind: EvidenceKind;
  /** False when the two sides are known and contradict one another. */
  readonly agrees: boolean;
  readonly left: string | null;
  readonly right: string | null;
  /** Similarity of names in parts per million; null for everything that is equal or not. */
  readonly similarityPpm: number | null;
}

/** A verdict on two accounts with every row of evidence that was found, in a fixed order, the weightiest first. */
export interface PairJudgement {
  readonly verdict: PairVerdict;
  readonly evidence: readonly EvidenceRow[];
}

export interface PairInput {
  readonly left: AccountFacts;
  readonly right: AccountFacts;
  readonly remembered: RememberedVerdict | null;
  readonly thresholds: MatchingThresholds;
}

/**
 * What two accounts are to one another, by evidence and not by one weighted sum. The order of the two never
 * matters. Rules (program term "duplicates by evidence"):
 *
 * - a person's word about the pair holds, whatever the evidence;
 * - parent and subsidiary are `related`: a person reviews;
 * - equal tax id, or equal registrable domain with a similar name and the same country: `duplicate`;
 * - the domain alone, an equal normalised name in the same country, or a similar name with a second piece of
 *   evidence (city, address, phone, a contact's mail domain): `probable`;
 * - a similar name alone: `possible`, for a person to judge, never for a machine.
 */
export function judgePair(input: PairInput): PairJudgement {
  const findings = compare(input.left, input.right);
  return { verdict: verdictOf(findings, input), evidence: evidenceOf(findings, input) };
}

/** Each comparison's answer: true and false when both sides are known, null when one is not. */
interface Findings {
  readonly parent: boolean;
  readonly taxId: boolean | null;
  readonly domain: boolean | null;
  readonly nameEqual: boolean;
  readonly nameSimilarityPpm: number;
  readonly country: boolean;
  readonly city: boolean | null;
  readonly address: boolean | null;
  readonly phone: boolean | null;
  /** The mail or web domains that a contact of one side shares with the other. */
  readonly contactDomain: string | null;
}

function compare(left: AccountFacts, right: AccountFacts): Findings {
  const [a, b] = [matchKeys(left), matchKeys(right)];
  return {
    parent: left.parentAccountId === right.accountId || right.parentAccountId === left.accountId,
    taxId: equal(left.taxIdHash, right.taxIdHash),
    domain: equal(left.registrableDomain, right.registrableDomain),
    // A name of nothing but punctuation has an empty key, and says nothing.
    nameEqual: a.nameKey !== '' && a.nameKey === b.nameKey,
    nameSimilarityPpm: nameSimilarityPpm(a, b),
    country: left.country === right.country,
    city: equal(a.cityKey, b.cityKey),
    address: equal(addressKey(left), addressKey(right)),
    phone: equal(a.phoneE164, b.phoneE164),
    contactDomain: sharedContactDomain(left, right),
  };
}

function equal(left: string | null, right: string | null): boolean | null {
  return left === null || right === null ? null : left === right;
}

function sharedContactDomain(left: AccountFacts, right: AccountFacts): string | null {
  const shared = [
    ...left.contactDomains.filter(
      (domain) => right.contactDomains.includes(domain) || domain === right.registrableDomain,
    ),
    ...right.contactDomains.filter((domain) => domain === left.registrableDomain),
  ];
  return shared.toSorted()[0] ?? null;
}

function verdictOf(found: Findings, input: PairInput): PairVerdict {
  const similar = found.nameEqual || found.nameSimilarityPpm >= input.thresholds.similarNamePpm;
  const seconded =
    found.city === true || found.address === true || found.phone === true || found.contactDomain !== null;
  if (input.remembered === 'same') return 'duplicate';
  if (input.remembered === 'different') return 'different';
  if (found.parent) return 'related';
  if (found.taxId === true) return 'duplicate';
  if (found.domain === true && similar && found.country) return 'duplicate';
  if (found.domain === true) return 'probable';
  if (found.nameEqual && found.country) return 'probable';
  if (similar && seconded) return 'probable';
  if (similar) return 'possible';
  return 'different';
}

function evidenceOf(found: Findings, { left, right, remembered, thresholds }: PairInput): EvidenceRow[] {
  const similar = found.nameSimilarityPpm >= thresholds.similarNamePpm;
  const row = (
    kind: EvidenceKind,
    agrees: boolean | null,
    shown: { left: string | null; right: string | null; similarityPpm?: number },
  ): EvidenceRow[] => (agrees === null ? [] : [{ kind, agrees, similarityPpm: null, ...shown }]);
  const names = { left: left.legalName, right: right.legalName };
  return [
    ...row('remembered', remembered === null ? null : remembered === 'same', { left: null, right: null }),
    ...row('parent', found.parent ? true : null, names),
    ...row('tax_id', found.taxId, { left: left.taxIdLast2, right: right.taxIdLast2 }),
    ...row('registrable_domain', found.domain, {
      left: left.registrableDomain,
      right: right.registrableDomain,
    }),
    ...(found.nameEqual
      ? row('name_equal', true, names)
      : row('name_similar', similar, { ...names, similarityPpm: found.nameSimilarityPpm })),
    ...row('country', found.country, { left: left.country, right: right.country }),
    ...row('city', found.city, { left: left.city, right: right.city }),
    ...row('address', found.address, { left: left.addressLine1, right: right.addressLine1 }),
    ...row('phone', found.phone, { left: left.phone, right: right.phone }),
    ...row('contact_domain', found.contactDomain === null ? null : true, {
      left: found.contactDomain,
      right: found.contactDomain,
    }),
  ];
}
