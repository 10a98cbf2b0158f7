/**
 * Ids of records: a prefix from a closed list, `_`, and 26 characters of lower-case Crockford base32, the
 * first ten of which are the time, so that ids sort by creation. They carry no name, price or tax id:
 * workflow ids and search attributes are made of them, and those are always in clear.
 */
export const idPrefixes = {
  partner: 'prt',
  person: 'psn',
  program: 'prg',
  policy: 'pol',
  account: 'acc',
  directDeal: 'ddl',
  registration: 'reg',
  draft: 'drf',
  task: 'tsk',
  decision: 'dec',
  clock: 'clk',
  reviewWindow: 'rvw',
  appeal: 'apl',
  evidence: 'evd',
  importBatch: 'imp',
  hold: 'hld',
  outbound: 'out',
  absence: 'abs',
  savedView: 'viw',
  roleChange: 'rch',
  priceBook: 'pbk',
  priceBookVersion: 'pbv',
  exchangeRateFile: 'xrf',
  distributorRelation: 'drl',
  specialPriceRequest: 'spr',
  pricingAgreement: 'spa',
  claim: 'clm',
} as const;

export type IdKind = keyof typeof idPrefixes;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

/**
 * Makes an id of `kind` from a time (epoch ms, at most 48 bits) and at least 16 random bytes: the caller
 * supplies both, because the domain has neither a clock nor a source of chance.
 */
export function formatId(kind: IdKind, timeMs: number, random: ArrayLike<number>): string {
  let time = '';
  let rest = timeMs;
  for (let place = 0; place < TIME_CHARACTERS; place += 1) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let tail = '';
  for (let place = 0; place < RANDOM_CHARACTERS; place += 1) {
    tail += ALPHABET.charAt((random[place] ?? 0) % 32);
  }
  return `${idPrefixes[kind]}_${time}${tail}`;
}

/**
 * The reference that people quote ("DR-7K3M-9QX2"). It is drawn by chance, not counted: a counted number
 * would tell a partner how much his competitors register.
 */
export function formatReference(prefix: string, random: ArrayLike<number>): string {
  let tail = '';
  for (let place = 0; place < 8; place += 1) tail += ALPHABET.charAt((random[place] ?? 0) % 32);
  return `${prefix}-${tail.slice(0, 4)}-${tail.slice(4)}`.toUpperCase();
}
