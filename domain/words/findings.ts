import { inWords, lookUp, rfpWords, sentence, sourceWords, typeWords } from './en.ts';
import { describeEvent } from './events.ts';
import { dayWords, moneyOf, numberOf, textOf, when, type Facts } from './facts.ts';
import { countWords, neutralReader, type Reader } from './reader.ts';

/** The codes of `EligibilityFinding`; a test holds both lists together. */
export const findingCodes = [
  'type_not_offered',
  'source_not_offered',
  'currency_differs',
  'value_below_minimum',
  'units_below_minimum',
  'lead_time_too_short',
  'rfp_not_eligible',
  'evidence_missing',
  'not_in_good_standing',
  'certification_missing',
  'certification_lapsed',
  'training_missing',
  'customer_not_new',
  'solution_not_new',
  'not_managing_partner',
  'customer_history_unknown',
  'already_registered',
  'quiet_period',
] as const;

/** What stands against a registration, and the way out where there is one. */
export function describeFinding(
  finding: { code: string; facts: Facts },
  reader: Reader = neutralReader,
): string {
  const { facts } = finding;
  const code = findingCodes.find((known) => known === finding.code);
  switch (code) {
    case 'type_not_offered':
      return `The program does not take registrations of the type “${typeName(facts)}”.`;
    case 'source_not_offered':
      return `The program does not take registrations where “${sourceName(facts)}”.`;
    case 'currency_differs':
      return `The program counts in ${textOf(facts, 'expected') ?? 'another currency'}; give the value in it.`;
    case 'value_below_minimum':
      return `The value is below the program's minimum${when(moneyOf(facts, 'minimum', reader), ' of ')}.`;
    case 'units_below_minimum':
      return `${textOf(facts, 'sku') ?? 'A product'} needs at least ${(numberOf(facts, 'minimumUnits') ?? 1).toLocaleString(reader.locale)} units${when(unitsWords(facts, reader), '; there are ')}.`;
    case 'lead_time_too_short':
      return `The expected close is too soon${when(dayWords(facts, 'earliestClose', reader), '; the program takes deals that close on ', ' or later')}.`;
    case 'rfp_not_eligible':
      return `The program does not protect deals of public tenders (${rfpName(facts)}).`;
    case 'evidence_missing':
      return `The program asks for ${countWords(numberOf(facts, 'minimum') ?? 1, 'piece')} of evidence; ${countWords(numberOf(facts, 'given') ?? 0, 'is', 'are')} given.`;
    case 'not_in_good_standing':
      return 'The partner is not in good standing.';
    case 'certification_missing':
      return `The certification “${textOf(facts, 'certification') ?? ''}” is missing.`;
    case 'certification_lapsed':
      return `The certification “${textOf(facts, 'certification') ?? ''}” lapsed${when(dayWords(facts, 'lapsed', reader), ' on ')}.`;
    case 'training_missing':
      return `The training “${textOf(facts, 'training') ?? ''}” has not been completed.`;
    case 'customer_not_new':
      return 'The customer has bought before, so it is not a new customer.';
    case 'solution_not_new':
      return `The customer has ${inWords(textOf(facts, 'productFamily') ?? 'this product')} already, so it is not a new solution.`;
    case 'not_managing_partner':
      return 'Add-ons are for the partner who manages the customer.';
    case 'customer_history_unknown':
      return 'The records do not say what the customer has bought before, or who manages him; a person looks.';
    case 'already_registered':
      return `You registered this customer for ${inWords(textOf(facts, 'productFamily') ?? 'this product')} already.`;
    case 'quiet_period':
      return `An earlier registration of this opportunity expired${when(dayWords(facts, 'until', reader), '; it can be registered again on ')}.`;
    case undefined:
      return `${sentence(inWords(finding.code))}.`;
    default:
      return code satisfies never;
  }
}

/**
 * Why a case stands as it does. A rule is either a condition of the program that is not met, or a step that followed
 * one, said as in the timeline.
 */
export function describeWhy(
  entry: { rule: string; outcome: string; facts: Facts },
  reader: Reader = neutralReader,
): string {
  const { rule, facts } = entry;
  return findingCodes.some((code) => code === rule)
    ? describeFinding({ code: rule, facts }, reader)
    : describeEvent({ kind: rule, actor: null, facts }, reader);
}

function typeName(facts: Facts): string {
  const type = textOf(facts, 'type') ?? '';
  return lookUp(typeWords, type) ?? inWords(type);
}

function sourceName(facts: Facts): string {
  const source = textOf(facts, 'source') ?? '';
  return (lookUp(sourceWords, source) ?? inWords(source)).toLowerCase();
}

function rfpName(facts: Facts): string {
  const rfp = textOf(facts, 'rfp') ?? '';
  return (lookUp(rfpWords, rfp) ?? inWords(rfp)).toLowerCase();
}

function unitsWords(facts: Facts, reader: Reader): string | null {
  return numberOf(facts, 'units')?.toLocaleString(reader.locale) ?? null;
}
