import { canonicalJson } from './canonical-json.ts';
import type { Json } from './json.ts';

/**
 * The audit chain: every change has its row, one sealer gives each row a gapless number and a hash over the row and the
 * hash of the seal before it, and now and then signs the newest hash (an anchor). Whoever edits, removes, reorders or
 * cuts off what was sealed leaves a chain that does not add up; whoever rewrites all of it lacks the key of the anchors.
 * Pure: the hash function and the check of signatures are passed in. Source: docs/pieces/audit-chain.md.
 */

/** An audit row as it is sealed. Instants are ISO-8601 in UTC with six decimals, so that an edit of a microsecond shows. */
export interface AuditRow {
  readonly id: number;
  readonly at: string;
  readonly actorId: string | null;
  readonly actingFor: string | null;
  readonly action: string;
  readonly subject: string;
  readonly content: Json;
  readonly recordedAt: string;
}

export interface Seal {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly auditId: number;
  readonly hashVersion: number;
  readonly prevHash: string;
  readonly hash: string;
  /** Written as the instants of a row are. */
  readonly sealedAt: string;
}

export interface Anchor {
  readonly seq: number;
  readonly hash: string;
  readonly signature: string;
  readonly keyId: string;
  /** Written as the instants of a row are. */
  readonly signedAt: string;
}

/** The version that new seals are written with. Older ones stay readable for as long as the chain lives. */
export const CURRENT_HASH_VERSION = 1;

/** What the first seal names as the hash before it. */
export const GENESIS_HASH = '0'.repeat(64);

/** A seal whose version this code does not know. */
export class UnknownHashVersionError extends Error {
  constructor(hashVersion: number) {
    super(`hash version ${hashVersion} of the audit chain is not known to this release`);
    this.name = 'UnknownHashVersionError';
  }
}

/**
 * The text whose hash seals a row. It names the place in the chain and the instant of sealing as well, so that they
 * cannot be changed either. Throws `UnknownHashVersionError`, and `NotCanonicalError` for content that is not plain JSON.
 */
export function sealContent(input: {
  readonly row: AuditRow;
  readonly seq: number;
  readonly prevHash: string;
  readonly sealedAt: string;
  readonly hashVersion: number;
}): string {
  const { row, seq, prevHash, sealedAt, hashVersion } = input;
  if (hashVersion !== 1) throw new UnknownHashVersionError(hashVersion);
  return canonicalJson({
    hashVersion,
    seq,
    prevHash,
    sealedAt,
    row: {
      id: row.id,
      at: row.at,
      actorId: row.actorId,
      actingFor: row.actingFor,
      action: row.action,
      subject: row.subject,
      content: row.content,
      recordedAt: row.recordedAt,
    },
  });
}

/** The text that an anchor signs. */
export function anchorContent(anchor: Omit<Anchor, 'signature'>): string {
  return canonicalJson({
    seq: anchor.seq,
    hash: anchor.hash,
    keyId: anchor.keyId,
    signedAt: anchor.signedAt,
  });
}

/** The next seals for `rows`, in their order, after a tail (null: the chain is empty). */
export function sealRows(input: {
  readonly rows: readonly AuditRow[];
  readonly tail: { readonly seq: number; readonly hash: string } | null;
  readonly sealedAt: string;
  readonly hash: (text: string) => string;
}): Seal[] {
  let { seq, hash: prevHash } = input.tail ?? { seq: 0, hash: GENESIS_HASH };
  return input.rows.map((row) => {
    seq += 1;
    const content = sealContent({
      row,
      seq,
      prevHash,
      sealedAt: input.sealedAt,
      hashVersion: CURRENT_HASH_VERSION,
    });
    const seal: Seal = {
      seq,
      auditId: row.id,
      hashVersion: CURRENT_HASH_VERSION,
      prevHash,
      hash: input.hash(content),
      sealedAt: input.sealedAt,
    };
    prevHash = seal.hash;
    return seal;
  });
}

