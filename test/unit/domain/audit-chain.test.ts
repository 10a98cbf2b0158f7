import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createAnchorKey } from '../../../adapters/audit-signature.ts';
import { sha256Hex } from '../../../adapters/sha256.ts';
import {
  CHAIN_START,
  checkChain,
  checkDelay,
  checkSeals,
  sealContent,
  sealRows,
  UnknownHashVersionError,
  type Anchor,
  type AuditRow,
  type ChainFault,
  type SealedRow,
} from '../../../domain/audit-chain.ts';

const key = createAnchorKey(randomBytes(32));
const instant = (second: number): string =>
  `2026-03-02T09:00:${String(second % 60).padStart(2, '0')}.000000Z`;

const row = (id: number): AuditRow => ({
  id,
  at: instant(id),
  actorId: id % 2 === 0 ? null : 'psn_demo',
  actingFor: null,
  action: 'deal_registration.decided',
  subject: `reg_${id}`,
  content: { outcome: 'approve', seq: id, nested: { b: [1, 2], a: null } },
  recordedAt: instant(id),
});

/** A chain of `count` rows whose ids are in no order, because ids commit in none. */
const chainOf = (count: number): SealedRow[] => {
  const rows = Array.from({ length: count }, (_, index) => row(index % 2 === 0 ? index + 2 : index));
  const seals = sealRows({ rows, tail: null, sealedAt: instant(0), hash: sha256Hex });
  return seals.map((seal, index) => ({ seal, row: rows[index] ?? null }));
};

const anchorAt = (chain: readonly SealedRow[], seq: number): Anchor => {
  const seal = at(chain, seq).seal;
  return key.sign({ seq, hash: seal.hash, signedAt: instant(1) });
};

const at = (chain: readonly SealedRow[], seq: number): SealedRow & { row: AuditRow } => {
  const entry = chain[seq - 1];
  if (entry === undefined || entry.row === null) throw new Error(`no seal ${seq}`);
  return { ...entry, row: entry.row };
};

const check = (entries: readonly SealedRow[], anchors: readonly Anchor[] = []): ChainFault[] =>
  checkChain({ entries, anchors, hash: sha256Hex, isSigned: key.isSigned });

const kinds = (faults: readonly ChainFault[]): string[] =>
  faults.map((fault) => `${fault.kind} ${fault.seq}`);

