import { createRequire } from 'node:module';
import { getDomain } from 'tldts';

/** Registrable domains, the piece of evidence that web and mail addresses carry about a company. */

const freeMail: ReadonlySet<string> = new Set(
  createRequire(import.meta.url)('email-providers/all.json') as string[],
);

/**
 * The registrable domain of a web address, host name or mail address, in ASCII and lower case; null when
 * there is none (an IP address, a bare public suffix) or it belongs to a free-mail provider. Private suffixes
 * are respected: two shops on the same hosting platform have different domains.
 */
export function registrableDomain(address: string): string | null {
  // People paste an address behind a scheme that was there already.
  const host = address
    .trim()
    .toLowerCase()
    .replace(/^(?:https?:\/\/)+/u, '');
  const domain = getDomain(host, { allowPrivateDomains: true });
  return domain === null || freeMail.has(domain) ? null : domain;
}

/** The registrable domains of mail addresses (or of bare domains), each once, in order, without free-mail providers. */
export function contactDomains(mailAddresses: readonly string[]): string[] {
  const domains = mailAddresses.map((mail) => registrableDomain(mail.slice(mail.lastIndexOf('@') + 1)));
  return [...new Set(domains.filter((domain) => domain !== null))];
}
