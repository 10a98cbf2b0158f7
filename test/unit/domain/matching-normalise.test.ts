import fc from 'fast-check';
import {
  addressKey,
  cityKey,
  foldText,
  normaliseName,
  normalisePhone,
  normaliseTaxId,
} from '../../../domain/matching/normalise.ts';
import { matchKeys, nameParts, PART_NUMBERS } from '../../../domain/matching/keys.ts';

describe('names', () => {
  test.each([
    ['The Harbour Works, Inc.', 'US', 'harbour works'],
    ['Harbour & Sons LLC', 'US', 'harbour and sons'],
    ['Möwe Söhne GmbH & Co. KG', 'DE', 'mowe sohne'],
    ['Straßenbau Nord AG', 'DE', 'strassenbau nord'],
    ['Alpenwerk Ges.m.b.H.', 'AT', 'alpenwerk'],
    ['Alpenwerk AG', 'CH', 'alpenwerk'],
    ['Société Lumière S.A.R.L.', 'FR', 'lumiere'],
    ['Lumière & Cie', 'FR', 'lumiere'],
    ['Officine Porto S.p.A.', 'IT', 'officine porto'],
    ['Puerto Norte, S.L.U.', 'ES', 'puerto norte'],
    ['Havenwerk B.V.', 'NL', 'havenwerk'],
    ['Havenwerk BVBA', 'BE', 'havenwerk'],
    ['Quayside PLC', 'GB', 'quayside'],
    ['Quayside DAC', 'IE', 'quayside'],
    ['Maple Quay ULC', 'CA', 'maple quay'],
    ['AB Hamnverk', 'SE', 'hamnverk'],
    ['Havneverk ASA', 'NO', 'havneverk'],
    ['Satamatyö Oy', 'FI', 'satamatyo'],
    ['Havneværk A/S', 'DK', 'havnevaerk'],
    ['Stocznia Północ Sp. z o.o.', 'PL', 'stocznia polnoc'],
    ['Přístav s.r.o.', 'CZ', 'pristav'],
    ['Cais Norte, Lda.', 'PT', 'cais norte'],
    ['Cais Norte Ltda.', 'BR', 'cais norte'],
    ['Puerto Norte S. de R.L. de C.V.', 'MX', 'puerto norte'],
    ['Harbour Works Pvt. Ltd.', 'IN', 'harbour works'],
    ['株式会社ミナト', 'JP', 'ミナト'],
    ['Minato K.K.', 'JP', 'minato'],
    ['Quayside Pty Ltd', 'AU', 'quayside'],
    ['Quayside Limited', 'NZ', 'quayside'],
    ['ООО Гавань', 'RU', 'гавань'],
  ])('%s (%s) is %s', (name, country, key) => {
    expect(normaliseName(name, country).nameKey).toBe(key);
  });

  test('a form that is a word elsewhere stays in the name there', () => {
    expect(normaliseName('Harbour Day Spa', 'US').nameKey).toBe('harbour day spa');
    expect(normaliseName('Harbour S.p.A.', 'IT').nameKey).toBe('harbour');
  });

  test('a name that is nothing but forms and shared words is not emptied', () => {
    expect(normaliseName('Limited', 'GB').nameKey).toBe('limited');
    expect(normaliseName('The Limited Inc', 'US').nameKey).toBe('limited');
    expect(normaliseName('Global Holdings Group', 'US').coreName).toBe('global holdings group');
  });

  test('the core leaves out what many names share and writes abbreviations out', () => {
    expect(normaliseName('Northwind Intl Holdings Ltd', 'GB').coreName).toBe('northwind');
    expect(normaliseName('Northwind Mfg Co', 'US').coreName).toBe('northwind manufacturing');
    expect(normaliseName('Works of Northwind', 'US').wordKey).toBe(
      normaliseName('Northwind Works', 'US').wordKey,
    );
  });

  test('spaces do not change the squashed name', () => {
    expect(normaliseName('Sys Co', 'US').squashedKey).toBe(normaliseName('SysCo', 'US').squashedKey);
  });

  test('names of inherited properties are names', () => {
    expect(normaliseName('Constructor Prototype', 'US').coreName).toBe('constructor prototype');
    expect(normaliseName('x', 'constructor').nameKey).toBe('x');
  });

  test.each(['ミナト造船', '港湾工业', '항만', 'Гавань', 'Λιμάνι', 'ميناء', 'बंदरगाह', 'ท่าเรือ'])(
    '%s survives folding',
    (name) => {
      expect(foldText(name).length).toBeGreaterThanOrEqual(name.normalize('NFC').length - 2);
      expect(normaliseName(name, 'JP').coreName).not.toBe('');
    },
  );

  test('Indic and Thai vowel signs are letters, not accents', () => {
    expect(foldText('बंदरगाह')).toBe('बंदरगाह');
  });

  test('folding twice changes nothing, in any script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(foldText(foldText(text))).toBe(foldText(text));
      }),
    );
  });

  test('every string has keys, and a name with a letter never an empty one', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('US', 'DE', 'JP', 'SE', 'ZZ'),
        (name, country) => {
          const { nameKey, coreName } = normaliseName(name, country);
          expect(nameKey === '').toBe(foldText(name) === '');
          expect(coreName === '').toBe(nameKey === '');
        },
      ),
    );
  });

  test('case and a leading "The" never matter', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{2,8}( [a-z]{2,8}){0,3}$/), (name) => {
        fc.pre(!name.startsWith('the '));
        expect(normaliseName(`The ${name.toUpperCase()}`, 'US')).toEqual(normaliseName(name, 'US'));
      }),
    );
  });
});

