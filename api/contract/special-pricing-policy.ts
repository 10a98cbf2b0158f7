import { z } from 'zod';
import type { SpecialPricingPolicy } from '../../domain/special-pricing/policy.ts';
import { denialClosureCodes, priceMoments, pricingRoles } from '../../domain/special-pricing/policy.ts';
import { checkFields } from './field-errors.ts';
import type { Checked } from './field-errors.ts';
import {
  clockPoint,
  duration,
  fieldOf,
  key,
  listOfDifferent,
  listWithout,
  minutesOutsideDemonstration,
  policyFileOf,
  policyWords,
  ppm,
} from './policy-document.ts';
import type { DocumentFault } from './policy-document.ts';
import { currencyCode } from './values.ts';

/*
 * The document that holds a program's rules of special prices, as it is written, sent and stored. Its meaning is told
 * at the plain type, `domain/special-pricing/policy.ts`; here is what a valid one looks like. Checks sit as deep as
 * they can, so that one fault does not hide another.
 */

const valueMinor = z.int().min(0);
const roles = listOfDifferent('role', z.enum(pricingRoles)).min(1);
const offered = { key, label: policyWords };
const denialCode = z.enum(denialClosureCodes);
const reminders = listWithout(
  { what: 'reminder', nameOf: (reminder) => reminder.key },
  z.strictObject({ key, at: clockPoint }),
);

const group = z
  .strictObject({ roles, quorum: z.int().min(1).nullable() })
  .refine((asked) => asked.quorum === null || asked.quorum <= asked.roles.length, {
    path: ['quorum'],
    error: 'More have to agree than are asked.',
  });

const valueBump = z.discriminatedUnion('effect', [
  z.strictObject({ aboveMinor: valueMinor, effect: z.literal('one_level_up') }),
  z.strictObject({ aboveMinor: valueMinor, effect: z.literal('add'), roles }),
]);

const band = z
  .strictObject({
    key,
    toPpm: ppm.nullable(),
    asks: group.nullable(),
    answerWithin: duration.nullable(),
    valueBump: valueBump.nullable(),
  })
  .superRefine(({ asks, answerWithin, valueBump: bump }, context) => {
    const fault = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    if (asks === null && answerWithin !== null)
      fault(['answerWithin'], 'Nobody is asked in this band, so nobody has time to answer: say null.');
    if (asks !== null && answerWithin === null)
      fault(['answerWithin'], 'Say how long whoever is asked has to answer.');
    if (bump?.effect !== 'add') return;
    if (asks === null)
      fault(['valueBump'], 'Nobody is asked in this band, so nobody joins: let the value ask one level up.');
    bump.roles.forEach((role, index) => {
      if (asks?.roles.includes(role) === true)
        fault(['valueBump', 'roles', index], `The role ${role} is asked in this band whatever the value.`);
    });
  });

/** In order, from nothing on, the last one open; those that ask nobody come before those that ask. */
const bands = listWithout({ what: 'band', nameOf: (one) => one.key }, band)
  .min(1)
  .superRefine((all, context) => {
    const fault = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    all.forEach(({ toPpm, asks, valueBump: bump }, index) => {
      const below = all[index - 1];
      const isLast = index === all.length - 1;
      if (isLast !== (toPpm === null))
        fault(
          [index, 'toPpm'],
          isLast
            ? 'The last band has no upper bound (null), or a larger discount would find no band.'
            : 'This band has no upper bound, so those after it are never reached.',
        );
      if (below !== undefined && below.toPpm !== null && toPpm !== null && toPpm <= below.toPpm)
        fault([index, 'toPpm'], 'Bands go upwards: this bound has to be higher than the one before.');
      if (below !== undefined && below.asks !== null && asks === null)
        fault(
          [index, 'asks'],
          'A smaller discount asks somebody: this band cannot let a larger one pass by itself.',
        );
      if (isLast && asks === null)
        fault([index, 'asks'], 'A margin below its floor goes to the last band, so it asks somebody.');
      if (isLast && bump?.effect === 'one_level_up')
        fault([index, 'valueBump'], 'There is no band above the last one.');
    });
  });

const escalations = listWithout(
  { what: 'escalation', nameOf: (step) => step.key },
  z.strictObject({ key, at: clockPoint, levelsUp: z.int().min(1).max(6) }),
).superRefine((steps, context) => {
  steps.forEach(({ levelsUp }, index) => {
    const before = steps[index - 1];
    if (before !== undefined && levelsUp <= before.levelsUp)
      context.addIssue({
        code: 'custom',
        path: [index, 'levelsUp'],
        message: 'Each step goes further up than the one before.',
      });
  });
});

const expiryReminders = reminders.superRefine((all, context) => {
  all.forEach(({ at }, index) => {
    if ('after' in at || ('percent' in at && at.percent >= 100))
      context.addIssue({
        code: 'custom',
        path: [index, 'at'],
        message: 'An agreement that has expired reminds nobody: say a point before it.',
      });
  });
});

