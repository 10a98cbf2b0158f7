import type { Submission } from '../../api/contract/deal-registrations.ts';

/** The ways in which a second partner writes down the same customer. */

export type Customer = Pick<
  Submission['customer'],
  'legalName' | 'webDomain' | 'country' | 'city' | 'contacts'
>;

export const corruptionKinds = [
  'legal form and same domain',
  'typo and same domain',
  'capitals and subdomain',
  'same name, other top-level domain',
  'legal form, no domain',
  'typo and city, no domain',
  'typo, nothing else',
  'words swapped, mail domain of a contact',
] as const;
export type CorruptionKind = (typeof corruptionKinds)[number];

/** The customer as that second partner enters it. Pure: the same input gives the same corruption. */
export const corrupt = (kind: CorruptionKind, customer: Customer): Customer => {
  const { legalName, webDomain } = customer;
  switch (kind) {
    case 'legal form and same domain':
      return { ...customer, legalName: otherForm(legalName), city: null };
    case 'typo and same domain':
      return { ...customer, legalName: typo(legalName), city: null };
    case 'capitals and subdomain':
      return {
        ...customer,
        legalName: legalName.toUpperCase().replaceAll('&', 'AND'),
        webDomain:
          webDomain === null
            ? null
            : `https://shop.${webDomain.replace(/^(https?:\/\/)?(www\.)?/, '')}/contact`,
      };
    case 'same name, other top-level domain':
      return { ...customer, webDomain: webDomain === null ? null : `${rootOf(webDomain)}.net`, city: null };
    case 'legal form, no domain':
      return { ...customer, legalName: otherForm(legalName), webDomain: null, city: null };
    case 'typo and city, no domain':
      return { ...customer, legalName: typo(legalName), webDomain: null };
    case 'typo, nothing else':
      return { ...customer, legalName: typo(legalName), webDomain: null, city: null };
    case 'words swapped, mail domain of a contact':
      return {
        ...customer,
        legalName: swapped(legalName),
        webDomain: null,
        city: null,
        contacts:
          webDomain === null
            ? []
            : [
                {
                  name: 'Purchasing desk',
                  email: `purchasing@${webDomain.replace(/^(https?:\/\/)?(www\.)?/, '').replace(/\/.*$/, '')}`,
                  role: null,
                },
              ],
      };
    default:
      return kind satisfies never;
  }
};

const FORMS = /,?\s+(inc|incorporated|corp|corporation|co|company|llc|ltd|group|holdings)\.?$/i;

const otherForm = (name: string): string => {
  const bare = name.replace(FORMS, '');
  return /\binc(orporated)?\.?$/i.test(name) ? `${bare} Corporation` : `${bare}, Inc.`;
};

/** Two neighbouring letters in the middle change places, as fast fingers do. */
const typo = (name: string): string => {
  const middle = Math.max(1, Math.floor(name.length / 2) - 1);
  for (let at = middle; at + 1 < name.length; at += 1) {
    const [left, right] = [name[at] ?? '', name[at + 1] ?? ''];
    if (/[a-z]/.test(left) && /[a-z]/.test(right) && left !== right)
      return `${name.slice(0, at)}${right}${left}${name.slice(at + 2)}`;
  }
  return `${name}s`;
};

const swapped = (name: string): string => {
  const words = name.split(' ');
  return words.length < 2 ? `The ${name}` : [...words.slice(1), words[0]].join(' ');
};

const rootOf = (domain: string): string =>
  domain
    .replace(/^(https?:\/\/)?(www\.)?/, '')
    .replace(/\/.*$/, '')
    .replace(/\.[a-z]+$/i, '');
