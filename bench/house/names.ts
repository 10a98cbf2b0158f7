import { generator } from '../measure/statistics.ts';

/** Company names by chance, with the parts, legal forms and repetitions that real registers have. All are fictitious. */

export interface Company {
  readonly legalName: string;
  readonly country: string;
}

const ONSETS = 'b br c ch cl d dr f fl g gr h j k kl l m n p pr r s sh st t tr v w z'.split(' ');
const VOWELS = 'a e i o u ei au ea oo'.split(' ');
const CODAS = ['n', 'r', 'l', 's', 't', 'm', 'ck', 'nd', 'rt', 'll', 'x', 'd', 'st', ''];
const ENDINGS = ['', '', 'er', 'son', 'mann', 'ton', 'ex', 'ia', 'os', 'ix'];
const TRADES =
  'Systems,Logistics,Engineering,Foods,Energy,Steel,Software,Medical,Financial Services,Insurance,Marine,Construction,Consulting,Electronics,Chemicals,Packaging,Instruments,Textiles,Motors,Aviation,Pharmaceuticals,Media,Retail,Robotics,Water,Mining,Design,Security,Networks,Analytics,Manufacturing,Technologies,Industries,Solutions,Services'.split(
    ',',
  );
const QUALITIES =
  'Northern,Southern,Western,Eastern,United,First,National,American,Pacific,Atlantic,Advanced,Central,Royal,New,Blue,Green,Red,Silver,Golden,Alpine,Harbour,River,Summit,Pioneer,Global,Standard,Premier,Modern,General,Metro'.split(
    ',',
  );
const FORMS: Readonly<Record<string, readonly string[]>> = {
  US: ['Inc.', 'LLC', 'Corp.', 'Corporation', 'Co.', 'Ltd.', ''],
  DE: ['GmbH', 'AG', 'GmbH & Co. KG', 'KG', 'SE'],
  FR: ['SA', 'SAS', 'SARL'],
  GB: ['Ltd', 'plc', 'Limited', 'LLP'],
  IT: ['S.p.A.', 'S.r.l.'],
  ES: ['S.A.', 'S.L.'],
  NL: ['B.V.', 'N.V.'],
  SE: ['AB'],
};
const COUNTRIES = Object.keys(FORMS);

export const pickFrom =
  (random: () => number) =>
  <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new RangeError('picked from nothing');
    return item;
  };

/** One made-up word, capitalised, of `syllables`. */
export const coinedWord = (random: () => number, syllables: number): string => {
  const pick = pickFrom(random);
  const word =
    Array.from({ length: syllables }, () => pick(ONSETS) + pick(VOWELS) + pick(CODAS)).join('') +
    pick(ENDINGS);
  return word.charAt(0).toUpperCase() + word.slice(1);
};

/** `count` names, no two alike; words repeat as in life, a few very often. The same seed makes the same names. */
export const companyNames = (count: number, seed: number): Company[] => {
  const random = generator(seed);
  const pick = pickFrom(random);
  const vocabulary = new Set<string>();
  while (vocabulary.size < Math.min(60_000, count / 4 + 2_000)) {
    const word = coinedWord(random, 1 + Math.floor(random() * 2.6));
    if (word.length > 3) vocabulary.add(word);
  }
  const words = [...vocabulary];
  const word = (): string => {
    const place = Math.floor(words.length ** random()) - 1 + Math.floor(random() * words.length * 0.3);
    return words[place % words.length] ?? '';
  };
  const shapes: readonly (readonly [number, () => string])[] = [
    [0.35, () => `${word()} ${pick(TRADES)}`],
    [0.5, () => `${pick(QUALITIES)} ${word()} ${pick(TRADES)}`],
    [0.62, () => `${word()} & ${word()}`],
    [0.75, () => `${word()} ${word()} ${pick(TRADES)}`],
    [0.82, () => `${word()} Group`],
    [0.9, () => `${pick(QUALITIES)} ${pick(TRADES)} of ${word()}`],
    [0.95, () => `The ${word()} ${pick(TRADES)} Company`],
    [1, () => `${word()} ${pick(TRADES)} International`],
  ];
  const made = new Map<string, Company>();
  while (made.size < count) {
    const place = random();
    const name = shapes.find(([upTo]) => place < upTo)?.[1]() ?? '';
    const country = pick(COUNTRIES);
    const legalName = `${name} ${pick(FORMS[country] ?? [''])}`.trim();
    if (!made.has(legalName)) made.set(legalName, { legalName, country });
  }
  return [...made.values()];
};

