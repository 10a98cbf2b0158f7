/**
 * What is known of a customer account when two of them are compared: facts as they were entered, with the
 * three that need a list or a key from outside (registrable domain, contact domains, tax id) already made.
 */
export interface AccountFacts {
  readonly accountId: string;
  readonly legalName: string;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string;
  /** Registrable domain of the web address, private suffixes respected; null when there is none or it is a free-mail provider's. */
  readonly registrableDomain: string | null;
  /** Registrable domains of the contacts' mail addresses, free-mail providers left out. */
  readonly contactDomains: readonly string[];
  readonly addressLine1: string | null;
  readonly city: string | null;
  readonly postalCode: string | null;
  /** As entered; compared as digits with country code. */
  readonly phone: string | null;
  /** Keyed hash of the tax id's normal form, hexadecimal: two are compared, none can be read. */
  readonly taxIdHash: string | null;
  /** Last two characters of the tax id, the most that is ever shown. */
  readonly taxIdLast2: string | null;
  readonly parentAccountId: string | null;
}

/** The policy's numbers for matching, in parts per million; code has no defaults for them. */
export interface MatchingThresholds {
  /** Two names count as similar from this similarity on (inclusive). */
  readonly similarNamePpm: number;
}

/** What a person once said about a pair of accounts; it outweighs all evidence. */
export type RememberedVerdict = 'same' | 'different';
