import { randomBytes } from 'node:crypto';
import { contactDomains, registrableDomain } from '../../../adapters/registrable-domain.ts';
import type { TaxIdKeys } from '../../../adapters/tax-id.ts';
import { openTaxId, sealTaxId, TaxIdUnreadable } from '../../../adapters/tax-id.ts';

describe('registrable domains', () => {
  test.each([
    ['https://www.stock.northwind.co.uk/about', 'northwind.co.uk'],
    ['Shop.NORTHWIND.com', 'northwind.com'],
    ['https://http://shop.northwind.com', 'northwind.com'],
    ['northwind.github.io', 'northwind.github.io'],
    ['bluequay.github.io', 'bluequay.github.io'],
    ['github.io', null],
    ['gmail.com', null],
    ['https://mail.googlemail.com/', null],
    ['192.0.2.1', null],
    ['co.uk', null],
    ['not a domain', null],
    ['', null],
  ])('%s: %s', (address, domain) => {
    expect(registrableDomain(address)).toBe(domain);
  });

  test('of contacts each once, free-mail providers left out', () => {
    expect(contactDomains(['a@northwind.com', 'b@mail.northwind.com', 'c@gmail.com', 'broken'])).toEqual([
      'northwind.com',
    ]);
  });
});

describe('tax ids at rest', () => {
  const keys: TaxIdKeys = {
    current: { keyId: 'k2', key: randomBytes(32) },
    retired: [{ keyId: 'k1', key: randomBytes(32) }],
    matchingKey: randomBytes(32),
  };
  const seal = (taxId: string, country = 'DE', accountId = 'acc_1', by = keys) => {
    const sealed = sealTaxId({ taxId, country, accountId, keys: by });
    if (sealed === null) throw new Error('expected a tax id');
    return sealed;
  };

  test('opens for its own row only', () => {
    const sealed = seal('DE 811 907 980');
    expect(openTaxId({ sealed, accountId: 'acc_1', keys })).toBe('811907980');
    expect(() => openTaxId({ sealed, accountId: 'acc_2', keys })).toThrow(TaxIdUnreadable);
  });

  test('one altered bit, or an unknown key, is an error that does not contain the value', () => {
    const sealed = seal('811907980');
    const bytes = Buffer.from(sealed.cipher, 'base64');
    bytes.writeUInt8(bytes.readUInt8(14) ^ 1, 14);
    for (const broken of [
      { ...sealed, cipher: bytes.toString('base64') },
      { ...sealed, keyId: 'k9' },
      { ...sealed, cipher: '' },
    ]) {
      expect(() => openTaxId({ sealed: broken, accountId: 'acc_1', keys })).toThrow(
        /^The tax id of acc_1 cannot be opened/u,
      );
    }
  });

  test('a retired key still opens; the hash does not depend on the encryption key', () => {
    const retired = keys.retired[0];
    if (retired === undefined) throw new Error('expected a retired key');
    const old = seal('811907980', 'DE', 'acc_1', { ...keys, current: retired });
    expect(openTaxId({ sealed: old, accountId: 'acc_1', keys })).toBe('811907980');
    expect(old.hash).toBe(seal('811907980').hash);
  });

  test('equal hashes mean equal id and country; ciphers of the same id differ', () => {
    const [a, b] = [seal('DE 811 907 980'), seal('811907980', 'DE', 'acc_2')];
    expect(a.hash).toBe(b.hash);
    expect(seal('811907980').cipher).not.toBe(seal('811907980').cipher);
    expect(seal('811907980', 'US').hash).not.toBe(a.hash);
    expect(seal('811907980', 'DE', 'acc_1', { ...keys, matchingKey: randomBytes(32) }).hash).not.toBe(a.hash);
  });

  test('nothing of it is in clear but two characters', () => {
    const sealed = seal('811907980');
    expect(sealed.last2).toBe('80');
    expect(JSON.stringify(sealed)).not.toContain('811907980');
    expect(Buffer.from(sealed.cipher, 'base64').toString('latin1')).not.toContain('811907');
  });

  test('what is no tax id is not sealed; a short key is refused', () => {
    expect(sealTaxId({ taxId: '000000000', country: 'DE', accountId: 'acc_1', keys })).toBeNull();
    expect(() => seal('811907980', 'DE', 'acc_1', { ...keys, matchingKey: randomBytes(8) })).toThrow(
      RangeError,
    );
  });
});
