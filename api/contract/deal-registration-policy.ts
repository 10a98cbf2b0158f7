import { z } from 'zod';
import type { DealRegistrationPolicy } from '../../domain/deal-registration/policy.ts';
import {
  countedFromOptions,
  decidingRoles,
  denialDisclosures,
  partnerKinds,
  qualificationSignals,
  rfpRules,
  uniquenessRules,
} from '../../domain/deal-registration/policy.ts';
import {
  closureCodesFor,
  registrationSources,
  registrationTypes,
  salesActivities,
} from '../../domain/deal-registration/status.ts';
import { checkFields } from './field-errors.ts';
import type { Checked } from './field-errors.ts';
import {
  clockPoint,
  duration,
  durationOrZero,
  fieldOf,
  key,
  leavesOf,
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
 * The document that holds a program's rules of deal registration, as it is written, sent and stored. Its
 * meaning is told at the plain type, `domain/deal-registration/policy.ts`; here is what a valid one looks
 * like. Checks sit as deep as they can, so that one fault does not hide another.
 */

const valueMinor = z.int().min(0);
const role = z.enum(decidingRoles);
const type = z.enum(registrationTypes);
const source = z.enum(registrationSources);

const types = listOfDifferent('type', type);
const reminders = listWithout(
  { what: 'reminder', nameOf: (reminder) => reminder.key },
  z.strictObject({ key, at: clockPoint }),
);
const escalation = z.array(z.strictObject({ to: role, at: clockPoint })).max(10);

const firstResponse = z.strictObject({
  byTier: listWithout(
    { what: 'tier', nameOf: (row) => row.tier },
    z.strictObject({ tier: key, within: duration }),
  ),
  otherwise: duration,
  reminders,
  escalation,
});

const decision = z.strictObject({
  within: duration,
  reminders,
  escalation,
  lastResort: z
    .strictObject({
      afterDue: durationOrZero,
      autoApprove: z
        .strictObject({
          valueBelowMinor: valueMinor,
          types: types.min(1).nullable(),
          tiers: listOfDifferent('tier', key).min(1).nullable(),
        })
        .nullable(),
      page: role,
    })
    .nullable(),
});

const protection = z.strictObject({
  lengths: z
    .array(
      z.strictObject({
        when: z.strictObject({
          types: types.min(1).nullable(),
          sources: listOfDifferent('source', source).min(1).nullable(),
          partnerKinds: listOfDifferent('kind of partner', z.enum(partnerKinds)).min(1).nullable(),
          segments: listOfDifferent('segment', key).min(1).nullable(),
          valueAtLeastMinor: valueMinor.nullable(),
        }),
        length: duration,
      }),
    )
    .max(50),
  otherwise: duration,
  countedFrom: z.enum(countedFromOptions),
  reminders,
  partialFamilies: z.boolean(),
});

const activityCheck = z
  .strictObject({
    after: duration,
    activities: listOfDifferent('activity', z.enum(salesActivities)).min(1),
    reminders,
    revokeAfter: duration.nullable(),
    closureCode: z.enum(closureCodesFor.revoked),
  })
  .nullable();

const extension = z
  .strictObject({
    steps: z.array(z.strictObject({ length: duration, by: role })).max(20),
    mustAskBeforeExpiry: z.boolean(),
    askWithinAfterExpiry: duration.nullable(),
    decideWithin: duration,
  })
  .refine(
    ({ mustAskBeforeExpiry, askWithinAfterExpiry }) =>
      mustAskBeforeExpiry === (askWithinAfterExpiry === null),
    {
      path: ['askWithinAfterExpiry'],
      error: 'Say how long after expiry an extension may be asked, or null where it must be asked before.',
    },
  );

const authorities = listWithout(
  { what: 'role', nameOf: (authority) => authority.role },
  z.strictObject({ role, queue: key, limitMinor: valueMinor.nullable() }),
)
  .min(1)
  .superRefine((levels, context) => {
    levels.forEach(({ limitMinor }, index) => {
      const below = levels[index - 1];
      if (below && (below.limitMinor === null || (limitMinor !== null && limitMinor <= below.limitMinor))) {
        context.addIssue({
          code: 'custom',
          path: [index, 'limitMinor'],
          message: 'Levels of authority go upwards: this limit has to be higher than the one before.',
        });
      }
    });
    if (levels.length > 0 && levels.at(-1)?.limitMinor !== null) {
      context.addIssue({
        code: 'custom',
        path: [levels.length - 1, 'limitMinor'],
        message:
          'The highest level decides without a limit (null), or large registrations would find nobody.',
      });
    }
  });

const routingRows = z
  .array(z.strictObject({ types: types.min(1).nullable(), upToMinor: valueMinor.nullable(), role }))
  .min(1)
  .max(100)
  .superRefine((rows, context) => {
    rows.forEach((row, index) => {
      const isLast = index === rows.length - 1;
      if (isCatchAll(row) === isLast) return;
      context.addIssue({
        code: 'custom',
        path: [index],
        message: isLast
          ? 'The last row has to fit every type and value (types null, upToMinor null).'
          : 'This row fits everything, so the rows after it are never reached.',
      });
    });
  });

function isCatchAll(row: { types: readonly string[] | null; upToMinor: number | null }): boolean {
  return row.types === null && row.upToMinor === null;
}

const eligibility = z.strictObject({
  allowedTypes: types.min(1),
  allowedSources: listOfDifferent('source', source).min(1),
  minimumValueMinor: valueMinor.nullable(),
  minimumUnitsPerSku: z.int().min(1).nullable(),
  leadTimeBeforeClose: duration.nullable(),
  rfp: z.enum(rfpRules),
  minimumEvidence: z.int().min(0).max(20),
  goodStanding: z.boolean(),
  certifications: listOfDifferent('certification', key),
  trainings: listOfDifferent('training', key),
  netNew: z.strictObject({ addOnByManagingPartnerOnly: z.boolean() }).nullable(),
  oneRegistrationPerCustomer: z.enum(uniquenessRules),
});

const criterion = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('firstCome') }),
  z.strictObject({
    rule: z.literal('mostQualified'),
    points: listWithout(
      { what: 'sign', nameOf: (row) => row.signal },
      z.strictObject({ signal: z.enum(qualificationSignals), points: z.int().min(1).max(1_000) }),
    ).min(1),
  }),
  z.strictObject({ rule: z.literal('incumbent') }),
  z.strictObject({ rule: z.literal('customersChoice') }),
  z.strictObject({
    rule: z.literal('sharedReduced'),
    benefitPpmByRank: z
      .array(ppm.min(1))
      .min(2)
      .max(10)
      .superRefine((parts, context) => {
        parts.forEach((part, index) => {
          if (index > 0 && part > (parts[index - 1] ?? 0)) {
            context.addIssue({
              code: 'custom',
              path: [index],
              message: 'A later partner may not get a larger part than an earlier one.',
            });
          }
        });
      }),
  }),
]);

