import type { PartnerKind, QualificationSignal } from './policy.ts';
import type { RegistrationSource, RegistrationStatus, RegistrationType, RfpStatus } from './status.ts';

/*
 * What the rules of deal registration look at. Plain JSON, instants in epoch ms; each rule asks for the
 * part it needs.
 */

/** One line of what the customer wants. */
export interface RegisteredLine {
  productFamily: string;
  /** Whether the vendor calls the family a core product. */
  coreFamily: boolean;
  sku: string;
  units: number;
}

/** The material facts of a registration: what is decided on. */
export interface RegistrationFacts {
  registrationId: string;
  type: RegistrationType;
  source: RegistrationSource;
  /** The customer's segment, a key of the program; null: unknown. */
  segment: string | null;
  /** In minor units of `currency`. */
  valueMinor: number;
  currency: string;
  lines: RegisteredLine[];
  expectedCloseMs: number;
  rfp: RfpStatus;
  /** How many pieces of evidence of sales activity were handed in. */
  evidenceCount: number;
  /** Time and number of the receipt: by them it is judged who was in time and who was first. */
  receivedAtMs: number;
  receiptNumber: number;
}

/** What a program asks about a partner. */
export interface PartnerFacts {
  partnerId: string;
  kind: PartnerKind;
  tier: string;
  inGoodStanding: boolean;
  /** Null: valid until further notice. */
  certifications: { key: string; validUntilMs: number | null }[];
  trainings: string[];
}

/** A registration the same partner made before for the same customer. */
export interface EarlierCase {
  registrationId: string;
  status: RegistrationStatus;
  productFamilies: string[];
  /** When it ended; null while it is open. */
  endedAtMs: number | null;
}

/** What the vendor's records say about the customer; null: unknown. */
export interface CustomerHistory {
  hasBought: boolean | null;
  ownedFamilies: string[] | null;
  /** The partner who manages the customer; never shown to another. */
  managingPartnerId: string | null;
}

/** What the vendor's records say of one row of a customer; the segment is a key of the program. */
export interface CustomerRecord extends CustomerHistory {
  segment: string | null;
}

/**
 * What several rows of one customer say together: what any of them says was bought, was. Two that name different managing
 * partners, or segments, say nothing: a person looks.
 */
export function historyOfRecords(records: readonly CustomerRecord[]): CustomerRecord {
  const owned = records.flatMap(({ ownedFamilies }) => ownedFamilies ?? []);
  const bought = records.map(({ hasBought }) => hasBought);
  return {
    hasBought: bought.includes(true) || owned.length > 0 ? true : bought.includes(false) ? false : null,
    ownedFamilies: records.every(({ ownedFamilies }) => ownedFamilies === null)
      ? null
      : [...new Set(owned)].toSorted(),
    managingPartnerId: onlyOne(records.map(({ managingPartnerId }) => managingPartnerId)),
    segment: onlyOne(records.map(({ segment }) => segment)),
  };
}

function onlyOne(names: readonly (string | null)[]): string | null {
  const [first, ...others] = new Set(names.filter((name) => name !== null));
  return first === undefined || others.length > 0 ? null : first;
}

/** What was last approved: an amendment is measured against it, so that a large change cannot pass in small steps. */
export interface ApprovedFacts {
  valueMinor: number;
  /** `YYYY-MM-DD`. */
  expectedClose: string;
  families: string[];
  /** Families of it that are not protected, because another registration had them (`protectedPart`); absent: none. */
  leftOut?: string[];
}

/** A registration among those that want the same customer and product family. */
export interface Rival {
  registrationId: string;
  receiptNumber: number;
  signals: QualificationSignal[];
  /** Whether the customer chose this partner in writing. */
  customersChoice: boolean;
}

/** The product families of some lines, each once, in order of first mention. */
export function familiesOf(lines: readonly Pick<RegisteredLine, 'productFamily'>[]): string[] {
  return [...new Set(lines.map((line) => line.productFamily))];
}
