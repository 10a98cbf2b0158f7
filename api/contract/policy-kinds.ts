import { z } from 'zod';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import type { PolicyKind } from '../../domain/policy-document.ts';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import {
  checkDealRegistrationPolicy,
  dealRegistrationPolicyFile,
  dealRegistrationPolicyJsonSchema,
} from './deal-registration-policy.ts';
import type { Checked } from './field-errors.ts';
import {
  checkSpecialPricingPolicy,
  specialPricingPolicyFile,
  specialPricingPolicyJsonSchema,
} from './special-pricing-policy.ts';

/*
 * Every kind of policy document: how a body of it is checked and described. Whatever handles documents asks here, so
 * that a further kind is one more entry.
 */

/** The body of a document of each kind. */
export interface PolicyBodies {
  readonly 'deal-registration': DealRegistrationPolicy;
  readonly 'special-pricing': SpecialPricingPolicy;
}

/** Parses a body of a kind, or gives everything that is wrong with it. */
export const checkPolicy: { readonly [Kind in PolicyKind]: (body: unknown) => Checked<PolicyBodies[Kind]> } =
  {
    'deal-registration': checkDealRegistrationPolicy,
    'special-pricing': checkSpecialPricingPolicy,
  };

/** JSON Schema (2020-12) of the bodies of each kind. */
export const policyJsonSchemas: Readonly<Record<PolicyKind, () => Record<string, unknown>>> = {
  'deal-registration': dealRegistrationPolicyJsonSchema,
  'special-pricing': specialPricingPolicyJsonSchema,
};

/** A policy of any kind as it is kept in a file. */
export const policyFile = z.discriminatedUnion('kind', [
  dealRegistrationPolicyFile,
  specialPricingPolicyFile,
]);
export type PolicyFile = z.infer<typeof policyFile>;