const whoWins = z.strictObject({
  criteria: listWithout({ what: 'rule', nameOf: (one) => one.rule }, criterion)
    .min(1)
    .superRefine((criteria, context) => {
      criteria.forEach(({ rule }, index) => {
        if ((rule === 'firstCome' || rule === 'sharedReduced') && index < criteria.length - 1) {
          context.addIssue({
            code: 'custom',
            path: [index],
            message: 'This rule always decides, so the rules after it are never reached.',
          });
        }
      });
    }),
});

const disclosure = z
  .strictObject({
    denial: z.enum(denialDisclosures),
    inConflictShownAs: z.enum(['under_review', 'in_conflict']),
    pendingApprovalShownAs: z.enum(['under_review', 'pending_approval']),
  })
  .refine(
    (shown) => shown.inConflictShownAs === 'in_conflict' || shown.pendingApprovalShownAs === 'under_review',
    {
      path: ['pendingApprovalShownAs'],
      error:
        'Show it as under review too: a registration seen to go back from approval to review tells of a conflict.',
    },
  );

const discount = z
  .strictObject({
    bands: z
      .array(z.strictObject({ fromUnits: z.int().min(1), toUnits: z.int().min(1), ratePpm: ppm }))
      .min(1)
      .max(50)
      .superRefine((bands, context) => {
        bands.forEach(({ fromUnits, toUnits }, index) => {
          const before = bands[index - 1];
          if (toUnits < fromUnits) {
            context.addIssue({
              code: 'custom',
              path: [index, 'toUnits'],
              message: 'A band ends at or after its beginning.',
            });
          }
          if (before && fromUnits !== before.toUnits + 1) {
            context.addIssue({
              code: 'custom',
              path: [index, 'fromUnits'],
              message: `Bands follow one another: this one has to begin at ${before.toUnits + 1}.`,
            });
          }
        });
      }),
    above: role,
  })
  .nullable();

/** Reasons that people choose from; each stands for a closure code its end may carry. */
function reasonsFor(codes: (typeof closureCodesFor)[keyof typeof closureCodesFor]) {
  return listWithout(
    { what: 'reason', nameOf: (reason) => reason.key },
    z.strictObject({ key, closureCode: z.enum(codes), words: policyWords }),
  ).min(1);
}

