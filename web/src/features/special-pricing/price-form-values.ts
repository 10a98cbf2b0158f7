import type { Registration } from '../../../../api/contract/deal-registrations.ts';
import type { Program } from '../../../../api/contract/directory.ts';
import type {
  PriceRequest,
  PricingAgreementDetail,
  SpecialPriceDetail,
} from '../../../../api/contract/special-prices.ts';
import { specialPriceKinds, type SpecialPriceKind } from '../../../../domain/special-pricing/status.ts';
import { majorTextOf, minorOf } from '../../lib/amounts.ts';
import { rateOf } from '../../lib/counter-terms.ts';

/** One line as it is typed. */
export interface TypedLine {
  readonly sku: string;
  readonly quantity: string;
  /** Units that may be sold at the price; empty: the quantity. */
  readonly cap: string;
  readonly ask: 'discount' | 'net' | 'standard';
  /** A percentage or the price of one unit, by `ask`. */
  readonly amount: string;
}

/** What stands in the fields: texts as they were typed, so that half an amount or date is not lost. */
export interface PriceFormValues {
  programId: string;
  kind: SpecialPriceKind;
  registrationId: string;
  agreementId: string;
  customer: { legalName: string; country: string; city: string; webDomain: string };
  /** In which prices are asked for; empty: that of the program. */
  currency: string;
  lines: TypedLine[];
  lump: string;
  validFrom: string;
  validUntil: string;
  exceptionKeys: string[];
  distributorId: string;
  justificationCode: string;
  words: string;
  competitorName: string;
  competitorPrice: string;
  evidence: { id: string; name: string }[];
}

export const emptyLine: TypedLine = { sku: '', quantity: '1', cap: '', ask: 'discount', amount: '' };

export const emptyPriceForm: PriceFormValues = {
  programId: '',
  kind: 'new',
  registrationId: '',
  agreementId: '',
  customer: { legalName: '', country: '', city: '', webDomain: '' },
  currency: '',
  lines: [emptyLine],
  lump: '',
  validFrom: '',
  validUntil: '',
  exceptionKeys: [],
  distributorId: '',
  justificationCode: '',
  words: '',
  competitorName: '',
  competitorPrice: '',
  evidence: [],
};

const DAY_MS = 86_400_000;

/** The day that lies so many days after another. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The usual validity: from today as long as the program allows, never past `latest`. */
export function usualValidity(
  today: string,
  program: Pick<Program, 'specialPricing'> | undefined,
  latest: string | null,
): Pick<PriceFormValues, 'validFrom' | 'validUntil'> {
  const longest = dayAfter(today, (program?.specialPricing?.validity.mostDays ?? 30) - 1);
  return { validFrom: today, validUntil: latest !== null && latest < longest ? latest : longest };
}

/** The last whole day before an instant. */
export function lastDayBefore(at: string): string {
  return new Date(Date.parse(at) - 1).toISOString().slice(0, 10);
}

/** A form begun from an approved registration: its program, its products. */
export function fromRegistration(
  registration: Registration,
  program: Program | undefined,
  today: string,
): PriceFormValues {
  const { protectedUntil } = registration;
  return {
    ...emptyPriceForm,
    ...usualValidity(today, program, protectedUntil === null ? null : lastDayBefore(protectedUntil)),
    programId: registration.programId,
    registrationId: registration.id,
    currency: registration.value.currency,
    lines: registration.details.lines.map(({ sku, quantity }) => ({
      ...emptyLine,
      sku,
      quantity: String(quantity),
    })),
  };
}

/** A form begun from an agreement that is to be changed: its lines at their prices. */
export function fromAgreement(
  agreement: PricingAgreementDetail,
  kind: SpecialPriceKind,
  { program, today }: { program: Program | undefined; today: string },
): PriceFormValues {
  const latest = agreement.versions.find(({ version }) => version === agreement.version);
  return {
    ...emptyPriceForm,
    ...usualValidity(today, program, agreement.latestValidUntil),
    programId: agreement.programId,
    kind,
    agreementId: agreement.id,
    registrationId: agreement.registrationId ?? '',
    currency: agreement.currency,
    distributorId: agreement.distributorId ?? '',
    lines: (latest?.lines ?? []).map(({ sku, capQuantity, netUnitMinor }) => ({
      ...emptyLine,
      sku,
      quantity: String(capQuantity),
      ask: 'net',
      amount: majorTextOf({ amountMinor: netUnitMinor, currency: agreement.currency }),
    })),
  };
}

