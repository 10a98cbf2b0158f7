import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { normaliseTaxId } from '../domain/matching/normalise.ts';
import type { SealedTaxId } from '../domain/sealed-tax-id.ts';

/**
 * Tax ids at rest: encrypted for the few who may reveal one, hashed with a key for matching, and never
 * shown beyond their last two characters.
 */

/** Key material, 32 bytes each. Retired keys still open what they sealed; the matching key is never rotated without hashing every row anew. */
export interface TaxIdKeys {
  readonly current: { readonly keyId: string; readonly key: Uint8Array };
  readonly retired: readonly { readonly keyId: string; readonly key: Uint8Array }[];
  readonly matchingKey: Uint8Array;
}

/** The keys of an installation that has one field key (32 bytes) and has not rotated it. */
export function fieldKeys(field: Uint8Array): TaxIdKeys {
  return { current: { keyId: 'field-1', key: field }, retired: [], matchingKey: field };
}

/** A stored tax id could not be opened: its key is unknown, or it was altered or moved to another row. */
export class TaxIdUnreadable extends Error {
  readonly accountId: string;
  readonly reason: 'unknown_key' | 'altered';

  constructor(accountId: string, reason: 'unknown_key' | 'altered') {
    super(
      `The tax id of ${accountId} cannot be opened: ${reason === 'unknown_key' ? 'its key is not configured' : 'it was altered or belongs to another account'}.`,
    );
    this.name = 'TaxIdUnreadable';
    this.accountId = accountId;
    this.reason = reason;
  }
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Seals a tax id as entered for the account's row; null when it has no normal form (empty, or a placeholder
 * such as 000000000). The row's id is the additional data, so a cipher copied to another row does not open.
 */
export function sealTaxId(input: {
  taxId: string;
  country: string;
  accountId: string;
  keys: TaxIdKeys;
}): SealedTaxId | null {
  const normal = normaliseTaxId(input.taxId, input.country);
  if (normal === null) return null;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', encryptionKey(input.keys.current.key), nonce);
  cipher.setAAD(Buffer.from(input.accountId));
  const body = Buffer.concat([cipher.update(normal, 'utf8'), cipher.final()]);
  return {
    keyId: input.keys.current.keyId,
    cipher: Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64'),
    hash: createHmac('sha256', hashKey(input.keys.matchingKey))
      .update(`${input.country}:${normal}`)
      .digest('hex'),
    // Of a short id two characters would be most of it.
    last2: normal.length >= 6 ? normal.slice(-2) : '',
  };
}

/** The tax id's normal form. Throws `TaxIdUnreadable`, which never contains the value. */
export function openTaxId(input: {
  sealed: Pick<SealedTaxId, 'keyId' | 'cipher'>;
  accountId: string;
  keys: TaxIdKeys;
}): string {
  const known = [input.keys.current, ...input.keys.retired].find(
    (entry) => entry.keyId === input.sealed.keyId,
  );
  if (known === undefined) throw new TaxIdUnreadable(input.accountId, 'unknown_key');
  const bytes = Buffer.from(input.sealed.cipher, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new TaxIdUnreadable(input.accountId, 'altered');
  const decipher = createDecipheriv('aes-256-gcm', encryptionKey(known.key), bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(input.accountId));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
      decipher.final(),
    ]).toString('utf8');
  } catch {
    // GCM says only that the tag does not fit; that is the whole reason.
    throw new TaxIdUnreadable(input.accountId, 'altered');
  }
}

// One derived key per purpose: the same master never encrypts and hashes.
function encryptionKey(master: Uint8Array): Buffer {
  return derive(master, 'fairlead tax id encryption v1');
}

function hashKey(master: Uint8Array): Buffer {
  return derive(master, 'fairlead tax id matching v1');
}

function derive(master: Uint8Array, purpose: string): Buffer {
  if (master.length < KEY_BYTES)
    throw new RangeError(`A tax id key has ${KEY_BYTES} bytes; this one has ${master.length}.`);
  return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), purpose, KEY_BYTES));
}