/** A valid body of a special pricing policy; `checkSpecialPricingPolicy` gives its errors in words. */
export const specialPricingPolicy = z
  .strictObject({
    demonstration: z.boolean(),
    currency: currencyCode,
    calendarName: key,
    bands,
    approvalShape: z.enum(['owner', 'chain']),
    marginFloors: z.strictObject({ byFamily: z.record(key, ppm), otherPpm: ppm.nullable() }),
    termExceptions: listWithout(
      { what: 'exception', nameOf: (exception) => exception.key },
      z.strictObject({ ...offered, bandKey: key }),
    ),
    sameDealWithinDays: z.int().min(0).max(3_660),
    tierDiscounts: z.record(key, ppm),
    registrationNeeded: z.boolean(),
    validity: z
      .strictObject({ leastDays: z.int().min(1).max(3_660), mostDays: z.int().min(1).max(3_660) })
      .refine(({ leastDays, mostDays }) => leastDays <= mostDays, {
        path: ['mostDays'],
        error: 'The longest validity is not shorter than the shortest.',
      }),
    justifications: listWithout(
      { what: 'justification', nameOf: (reason) => reason.key },
      z.strictObject(offered),
    ).min(1),
    undoWindowSeconds: z.int().min(0).max(60),
    reminders,
    escalations,
    quarterEnd: z
      .strictObject({
        // A quarter has some sixty business days: with more than half of them nearly every clock would be shortened.
        lastBusinessDays: z.int().min(1).max(30),
        lengthPpm: z.int().min(1).max(999_999),
      })
      .nullable(),
    counterOfferWithin: duration,
    information: z.strictObject({ answerWithin: duration, reminders, closureCode: denialCode }),
    reasons: z.strictObject({
      denial: listWithout(
        { what: 'reason', nameOf: (reason) => reason.key },
        z.strictObject({ ...offered, closureCode: denialCode }),
      ).min(1),
    }),
    expiryReminders,
    distributorDiscountPpm: ppm,
    distributorMarginPpm: ppm,
    priceInForceAt: z.enum(priceMoments),
    claimWindow: z.strictObject({ daysAfterMonthEnd: z.int().min(1).max(400) }),
    disputeWithin: duration,
  })
  // What spans the document is looked at even when a field is wrong elsewhere, so that all is said at once.
  .superRefine(
    (body: unknown, context) => {
      for (const fault of [
        ...minutesOutsideDemonstration(body),
        ...exceptionsWithoutBand(body),
        ...keysTwiceOnAClock(body),
      ]) {
        context.addIssue({ code: 'custom', ...fault });
      }
    },
    { when: () => true },
  );

/** Parses a body of unknown origin, or gives everything that is wrong with it. */
export function checkSpecialPricingPolicy(body: unknown): Checked<SpecialPricingPolicy> {
  return checkFields(specialPricingPolicy, body);
}

/**
 * JSON Schema (2020-12) of the document's shape, for editors and other systems. What spans several fields
 * (orders, repeats, exceptions without a band) only `checkSpecialPricingPolicy` says.
 */
export function specialPricingPolicyJsonSchema(): Record<string, unknown> {
  return {
    title: 'Special pricing policy',
    ...z.toJSONSchema(specialPricingPolicy, { target: 'draft-2020-12' }),
  };
}

/** A policy as it is kept in a file: the document and the program it is for. */
export const specialPricingPolicyFile = policyFileOf('special-pricing', specialPricingPolicy);

function exceptionsWithoutBand(body: unknown): DocumentFault[] {
  const known = listIn(body, 'bands');
  return listIn(body, 'termExceptions').flatMap((exception, index): DocumentFault[] => {
    const bandKey = fieldOf(exception, 'bandKey');
    const path = ['termExceptions', index, 'bandKey'];
    if (typeof bandKey !== 'string') return [];
    const found = known.find((one) => fieldOf(one, 'key') === bandKey);
    if (found === undefined) return [{ path, message: `There is no band ${bandKey}.` }];
    return fieldOf(found, 'asks') === null
      ? [{ path, message: `The band ${bandKey} asks nobody, so the exception would have no effect.` }]
      : [];
  });
}

/** Reminders and escalations stand on one clock, where a key is there once. */
function keysTwiceOnAClock(body: unknown): DocumentFault[] {
  const reminded = listIn(body, 'reminders').map((reminder) => fieldOf(reminder, 'key'));
  return listIn(body, 'escalations').flatMap((step, index) => {
    const name = fieldOf(step, 'key');
    return typeof name === 'string' && reminded.includes(name)
      ? [{ path: ['escalations', index, 'key'], message: `A reminder of this clock is called ${name}.` }]
      : [];
  });
}

function listIn(body: unknown, name: string): readonly unknown[] {
  const list = fieldOf(body, name);
  return Array.isArray(list) ? list : [];
}