/**
 * What can be wrong:
 * - `gap`: numbers are missing before this seal (or the first is not 1);
 * - `duplicate`: a number that is not higher than the one before it;
 * - `forked`: the seal continues an older one, which another seal continues already;
 * - `reordered`: it continues a seal that comes after it;
 * - `unlinked`: it continues nothing that is there, so a hash of the two was changed, or a seal in between replaced;
 * - `row_missing`: the sealed row is gone; `edited`: row or seal are not what was hashed;
 * - `unknown_version`: sealed by a release this one does not know;
 * - `anchor_forged`: the signature is not of our key; `anchor_mismatch`: the signed hash is not the seal's, so the chain
 *   was rewritten up to here; `truncated`: an anchor names a seal beyond the end of the chain;
 * - `unanchored`, `unsealed`: left without anchor or seal for longer than allowed.
 */
export const chainFaultKinds = [
  'gap',
  'duplicate',
  'forked',
  'reordered',
  'unlinked',
  'row_missing',
  'edited',
  'unknown_version',
  'anchor_forged',
  'anchor_mismatch',
  'truncated',
  'unanchored',
  'unsealed',
] as const;
export type ChainFaultKind = (typeof chainFaultKinds)[number];

export interface ChainFault {
  readonly kind: ChainFaultKind;
  /** The seal's number, where the fault has one. */
  readonly seq: number | null;
  /** The first bad audit row, where the fault has one. */
  readonly auditId: number | null;
  /** A sentence with the numbers, for the report. */
  readonly detail: string;
}

/** A seal with its row (null when the row is gone). */
export interface SealedRow {
  readonly seal: Seal;
  readonly row: AuditRow | null;
}

/** Where a check stands between two pages of a long chain; plain JSON. */
export interface ChainPosition {
  readonly seq: number;
  readonly hash: string;
  /** Hashes of the seals before, newest last, bounded: enough to tell a fork from a foreign link. */
  readonly recent: readonly string[];
}

export const CHAIN_START: ChainPosition = { seq: 0, hash: GENESIS_HASH, recent: [] };

const RECENT_HASHES = 1_000;

/**
 * Checks the next seals of a chain, in order of their number, and says where the check stands then. After a fault it
 * goes on from what is recorded, so that one edit is one fault and not one for every seal behind it.
 */
export function checkSeals(input: {
  readonly position: ChainPosition;
  readonly entries: readonly SealedRow[];
  readonly hash: (text: string) => string;
}): { position: ChainPosition; faults: ChainFault[] } {
  const faults: ChainFault[] = [];
  let { seq, hash: lastHash } = input.position;
  const before = new Set(input.position.recent);
  const after = new Map(input.entries.map(({ seal }) => [seal.hash, seal.seq]));
  for (const entry of input.entries) {
    const { seal } = entry;
    after.delete(seal.hash);
    const fault = (kind: ChainFaultKind, detail: string): void => {
      faults.push({ kind, seq: seal.seq, auditId: seal.auditId, detail });
    };
    if (seal.seq <= seq) fault('duplicate', `seal ${seal.seq} comes after seal ${seq}`);
    if (seal.seq > seq + 1)
      fault('gap', `after seal ${seq} comes seal ${seal.seq}: ${seal.seq - seq - 1} missing`);
    const link = linkFault({ seal, lastHash, before, after });
    if (link !== null) fault(link.kind, link.detail);
    const content = contentFault({ ...entry, hash: input.hash });
    if (content !== null) fault(content.kind, content.detail);
    before.add(lastHash);
    lastHash = seal.hash;
    seq = seal.seq;
  }
  const recent = [...before].slice(-RECENT_HASHES);
  return { position: { seq, hash: lastHash, recent }, faults };
}

type Found = { kind: ChainFaultKind; detail: string } | null;

function linkFault(input: {
  seal: Seal;
  lastHash: string;
  before: ReadonlySet<string>;
  after: ReadonlyMap<string, number>;
}): Found {
  const { seal, lastHash, before, after } = input;
  if (seal.prevHash === lastHash) return null;
  if (before.has(seal.prevHash)) {
    return { kind: 'forked', detail: `seal ${seal.seq} continues a seal that another one continues already` };
  }
  const later = after.get(seal.prevHash);
  if (later !== undefined) {
    return { kind: 'reordered', detail: `seal ${seal.seq} continues seal ${later}, which comes after it` };
  }
  return {
    kind: 'unlinked',
    detail: `seal ${seal.seq} does not continue the seal before it: one of the two was changed`,
  };
}

