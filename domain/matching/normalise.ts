import {
  abbreviations,
  attachedForms,
  formsByCountry,
  genericWords,
  leadingFormsByCountry,
  streetWords,
  unmistakableForms,
} from './legal-forms.ts';
import { callingCodes, trunkPrefixes } from './phone-codes.ts';

/**
 * Normal forms of what people write about a company, so that spelling is not taken for a difference. All of
 * them are pure and total: any string gives a key or null, and other scripts than the Latin one survive.
 */

/** A company's name in the forms that are compared and looked up. */
export interface NormalisedName {
  /** Without case, accents, punctuation, leading "the" and legal form: two equal ones are "equal names". */
  readonly nameKey: string;
  /** Further without words that many names share, abbreviations written out; never empty when `nameKey` is not. */
  readonly coreName: string;
  /** The core's words sorted, so that their order does not matter. */
  readonly wordKey: string;
  /** The whole name as it was folded, legal form and all. */
  readonly wholeName: string;
  /** The same without spaces, so that "Harbour Works" and "HarbourWorks" meet, and "Sys Co" and "Sysco". */
  readonly squashedKey: string;
}

/** `country` is ISO 3166-1 alpha-2, upper case; an unknown one drops only forms that mean nothing else. */
export function normaliseName(legalName: string, country: string): NormalisedName {
  const folded = foldText(withoutAttachedForms(legalName));
  const wholeName = withoutThe(folded);
  const nameKey = withoutLegalForms(wholeName, country);
  const written = nameKey.split(' ').map((word) => lookup(abbreviations, word) ?? word);
  const telling = written.filter((word) => !genericWords.includes(word));
  const core = telling.length > 0 ? telling : written;
  return {
    nameKey,
    coreName: core.join(' '),
    wordKey: [...new Set(core)].sort().join(' '),
    wholeName,
    squashedKey: wholeName.replaceAll(' ', ''),
  };
}

const SPECIAL_LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ŋ: 'n',
  ŧ: 't',
  ı: 'i',
};

/**
 * Compatibility forms unified, case and Latin, Greek and Cyrillic accents dropped, `&` and `+` written "and",
 * punctuation turned into spaces, single initials joined ("S.p.A." → "spa"). Marks of other scripts are
 * letters there and stay.
 */
export function foldText(text: string): string {
  const letters = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/gu, '')
    .normalize('NFC')
    .toLowerCase()
    // Lower-casing can bring a mark of its own (İ).
    .replace(/[\u0300-\u036f]/gu, '')
    .replace(/[ßæœøłđðþħŋŧı]/gu, (letter) => SPECIAL_LETTERS[letter] ?? letter)
    .replace(/['’‘`´ʼ]/gu, '')
    .replace(/[&+]/gu, ' and ')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim();
  return joinInitials(letters.split(' ')).join(' ');
}

function joinInitials(words: readonly string[]): string[] {
  const joined: string[] = [];
  let run = '';
  for (const word of words) {
    if (/^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]$/u.test(word)) {
      run += word;
      continue;
    }
    if (run !== '') joined.push(run);
    run = '';
    joined.push(word);
  }
  if (run !== '') joined.push(run);
  return joined;
}

function withoutThe(folded: string): string {
  return folded.startsWith('the ') ? folded.slice(4) : folded;
}

function withoutAttachedForms(name: string): string {
  let rest = name
    .normalize('NFKC')
    .replace(/\((株|有|주|유)\)/gu, ' ')
    .trim();
  for (const form of attachedForms) {
    if (rest.startsWith(form) && rest.length > form.length) rest = rest.slice(form.length).trim();
    if (rest.endsWith(form) && rest.length > form.length) rest = rest.slice(0, -form.length).trim();
  }
  return rest;
}

/** Legal forms go from the end, again and again, then from the front; a name is never emptied. */
function withoutLegalForms(folded: string, country: string): string {
  let words = folded.split(' ');
  const trailing = [...unmistakableForms, ...(lookup(formsByCountry, country) ?? [])];
  const leading = lookup(leadingFormsByCountry, country) ?? [];
  for (let before = Infinity; words.length < before;) {
    before = words.length;
    words = dropLongest(words, trailing, 'end');
  }
  words = dropLongest(words, leading, 'start');
  // "Deere & Company" has lost its company, so the "and" ties nothing any more.
  while (words.length > 1 && words.at(-1) === 'and') words = words.slice(0, -1);
  return words.join(' ');
}

function dropLongest(words: readonly string[], forms: readonly string[], from: 'start' | 'end'): string[] {
  const longest = Math.min(6, words.length - 1);
  for (let count = longest; count > 0; count -= 1) {
    const part = from === 'end' ? words.slice(-count) : words.slice(0, count);
    if (forms.includes(part.join(' '))) return from === 'end' ? words.slice(0, -count) : words.slice(count);
  }
  return [...words];
}