describe('name parts', () => {
  const partsOf = (name: string): number[] => nameParts({ coreName: name, wholeName: name });
  test.each([
    ['two slips in a short word: the rest', 'Burex Group GmbH', 'Bjex Group GmbH', 'Burex Marine AG'],
    [
      'slips in word and rest: the legal form',
      'Mertson Group GmbH',
      'Metson Gzroup GmbH',
      'Mertson Marine AG',
    ],
    ['another order: words', 'Northwind Harbour', 'Harbour Northwind', 'Northwind Marine'],
    ['a lost space: letters across it', 'Blue Quay', 'Bluequay', 'Blue Marine'],
  ])('%s tell a name from one that begins alike', (_, name, written, other) => {
    const [own = [], asked = [], others = []] = [name, written, other].map((one) =>
      nameParts(normaliseName(one, 'DE')),
    );
    expect(asked.filter((part) => own.includes(part) && !others.includes(part))).not.toEqual([]);
  });

  test('parts are numbers that the index has rows for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const parts = nameParts(normaliseName(name, 'US'));
        expect(parts.every((part) => Number.isInteger(part) && part >= 0 && part < PART_NUMBERS)).toBe(true);
      }),
    );
  });

  test('a short name and the same with one slip share a part', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{4,9}$/),
        fc.nat(),
        fc.constantFrom('drop', 'change', 'swap'),
        (name, seed, slip) => {
          const at = seed % (name.length - 1);
          const [first = '', second = ''] = [name[at], name[at + 1]];
          const middle = { drop: second, change: `q${second}`, swap: second + first }[slip];
          const other = name.slice(0, at) + middle + name.slice(at + 2);
          const parts = partsOf(other);
          expect(partsOf(name).some((part) => parts.includes(part))).toBe(true);
        },
      ),
    );
  });
});

describe('phones', () => {
  test.each([
    ['+49 (0)40 123456-0', 'DE', '+49401234560'],
    ['040 / 123 456 0', 'DE', '+49401234560'],
    ['0049 40 1234560', 'US', '+49401234560'],
    ['+49 040 1234560', 'DE', '+49401234560'],
    ['(415) 555-0100 ext. 12', 'US', '+14155550100'],
    ['1-415-555-0100', 'US', '+14155550100'],
    ['06 1234 5678', 'IT', '+390612345678'],
    ['020 7946 0000', 'GB', '+442079460000'],
  ])('%s in %s is %s', (phone, country, digits) => {
    expect(normalisePhone(phone, country)).toBe(digits);
  });

  test.each([
    ['n/a', 'DE'],
    ['12', 'DE'],
    ['1234567890123456789', 'DE'],
    ['040 1234560', 'ZZ'],
  ])('%s in %s is no number', (phone, country) => {
    expect(normalisePhone(phone, country)).toBeNull();
  });
});

describe('places', () => {
  test('a city belongs to its country', () => {
    expect(cityKey('Zürich', 'CH')).toBe(cityKey('ZURICH', 'CH'));
    expect(cityKey('St. Gallen', 'CH')).toBe(cityKey('Sankt Gallen', 'CH'));
    expect(cityKey('Paris', 'FR')).not.toBe(cityKey('Paris', 'US'));
    expect(cityKey(' - ', 'FR')).toBeNull();
  });

  test('an address is a postal code and a street with a number', () => {
    const key = (addressLine1: string | null, postalCode: string | null) =>
      addressKey({ addressLine1, postalCode, country: 'DE' });
    expect(key('Hafenstr. 12', '20 457')).toBe(key('Hafenstrasse 12', '20457'));
    expect(key('Hafenstraße 12', '20457')).toBe(key('HAFENSTR 12', '20457'));
    expect(key('Hafenstr. 12', '20457')).not.toBe(key('Hafenstr. 14', '20457'));
    expect(key('Hafenstraße', '20457')).toBeNull();
    expect(key('Hafenstraße 12', null)).toBeNull();
    expect(key(null, '20457')).toBeNull();
  });
});

describe('tax ids', () => {
  test.each([
    ['DE 811 907 980', 'DE', '811907980'],
    ['ATU 12345675', 'AT', '12345675'],
    ['CHE-116.281.710 MWST', 'CH', '116281710'],
    ['FR 40 303 265 045', 'FR', '303265045'],
    ['303 265 045 00017', 'FR', '303265045'],
    ['BE 403.019.261', 'BE', '0403019261'],
    ['NL004495445B01', 'NL', '004495445'],
    ['GB 123 4567 82 001', 'GB', '123456782'],
    ['SE556188840401', 'SE', '5561888404'],
    ['556188-8404', 'SE', '5561888404'],
    ['NO 923 609 016 MVA', 'NO', '923609016'],
    ['123456782RC0001', 'CA', '123456782'],
    ['11.222.333/0001-81', 'BR', '11222333'],
    ['27AAPFU0939F1ZV', 'IN', 'AAPFU0939F'],
    ['T7000012050002', 'JP', '7000012050002'],
    ['53 004 085 616', 'AU', '004085616'],
    ['EL 094259216', 'GR', '094259216'],
    ['12-3456782', 'US', '123456782'],
  ])('%s of %s is %s', (taxId, country, normal) => {
    expect(normaliseTaxId(taxId, country)).toBe(normal);
  });

  test.each(['', '-', '1234', '000000000', '123456789', 'XXXXXXXXX'])('%j is no tax id', (taxId) => {
    expect(normaliseTaxId(taxId, 'DE')).toBeNull();
  });
});

test('missing phone and city have no key', () => {
  expect(matchKeys({ legalName: 'Northwind', country: 'US', phone: null, city: null })).toMatchObject({
    phoneE164: null,
    cityKey: null,
  });
});
