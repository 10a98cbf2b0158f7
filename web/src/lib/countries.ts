/** Codes that name no country: groups of them, test codes, the unknown. */
const notCountries = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ']);
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const byLocale = new Map<string, readonly { value: string; label: string }[]>();

/** Every country (ISO 3166) that the browser has a name for, in the order of the reader's language. */
export function countries(locale: string): readonly { value: string; label: string }[] {
  const known = byLocale.get(locale);
  if (known !== undefined) return known;
  const names = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' });
  const codes = letters.flatMap((first) => letters.map((second) => first + second));
  // Withdrawn codes ("DD") answer with the name of their successor: the canonical code alone counts.
  const isCurrent = (code: string): boolean => new Intl.Locale(`und-${code}`).region === code;
  const list = codes
    .filter((code) => !notCountries.has(code) && names.of(code) !== undefined && isCurrent(code))
    .map((value) => ({ value, label: names.of(value) ?? value }))
    .toSorted((left, right) => left.label.localeCompare(right.label, locale));
  byLocale.set(locale, list);
  return list;
}