/**
 * A phone number as `+` and digits with country code; null when it has too few or too many digits for one.
 * National numbers are read by the country's calling code and trunk prefix (ITU-T E.164, E.164.1).
 */
export function normalisePhone(phone: string, country: string): string | null {
  const main = phone.normalize('NFKC').replace(/\s*(?:ext|extension|durchwahl|dw|x|#).*$/iu, '');
  const international = /^\s*\+/u.test(main) || /^\s*00/u.test(main);
  const code = lookup(callingCodes, country);
  const trunk = lookup(trunkPrefixes, country) ?? '';
  let digits = main.replace(/\(0\)/gu, international ? '' : '0').replace(/\D/gu, '');
  if (international) {
    digits = digits.replace(/^00/u, '');
    // "+49 030 …" repeats the trunk prefix after the country code.
    if (code !== undefined && trunk === '0' && digits.startsWith(`${code}0`))
      digits = code + digits.slice(code.length + 1);
  } else {
    if (code === undefined) return null;
    if (trunk !== '' && digits.startsWith(trunk)) digits = digits.slice(trunk.length);
    digits = code + digits;
  }
  return digits.length >= 7 && digits.length <= 15 ? `+${digits}` : null;
}

/** City and country, so that Paris in France is not Paris in Texas's country; null without letters. */
export function cityKey(city: string, country: string): string | null {
  const folded = foldText(city)
    .replace(/^st /u, 'saint ')
    .replace(/^sankt /u, 'saint ');
  return folded === '' ? null : `${country}:${folded}`;
}

/** Postal code and street with a number in it; null when either is missing, because half an address proves nothing. */
export function addressKey(address: {
  addressLine1: string | null;
  postalCode: string | null;
  country: string;
}): string | null {
  const street = foldText(address.addressLine1 ?? '')
    .replace(/(\p{L}{3,})str(?=\s|$)/gu, '$1strasse')
    .split(' ')
    .map((word) => lookup(streetWords, word) ?? word)
    .filter((word) => word !== '')
    .join(' ');
  const postalCode = foldText(address.postalCode ?? '').replaceAll(' ', '');
  if (postalCode === '' || !/\p{N}/u.test(street)) return null;
  return `${address.country}:${postalCode}:${street}`;
}

/**
 * The part of a tax id that names the company, by country: without country prefix and separators, and
 * without what names only an establishment or a register (French SIRET and VAT key, British branch, Dutch
 * and Swedish suffix, Canadian program account, Brazilian branch, Indian state). Null for what is too short
 * to be one and for placeholders such as 000000000. Sources: the VAT number structures of the European
 * Commission's VIES, and the registers of the countries named.
 */
export function normaliseTaxId(taxId: string, country: string): string | null {
  const written = taxId
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  const normal = companyPart(withoutCountryPrefix(written, country), country);
  if (normal.length < 5 || /^(.)\1*$/u.test(normal) || '01234567890123456789'.includes(normal)) return null;
  return normal;
}

function withoutCountryPrefix(written: string, country: string): string {
  const prefixes =
    country === 'GR'
      ? ['EL', 'GR']
      : country === 'GB'
        ? ['GB', 'XI']
        : country === 'CH'
          ? ['CHE']
          : [country];
  for (const prefix of prefixes) {
    const rest = written.slice(prefix.length);
    if (written.startsWith(prefix) && rest.replace(/\D/gu, '').length >= 5) return rest;
  }
  return written;
}

function companyPart(id: string, country: string): string {
  const part = (pattern: RegExp): string => pattern.exec(id)?.[1] ?? id;
  switch (country) {
    case 'AT':
      return part(/^U(\d{8})$/u);
    case 'AU':
      return part(/^\d{2}(\d{9})$/u);
    case 'BE':
      return /^\d{9}$/u.test(id) ? `0${id}` : id;
    case 'BR':
      return part(/^([A-Z0-9]{8})[A-Z0-9]{4}\d{2}$/u);
    case 'CA':
      return part(/^(\d{9})R[A-Z]\d{4}$/u);
    case 'CH':
      return part(/^(\d{9})(?:MWST|TVA|IVA|HR|VAT)?$/u);
    case 'FR':
      return /^\d{14}$/u.test(id) ? id.slice(0, 9) : part(/^[A-Z0-9]{2}(\d{9})$/u);
    case 'GB':
      return part(/^(\d{9})\d{3}$/u);
    case 'IN':
      return part(/^\d{2}([A-Z]{5}\d{4}[A-Z])[A-Z0-9]{3}$/u);
    case 'JP':
      return part(/^T(\d{13})$/u);
    case 'NL':
      return part(/^(\d{9})B\d{2}$/u);
    case 'NO':
      return part(/^(\d{9})MVA$/u);
    case 'SE':
      return part(/^(?:16)?(\d{10})(?:01)?$/u);
    default:
      return id;
  }
}

// A plain object has inherited keys ("constructor"), and names of companies are anything.
function lookup<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