const SHORT_FORMS: Readonly<Record<string, string>> = {
  Manufacturing: 'Mfg',
  International: 'Intl',
  Technologies: 'Tech',
  Industries: 'Ind.',
  Services: 'Svcs',
  Solutions: 'Sol.',
  National: 'Natl',
  American: 'Amer.',
  Systems: 'Sys',
  Engineering: 'Eng',
  Insurance: 'Ins',
  Financial: 'Fin.',
  Pharmaceuticals: 'Pharma',
  Group: 'Grp',
  Company: 'Co',
  General: 'Gen.',
  Chemicals: 'Chem.',
  Construction: 'Constr',
  Medical: 'Med.',
  Electronics: 'Elec.',
  Logistics: 'Log.',
};
const ANY_FORM =
  /,? (?:Inc\.|LLC|Corp\.|Corporation|Co\.|Ltd\.|GmbH & Co\. KG|GmbH|AG|KG|SE|SA|SAS|SARL|Ltd|plc|Limited|LLP|S\.p\.A\.|S\.r\.l\.|S\.A\.|S\.L\.|B\.V\.|N\.V\.|AB)$/u;
const ACCENTS: Readonly<Record<string, string>> = {
  a: 'á',
  e: 'é',
  i: 'í',
  o: 'ö',
  u: 'ü',
  n: 'ñ',
  c: 'ç',
  s: 'š',
};
const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz'];

type Corruption = (name: string, random: () => number) => string;

const oneSlip: Corruption = (name, random) => {
  const letters = [...name];
  const places = letters.flatMap((letter, place) => (place > 0 && /\p{L}/u.test(letter) ? [place] : []));
  const at = pickFrom(random)(places);
  const letter = pickFrom(random)(ALPHABET);
  const kind = random();
  if (kind < 0.25) letters.splice(at, 1);
  else if (kind < 0.5) letters.splice(at, 0, letter);
  else if (kind < 0.75) letters.splice(at, 1, letter);
  else letters.splice(at, 2, ...letters.slice(at, at + 2).toReversed());
  return letters.join('');
};

/** What happens to a name between two people who write it down, by kind. */
export const corruptions: Readonly<Record<string, Corruption>> = {
  'one typing error': oneSlip,
  'two typing errors': (name, random) => oneSlip(oneSlip(name, random), random),
  'legal form': (name, random) =>
    `${name.replace(ANY_FORM, '')} ${pickFrom(random)(['Inc', 'Limited', 'GmbH', 'Corporation', 'LLC', ''])}`.trim(),
  abbreviation: (name) =>
    Object.entries(SHORT_FORMS).reduce(
      (text, [long, short]) => text.replace(new RegExp(`\\b${long}\\b`, 'u'), short),
      name,
    ),
  'word order': (name) => {
    const form = ANY_FORM.exec(name)?.[0] ?? '';
    const [first = '', ...others] = name.slice(0, name.length - form.length).split(' ');
    return `${[...others, first].join(' ')}${form}`;
  },
  'the and &': (name) =>
    name.startsWith('The ') ? name.slice(4).replace('&', 'and') : `The ${name.replace(' & ', ' and ')}`,
  accents: (name, random) =>
    [...name]
      .map((letter, place) => (place > 0 && random() < 0.4 ? (ACCENTS[letter] ?? letter) : letter))
      .join(''),
  spacing: (name, random) => {
    const spaces = [...name.matchAll(/ /gu)].map(({ index }) => index);
    if (spaces.length > 0 && random() < 0.6) {
      const at = pickFrom(random)(spaces.slice(0, Math.max(1, spaces.length - 1)));
      return name.slice(0, at) + name.slice(at + 1);
    }
    const at = 1 + Math.floor(random() * (name.length - 1));
    return `${name.slice(0, at)} ${name.slice(at)}`;
  },
  'case and punctuation': (name, random) =>
    name
      .toUpperCase()
      .replaceAll('.', '')
      .replace(/ /gu, () => (random() < 0.2 ? '-' : ' ')),
};