/** The terms of a request as it stands, for an answer that changes them. */
export function fromRequest(request: SpecialPriceDetail): PriceFormValues {
  const { waterfall, currency } = request;
  return {
    ...emptyPriceForm,
    programId: request.programId,
    kind: request.kind,
    registrationId: request.registrationId ?? '',
    agreementId: request.agreementId ?? '',
    currency,
    lines: waterfall.lines.map((line) => ({
      sku: line.sku,
      quantity: String(line.quantity),
      cap: line.capQuantity === line.quantity ? '' : String(line.capQuantity),
      ...askedOf(line.special, currency),
    })),
    lump: waterfall.lumpMinor === 0 ? '' : majorTextOf({ amountMinor: waterfall.lumpMinor, currency }),
    validFrom: request.validFrom,
    validUntil: request.validUntil,
    exceptionKeys: request.exceptions.map(({ key }) => key),
    distributorId: request.distributorId ?? '',
    justificationCode: request.justificationCode,
    evidence: request.evidence.map(({ id, name }) => ({ id, name })),
  };
}

function askedOf(
  special: PriceRequest['lines'][number]['special'],
  currency: string,
): Pick<TypedLine, 'ask' | 'amount'> {
  if (special === null) return { ask: 'standard', amount: '' };
  return special.kind === 'net'
    ? { ask: 'net', amount: majorTextOf({ amountMinor: special.unitMinor, currency }) }
    : { ask: 'discount', amount: String(special.ratePpm / 10_000) };
}

const textOrNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

/** Units as they are typed; zero is what the API refuses by field. */
const unitsOf = (text: string): number => Math.trunc(Number(text)) || 0;

/** The terms that the fields make; lines without a product are left out. */
export function toTerms(
  values: PriceFormValues,
  currency: string,
): Pick<PriceRequest, 'lines' | 'lumpMinor' | 'validFrom' | 'validUntil' | 'exceptionKeys'> {
  return {
    lines: values.lines
      .filter(({ sku }) => sku !== '')
      .map((line) => ({
        sku: line.sku,
        quantity: unitsOf(line.quantity),
        capQuantity: line.cap.trim() === '' ? null : unitsOf(line.cap),
        special: specialOf(line, currency),
      })),
    lumpMinor: values.lump.trim() === '' ? 0 : (minorOf(values.lump, currency) ?? 0),
    validFrom: values.validFrom,
    validUntil: values.validUntil,
    exceptionKeys: values.exceptionKeys,
  };
}

function specialOf(line: TypedLine, currency: string): PriceRequest['lines'][number]['special'] {
  if (line.ask === 'standard') return null;
  if (line.ask === 'net') {
    const unitMinor = minorOf(line.amount, currency);
    return unitMinor === null ? null : { kind: 'net', unitMinor };
  }
  const ratePpm = rateOf(line.amount);
  return ratePpm === null || ratePpm === 0 ? null : { kind: 'discount', ratePpm };
}

/** The request that the fields make. What is missing or wrong is the API's to say, by field. */
export function toRequest(values: PriceFormValues, programCurrency: string): PriceRequest {
  const currency = values.currency === '' ? programCurrency : values.currency;
  const { customer } = values;
  const competitorName = textOrNull(values.competitorName);
  return {
    ...toTerms(values, currency),
    programId: values.programId,
    kind: values.kind,
    registrationId: values.registrationId === '' ? null : values.registrationId,
    agreementId: values.agreementId === '' ? null : values.agreementId,
    customer:
      values.registrationId !== '' || values.agreementId !== '' || customer.legalName.trim() === ''
        ? null
        : {
            legalName: customer.legalName.trim(),
            country: customer.country,
            city: textOrNull(customer.city),
            webDomain: textOrNull(customer.webDomain),
          },
    currency: values.currency === '' ? null : values.currency,
    distributorId: values.distributorId === '' ? null : values.distributorId,
    justificationCode: values.justificationCode,
    words: values.words.trim(),
    competitor:
      competitorName === null
        ? null
        : {
            name: competitorName,
            priceMinor:
              values.competitorPrice.trim() === '' ? null : minorOf(values.competitorPrice, currency),
          },
    evidenceIds: values.evidence.map(({ id }) => id),
  };
}

