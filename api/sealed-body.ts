import { customerAccountId } from '../domain/sealed-tax-id.ts';
import type { SealedTaxId } from '../domain/sealed-tax-id.ts';
import { Refused } from './refused.ts';

/*
 * A tax id is sealed before anything of a request is stored: the receipt, the hash of the body and the engine never
 * see it.
 */

/** Encrypts a tax id for one account; null when it is none. */
export type SealTaxId = (input: { taxId: string; country: string; accountId: string }) => SealedTaxId | null;

interface Customer {
  readonly taxId: string;
  readonly country: string;
}

/**
 * The body as its receipt keeps it: `customer.taxId` (of a submission or of a correction) is null, and
 * `customer.sealedTaxId` is what became of it. Throws `Refused` when what was given is no tax id.
 */
export function sealedBody<Body extends object>(
  body: Body,
  input: { registrationId: string; seal: SealTaxId },
): Body {
  const accountId = customerAccountId(input.registrationId);
  return overCustomers(body, (customer, pointer) => {
    const sealedTaxId = input.seal({ taxId: customer.taxId, country: customer.country, accountId });
    if (sealedTaxId === null) {
      throw new Refused('invalid_request', {
        detail: 'One field is not valid.',
        errors: [{ pointer, reason: 'This is not a tax id. Check it, or leave it empty.' }],
      });
    }
    return { ...customer, taxId: null, sealedTaxId };
  });
}

/** The body as it is hashed to know a repeat: with the keyed hash of a tax id in its place. */
export function hashableBody(body: unknown, seal: SealTaxId): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return overCustomers(body, (customer) => ({
    ...customer,
    taxId: seal({ taxId: customer.taxId, country: customer.country, accountId: '' })?.hash ?? null,
  }));
}

function overCustomers<Body extends object>(
  body: Body,
  change: (customer: Customer, pointer: string) => object,
): Body {
  const changed: Record<string, unknown> = Object.fromEntries(Object.entries(body));
  if (isCustomer(changed['customer'])) changed['customer'] = change(changed['customer'], '/customer/taxId');
  const corrections = changed['corrections'];
  if (
    typeof corrections === 'object' &&
    corrections !== null &&
    'customer' in corrections &&
    isCustomer(corrections.customer)
  ) {
    changed['corrections'] = {
      ...corrections,
      customer: change(corrections.customer, '/corrections/customer/taxId'),
    };
  }
  return changed as Body;
}

function isCustomer(value: unknown): value is Customer {
  return (
    typeof value === 'object' &&
    value !== null &&
    'taxId' in value &&
    typeof value.taxId === 'string' &&
    'country' in value &&
    typeof value.country === 'string'
  );
}