describe('audit chain', () => {
  test('a chain as the sealer writes it has no fault, checked whole or in pages', () => {
    const chain = chainOf(12);
    expect(check(chain, [anchorAt(chain, 5), anchorAt(chain, 12)])).toEqual([]);
    let position = CHAIN_START;
    for (let from = 0; from < 12; from += 5) {
      const page = checkSeals({ position, entries: chain.slice(from, from + 5), hash: sha256Hex });
      expect(page.faults).toEqual([]);
      position = JSON.parse(JSON.stringify(page.position)) as typeof position;
    }
    expect(position.seq).toBe(12);
  });

  test('sealing in batches gives the same chain as sealing at once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }), (batches) => {
        const rows = Array.from({ length: batches.reduce((sum, size) => sum + size, 0) }, (_, index) =>
          row(index + 1),
        );
        const whole = sealRows({ rows, tail: null, sealedAt: instant(0), hash: sha256Hex });
        const parts: typeof whole = [];
        let from = 0;
        for (const size of batches) {
          const batch = rows.slice(from, from + size);
          parts.push(
            ...sealRows({ rows: batch, tail: parts.at(-1) ?? null, sealedAt: instant(0), hash: sha256Hex }),
          );
          from += size;
        }
        expect(parts).toEqual(whole);
      }),
    );
  });

  test('any edit of any field of a sealed row or of its seal is found, and the row is named', () => {
    const edits: ((entry: SealedRow & { row: AuditRow }) => SealedRow)[] = [
      (entry) => ({ ...entry, row: { ...entry.row, at: '2026-03-02T09:00:00.000001Z' } }),
      (entry) => ({ ...entry, row: { ...entry.row, actorId: 'psn_other' } }),
      (entry) => ({ ...entry, row: { ...entry.row, actingFor: 'psn_other' } }),
      (entry) => ({ ...entry, row: { ...entry.row, action: 'deal_registration.withdrawn' } }),
      (entry) => ({ ...entry, row: { ...entry.row, subject: 'reg_other' } }),
      (entry) => ({ ...entry, row: { ...entry.row, content: { outcome: 'reject' } } }),
      (entry) => ({ ...entry, row: { ...entry.row, recordedAt: '2026-03-02T09:00:00.000001Z' } }),
      (entry) => ({ ...entry, row: { ...entry.row, id: 999 } }),
      (entry) => ({ ...entry, seal: { ...entry.seal, sealedAt: '2026-03-02T09:00:00.000001Z' } }),
    ];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.constantFrom(...edits), (seq, edit) => {
        const chain = chainOf(10);
        chain[seq - 1] = edit(at(chain, seq));
        expect(kinds(check(chain))).toEqual([`edited ${seq}`]);
      }),
    );
  });

  test('an edit whose seal was made anew breaks the link to the next', () => {
    const chain = chainOf(6);
    const entry = at(chain, 3);
    const forged = { ...entry.row, content: { outcome: 'reject' } };
    chain[2] = {
      row: forged,
      seal: { ...entry.seal, hash: sha256Hex(sealContent({ ...entry.seal, row: forged })) },
    };
    expect(kinds(check(chain))).toEqual(['unlinked 4']);
  });

  test('a chain rewritten from some row to its end adds up, and the anchor tells', () => {
    const chain = chainOf(8);
    const anchors = [anchorAt(chain, 4), anchorAt(chain, 8)];
    const rows = chain.map((entry) =>
      entry.seal.seq === 6 ? { ...row(6), content: { outcome: 'reject' } } : entry.row,
    );
    const rewritten = sealRows({
      rows: rows.filter((each) => each !== null),
      tail: null,
      sealedAt: instant(0),
      hash: sha256Hex,
    });
    const forged = rewritten.map((seal, index) => ({ seal, row: rows[index] ?? null }));
    expect(kinds(check(forged, anchors))).toEqual(['anchor_mismatch 8']);
    const stranger = createAnchorKey(randomBytes(32));
    const own = stranger.sign({ seq: 8, hash: at(forged, 8).seal.hash, signedAt: instant(1) });
    expect(kinds(check(forged, [{ ...own, keyId: key.keyId }]))).toEqual(['anchor_forged 8']);
    expect(kinds(check(forged, [own]))).toEqual(['anchor_forged 8']);
  });

  test('a row removed, a seal removed, both removed', () => {
    const chain = chainOf(8);
    const rowGone = chain.with(3, { seal: at(chain, 4).seal, row: null });
    expect(kinds(check(rowGone))).toEqual(['row_missing 4']);
    expect(kinds(check(chain.toSpliced(3, 1)))).toEqual(['gap 5', 'unlinked 5']);
    expect(kinds(check(chain.slice(1)))).toEqual(['gap 2', 'unlinked 2']);
  });

  test('a chain cut off is found by the anchor that names its end', () => {
    const chain = chainOf(8);
    expect(kinds(check(chain.slice(0, 6), [anchorAt(chain, 8)]))).toEqual(['truncated 8']);
  });

  test('a fork is two seals that continue one', () => {
    const chain = chainOf(5);
    const second = at(chain, 4);
    const prevHash = second.seal.prevHash;
    const other = { ...at(chain, 5), row: row(77) };
    const seal = { ...other.seal, auditId: 77, prevHash };
    const forked = [
      ...chain.slice(0, 4),
      { row: other.row, seal: { ...seal, hash: sha256Hex(sealContent({ ...seal, row: other.row })) } },
    ];
    expect(kinds(check(forked))).toEqual(['forked 5']);
  });

  test('two seals with one number', () => {
    const chain = chainOf(5);
    const doubled = [...chain.slice(0, 3), ...chain.slice(2)];
    expect(kinds(check(doubled))[0]).toBe('duplicate 3');
  });

  test('seals that changed places', () => {
    const chain = chainOf(6);
    const [one, other] = [at(chain, 3), at(chain, 4)];
    const swapped = chain
      .with(2, { row: other.row, seal: { ...other.seal, seq: 3 } })
      .with(3, { row: one.row, seal: { ...one.seal, seq: 4 } });
    const found = kinds(check(swapped));
    expect(found[0]).toBe('reordered 3');
    expect(found).toContain('edited 3');
  });

  test('a version that this release does not know is said, not guessed', () => {
    const chain = chainOf(3);
    const entry = at(chain, 2);
    expect(kinds(check(chain.with(1, { ...entry, seal: { ...entry.seal, hashVersion: 2 } })))).toEqual([
      'unknown_version 2',
    ]);
    expect(() => sealContent({ ...entry.seal, row: entry.row, hashVersion: 2 })).toThrow(
      UnknownHashVersionError,
    );
  });

  test('what is left without seal or anchor for longer than allowed', () => {
    const late = (ageMs: number) =>
      checkDelay({
        oldestUnsealed: { auditId: 7, recordedAtMs: 100_000 },
        oldestUnanchored: { seq: 3, sealedAtMs: 100_000 },
        nowMs: 100_000 + ageMs,
        unsealedLimitMs: 10_000,
        unanchoredLimitMs: 300_000,
      }).map((fault) => fault.kind);
    expect(late(10_000)).toEqual([]);
    expect(late(10_001)).toEqual(['unsealed']);
    expect(late(300_001)).toEqual(['unsealed', 'unanchored']);
  });

  test('an anchor is checked with its number, hash, instant and key', () => {
    const anchor = key.sign({ seq: 9, hash: 'a'.repeat(64), signedAt: instant(2) });
    expect(key.isSigned(anchor)).toBe(true);
    expect(key.isSigned({ ...anchor, seq: 8 })).toBe(false);
    expect(key.isSigned({ ...anchor, hash: 'b'.repeat(64) })).toBe(false);
    expect(key.isSigned({ ...anchor, signedAt: instant(3) })).toBe(false);
    expect(key.isSigned({ ...anchor, signature: '' })).toBe(false);
  });
});