/** True when the request is whole enough to be priced: a preview of less would only scold. */
export function canBePriced(request: PriceRequest): boolean {
  const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text);
  return (
    request.programId !== '' &&
    request.lines.length > 0 &&
    request.lines.every(({ quantity }) => quantity > 0) &&
    isDay(request.validFrom) &&
    isDay(request.validUntil) &&
    (request.customer === null || /^[A-Z]{2}$/.test(request.customer.country))
  );
}

type Held = Record<string, unknown>;
const held = (value: unknown): Held => (typeof value === 'object' && value !== null ? (value as Held) : {});
const text = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The fields of a saved draft, whatever part of them it holds. */
export function fromPriceDraft(body: Held, programId: string): PriceFormValues {
  const customer = held(body['customer']);
  const asks = ['discount', 'net', 'standard'] as const;
  const lines = list(body['lines']).map((one): TypedLine => {
    const line = held(one);
    return {
      sku: text(line['sku']),
      quantity: text(line['quantity'], '1'),
      cap: text(line['cap']),
      ask: asks.find((ask) => ask === line['ask']) ?? 'discount',
      amount: text(line['amount']),
    };
  });
  return {
    programId,
    kind: specialPriceKinds.find((kind) => kind === body['kind']) ?? 'new',
    registrationId: text(body['registrationId']),
    agreementId: text(body['agreementId']),
    customer: {
      legalName: text(customer['legalName']),
      country: text(customer['country']),
      city: text(customer['city']),
      webDomain: text(customer['webDomain']),
    },
    currency: text(body['currency']),
    lines: lines.length === 0 ? emptyPriceForm.lines : lines,
    lump: text(body['lump']),
    validFrom: text(body['validFrom']),
    validUntil: text(body['validUntil']),
    exceptionKeys: list(body['exceptionKeys']).filter((key) => typeof key === 'string'),
    distributorId: text(body['distributorId']),
    justificationCode: text(body['justificationCode']),
    words: text(body['words']),
    competitorName: text(body['competitorName']),
    competitorPrice: text(body['competitorPrice']),
    evidence: list(body['evidence']).map((file, index) => ({
      id: text(held(file)['id']),
      name: text(held(file)['name'], `File ${index + 1}`),
    })),
  };
}

/** What a draft is called in a list. */
export function titleOfDraft(body: Held): string {
  const customer = text(held(body['customer'])['legalName']);
  const products = list(body['lines'])
    .map((line) => text(held(line)['sku']))
    .filter((sku) => sku !== '');
  const parts = [customer, products.join(', ')].filter((part) => part !== '');
  return parts.length === 0 ? 'Untitled' : parts.join(': ');
}

/**
 * The field of the form that a pointer of the API means; null when it is none of them. Lines of the request are those with a
 * product, so their places are counted among these.
 */
export function priceFieldOf(pointer: string, lines: readonly Pick<TypedLine, 'sku'>[]): string | null {
  const [first, second, third] = pointer.split('/').filter((step) => step !== '' && step !== 'body');
  switch (first) {
    case undefined:
      return null;
    case 'lines':
      return lineFieldOf({ place: second, name: third, lines });
    case 'lumpMinor':
      return 'lump';
    case 'competitor':
      return second === 'priceMinor' ? 'competitorPrice' : 'competitorName';
    case 'evidenceIds':
      return 'evidence';
    case 'customer':
      return `customer.${second ?? 'legalName'}`;
    default:
      return first in emptyPriceForm ? first : null;
  }
}

function lineFieldOf(of: {
  place: string | undefined;
  name: string | undefined;
  lines: readonly Pick<TypedLine, 'sku'>[];
}): string {
  const places = of.lines.flatMap(({ sku }, place) => (sku === '' ? [] : [place]));
  const place = places[Number(of.place ?? 0)] ?? 0;
  switch (of.name) {
    case 'quantity':
      return `lines.${place}.quantity`;
    case 'capQuantity':
      return `lines.${place}.cap`;
    case 'special':
      return `lines.${place}.amount`;
    default:
      return `lines.${place}.sku`;
  }
}