/** A valid body of a deal registration policy; `checkDealRegistrationPolicy` gives its errors in words. */
export const dealRegistrationPolicy = z
  .strictObject({
    demonstration: z.boolean(),
    calendarName: key,
    currency: currencyCode,
    acknowledgement: z.strictObject({ answerBy: z.enum(['firstResponse', 'decision']) }),
    firstResponse,
    decision,
    information: z.strictObject({
      answerWithin: duration,
      reminders,
      closureCode: z.enum(closureCodesFor.rejected),
    }),
    reviewWindow: durationOrZero,
    undoWindowSeconds: z.int().min(0).max(60),
    attainmentTargetPpm: z.int().min(0).max(1_000_000).nullable(),
    conflict: z.strictObject({ decideWithin: duration, resolvedBy: role }),
    protection,
    activityCheck,
    extension,
    quietPeriod: duration.nullable(),
    appeal: z.strictObject({ within: duration, decideWithin: duration, by: role }).nullable(),
    routing: z.strictObject({ authorities, rows: routingRows }),
    eligibility,
    whoWins,
    machineDenial: z.enum(['never', 'onDuplicateOfProtected']),
    directEngagedWithin: duration,
    disclosure,
    amendment: z.strictObject({
      freeValueIncreasePpm: z.int().min(0).max(100_000_000),
      addedFamiliesNeedApproval: z.boolean(),
      freeCloseDateMove: durationOrZero,
    }),
    transfer: z.strictObject({ by: role }),
    discount,
    matching: z.strictObject({ similarNamePpm: ppm.min(1) }),
    reasons: z.strictObject({
      rejection: reasonsFor(closureCodesFor.rejected),
      loss: reasonsFor(closureCodesFor.lost),
      withdrawal: reasonsFor(closureCodesFor.withdrawn),
    }),
  })
  // What spans the document is looked at even when a field is wrong elsewhere, so that all is said at once.
  .superRefine(
    (body: unknown, context) => {
      for (const fault of [
        ...minutesOutsideDemonstration(body),
        ...rolesWithoutAuthority(body),
        ...tellsOfHiddenRivals(body),
      ]) {
        context.addIssue({ code: 'custom', ...fault });
      }
    },
    { when: () => true },
  );

/** Parses a body of unknown origin, or gives everything that is wrong with it. */
export function checkDealRegistrationPolicy(body: unknown): Checked<DealRegistrationPolicy> {
  return checkFields(dealRegistrationPolicy, body);
}

/**
 * JSON Schema (2020-12) of the document's shape, for editors and other systems. What spans several fields
 * (orders, repeats, roles without authority) only `checkDealRegistrationPolicy` says.
 */
export function dealRegistrationPolicyJsonSchema(): Record<string, unknown> {
  return {
    title: 'Deal registration policy',
    ...z.toJSONSchema(dealRegistrationPolicy, { target: 'draft-2020-12' }),
  };
}

/** A policy as it is kept in a file: the document and the program it is for. */
export const dealRegistrationPolicyFile = policyFileOf('deal-registration', dealRegistrationPolicy);

/** What a partner can only owe to a rival, and would see whatever he is told, in a program that does not tell of rivals. */
function tellsOfHiddenRivals(body: unknown): DocumentFault[] {
  if (fieldOf(fieldOf(body, 'disclosure'), 'denial') !== 'reasonOnly') return [];
  const remedy = 'Disclose that another registration exists';
  return [
    ...(fieldOf(body, 'machineDenial') === 'onDuplicateOfProtected'
      ? [
          {
            path: ['machineDenial'],
            message: `A denial within a second has no other cause than a rival, so it tells of one that this program does not disclose. ${remedy}, or let a person deny (never).`,
          },
        ]
      : []),
    ...(fieldOf(fieldOf(body, 'protection'), 'partialFamilies') === true
      ? [
          {
            path: ['protection', 'partialFamilies'],
            message: `A family left out of an approval has no other cause than a rival, so it tells of one that this program does not disclose. ${remedy}, or approve all families or none (false).`,
          },
        ]
      : []),
  ];
}

/** Fields that hand something to a role, wherever they stand. */
const ROLE_FIELDS: readonly (string | number)[] = ['to', 'by', 'role', 'page', 'above', 'resolvedBy'];

function rolesWithoutAuthority(body: unknown): DocumentFault[] {
  const levels = fieldOf(fieldOf(body, 'routing'), 'authorities');
  if (!Array.isArray(levels)) return [];
  const known = levels.map((level: unknown) => fieldOf(level, 'role'));
  return leavesOf(body)
    .filter(({ path }) => ROLE_FIELDS.includes(path.at(-1) ?? '') && path[1] !== 'authorities')
    .filter(({ value }) => decidingRoles.some((one) => one === value) && !known.includes(value))
    .map(({ path, value }) => ({
      path,
      message: `The role ${String(value)} has no authority in this program; name its queue and limit under routing.`,
    }));
}
