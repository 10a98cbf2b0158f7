/** A customer's tax id as it is stored and handed on: plain JSON, readable by nobody without the key. */
export interface SealedTaxId {
  readonly keyId: string;
  /** Nonce, ciphertext and tag, base64. */
  readonly cipher: string;
  /** HMAC-SHA256 over country and normal form, hexadecimal. */
  readonly hash: string;
  /** The most that is ever shown. */
  readonly last2: string;
}

/**
 * The account of a registration's customer as he was entered for it. It follows from the registration's id, so
 * that his tax id can be sealed for that account before the account is stored.
 */
export function customerAccountId(registrationId: string): string {
  return `acc_${registrationId.slice(4)}`;
}
