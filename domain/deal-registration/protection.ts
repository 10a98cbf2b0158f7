import type { CompiledCalendar, Duration } from '../business-time.ts';
import { addDuration } from '../business-time.ts';
import { disclosesRivals } from './disclosure.ts';
import type { PartnerFacts, RegistrationFacts } from './facts.ts';
import type { DealRegistrationPolicy, DecidingRole, ProtectionCondition } from './policy.ts';
import type { RegistrationStatus } from './status.ts';

export interface ProtectionSubject {
  policy: DealRegistrationPolicy;
  registration: Pick<RegistrationFacts, 'type' | 'source' | 'segment' | 'valueMinor'>;
  partner: Pick<PartnerFacts, 'kind'>;
}

/** How long a registration is protected: the first rule of the policy whose condition fits, else its default. */
export function protectionLength({ policy, registration, partner }: ProtectionSubject): Duration {
  const rule = policy.protection.lengths.find(({ when }) => fits(when, registration, partner));
  return rule?.length ?? policy.protection.otherwise;
}

function fits(
  when: ProtectionCondition,
  registration: ProtectionSubject['registration'],
  partner: ProtectionSubject['partner'],
): boolean {
  return (
    (when.types === null || when.types.includes(registration.type)) &&
    (when.sources === null || when.sources.includes(registration.source)) &&
    (when.partnerKinds === null || when.partnerKinds.includes(partner.kind)) &&
    (when.segments === null ||
      (registration.segment !== null && when.segments.includes(registration.segment))) &&
    (when.valueAtLeastMinor === null || registration.valueMinor >= when.valueAtLeastMinor)
  );
}

/**
 * The product families that an approval protects when some of them are protected for another registration: all of them or none,
 * unless the program lets a part be approved; then those that are free. Null: nothing can be protected, which is a conflict.
 * That a family is left out has no other cause than a rival, so it takes a program that tells of one.
 */
export function protectedPart(
  policy: { protection: Pick<DealRegistrationPolicy['protection'], 'partialFamilies'> } & Pick<
    DealRegistrationPolicy,
    'disclosure'
  >,
  { families, taken }: { families: readonly string[]; taken: readonly string[] },
): string[] | null {
  const free = families.filter((family) => !taken.includes(family));
  if (free.length === families.length) return free;
  const mayBePart = policy.protection.partialFamilies && disclosesRivals(policy);
  return mayBePart && free.length > 0 ? free : null;
}

/** The protected range [fromMs, toMs) and from when its length was counted. */
export interface ProtectionPeriod {
  fromMs: number;
  toMs: number;
  countedFromMs: number;
}

/**
 * The range that an approval protects. It begins when the approval takes effect; its length is counted from
 * submission, approval or forecast close, as the policy says. Null when the length counted from submission
 * or forecast close is over before the approval takes effect: then there is nothing left to protect.
 */
export function protectionPeriod(
  input: ProtectionSubject & {
    registration: Pick<RegistrationFacts, 'receivedAtMs' | 'expectedCloseMs'>;
    calendar: CompiledCalendar;
    approvalEffectiveAtMs: number;
  },
): ProtectionPeriod | null {
  const fromMs = input.approvalEffectiveAtMs;
  const countedFromMs = startOfCount(input);
  // Counted from before all that the calendar knows, it is over for long.
  if (countedFromMs < input.calendar.coversFromMs) return null;
  const toMs = addDuration(input.calendar, countedFromMs, protectionLength(input));
  return toMs > fromMs ? { fromMs, toMs, countedFromMs } : null;
}

function startOfCount(input: {
  policy: DealRegistrationPolicy;
  registration: Pick<RegistrationFacts, 'receivedAtMs' | 'expectedCloseMs'>;
  approvalEffectiveAtMs: number;
}): number {
  switch (input.policy.protection.countedFrom) {
    case 'submission':
      return input.registration.receivedAtMs;
    case 'approval':
      return input.approvalEffectiveAtMs;
    case 'forecastClose':
      return input.registration.expectedCloseMs;
    default:
      return input.policy.protection.countedFrom satisfies never;
  }
}

export type ExtensionRefusal =
  | 'not_protected'
  | 'no_extension_left'
  | 'asked_after_expiry'
  | 'asked_too_late';

export type ExtensionVerdict =
  | {
      may: true;
      /** From one. */
      step: number;
      length: Duration;
      by: DecidingRole;
      /** Asked in time, so that the slot is held until decided; otherwise a rival may have it meanwhile. */
      beforeExpiry: boolean;
    }
  | { may: false; reason: ExtensionRefusal };

export interface ExtensionInput {
  policy: Pick<DealRegistrationPolicy, 'extension'>;
  status: RegistrationStatus;
  protectionEndsAtMs: number;
  extensionsGranted: number;
  /** The time of the request's receipt: a request made in time is in time however late it is read. */
  askedAtMs: number;
  calendar: CompiledCalendar;
}

/** Whether, by whom and by how much a protection may be extended now. */
export function mayExtend(input: ExtensionInput): ExtensionVerdict {
  const { extension } = input.policy;
  if (input.status !== 'approved' && input.status !== 'expired')
    return { may: false, reason: 'not_protected' };
  const beforeExpiry = input.askedAtMs < input.protectionEndsAtMs;
  if (!beforeExpiry) {
    if (extension.mustAskBeforeExpiry || extension.askWithinAfterExpiry === null) {
      return { may: false, reason: 'asked_after_expiry' };
    }
    const lastMs = addDuration(input.calendar, input.protectionEndsAtMs, extension.askWithinAfterExpiry);
    if (input.askedAtMs > lastMs) return { may: false, reason: 'asked_too_late' };
  }
  const step = extension.steps[input.extensionsGranted];
  if (!step) return { may: false, reason: 'no_extension_left' };
  return { may: true, step: input.extensionsGranted + 1, length: step.length, by: step.by, beforeExpiry };
}

/**
 * The new end of an extended protection. One that was asked in time adds to the old end, so that waiting for
 * the answer costs nothing; one asked after expiry is counted from the moment it takes effect.
 */
export function extendedEndMs(input: {
  calendar: CompiledCalendar;
  length: Duration;
  protectionEndsAtMs: number;
  beforeExpiry: boolean;
  effectiveAtMs: number;
}): number {
  const fromMs = input.beforeExpiry ? input.protectionEndsAtMs : input.effectiveAtMs;
  return addDuration(input.calendar, fromMs, input.length);
}