function contentFault(input: SealedRow & { hash: (text: string) => string }): Found {
  const { seal, row, hash } = input;
  if (row === null)
    return { kind: 'row_missing', detail: `audit row ${seal.auditId} of seal ${seal.seq} is gone` };
  if (seal.hashVersion !== CURRENT_HASH_VERSION) {
    return { kind: 'unknown_version', detail: `seal ${seal.seq} has hash version ${seal.hashVersion}` };
  }
  return hash(sealContent({ ...seal, row })) === seal.hash
    ? null
    : { kind: 'edited', detail: `audit row ${row.id} is not what seal ${seal.seq} was made of` };
}

/**
 * Checks anchors against the seals they name. `sealHashOf` gives a seal's recorded hash, or null when there is none;
 * `isSigned` says whether the signature is by the installation's own key. An anchor kept outside the database (in logs,
 * on paper) is checked the same way, which is how a cut that took the anchors with it is found.
 */
export function checkAnchors(input: {
  readonly anchors: readonly Anchor[];
  readonly sealHashOf: (seq: number) => string | null;
  readonly isSigned: (anchor: Anchor) => boolean;
}): ChainFault[] {
  const faults: ChainFault[] = [];
  for (const anchor of input.anchors) {
    const fault = (kind: ChainFaultKind, detail: string): void => {
      faults.push({ kind, seq: anchor.seq, auditId: null, detail });
    };
    if (!input.isSigned(anchor)) {
      fault('anchor_forged', `the anchor at seal ${anchor.seq} is not signed by this installation's key`);
    }
    const hash = input.sealHashOf(anchor.seq);
    if (hash === null) fault('truncated', `an anchor names seal ${anchor.seq}, which is not there`);
    else if (hash !== anchor.hash) {
      fault(
        'anchor_mismatch',
        `seal ${anchor.seq} has another hash than the one signed: the chain was rewritten`,
      );
    }
  }
  return faults;
}

/**
 * What was left undone for too long: rows without a seal, and a tail without an anchor (which is also what removing the
 * newest anchors looks like). Instants in epoch ms; null where there is none.
 */
export function checkDelay(input: {
  readonly oldestUnsealed: { readonly auditId: number; readonly recordedAtMs: number } | null;
  readonly oldestUnanchored: { readonly seq: number; readonly sealedAtMs: number } | null;
  readonly nowMs: number;
  readonly unsealedLimitMs: number;
  readonly unanchoredLimitMs: number;
}): ChainFault[] {
  const { oldestUnsealed, oldestUnanchored, nowMs } = input;
  const faults: ChainFault[] = [];
  if (oldestUnsealed !== null && nowMs - oldestUnsealed.recordedAtMs > input.unsealedLimitMs) {
    const seconds = Math.round((nowMs - oldestUnsealed.recordedAtMs) / 1_000);
    faults.push({
      kind: 'unsealed',
      seq: null,
      auditId: oldestUnsealed.auditId,
      detail: `audit row ${oldestUnsealed.auditId} has had no seal for ${seconds} s`,
    });
  }
  if (oldestUnanchored !== null && nowMs - oldestUnanchored.sealedAtMs > input.unanchoredLimitMs) {
    const seconds = Math.round((nowMs - oldestUnanchored.sealedAtMs) / 1_000);
    faults.push({
      kind: 'unanchored',
      seq: oldestUnanchored.seq,
      auditId: null,
      detail: `seal ${oldestUnanchored.seq} has had no anchor for ${seconds} s`,
    });
  }
  return faults;
}

/** A whole chain at once: seals with their rows in order of number, and all anchors. The first fault names the first bad row. */
export function checkChain(input: {
  readonly entries: readonly SealedRow[];
  readonly anchors: readonly Anchor[];
  readonly hash: (text: string) => string;
  readonly isSigned: (anchor: Anchor) => boolean;
}): ChainFault[] {
  const hashes = new Map(input.entries.map(({ seal }) => [seal.seq, seal.hash]));
  return [
    ...checkSeals({ position: CHAIN_START, entries: input.entries, hash: input.hash }).faults,
    ...checkAnchors({
      anchors: input.anchors,
      sealHashOf: (seq) => hashes.get(seq) ?? null,
      isSigned: input.isSigned,
    }),
  ];
}
