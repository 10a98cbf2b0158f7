import type {
  CorrectableField,
  Registration,
  Submission,
} from '../../../../api/contract/deal-registrations.ts';
import type { SalesActivity } from '../../../../domain/deal-registration/status.ts';
import { majorTextOf, minorOf } from '../../lib/amounts.ts';

/** What stands in the fields: texts as they were typed, so that half an amount or date is not lost. */
export interface FormValues {
  programId: string;
  type: string;
  source: string;
  customer: {
    legalName: string;
    webDomain: string;
    country: string;
    street: string;
    postalCode: string;
    city: string;
    industry: string;
    taxId: string;
    phone: string;
  };
  contact: { name: string; email: string; role: string };
  opportunityName: string;
  lines: { sku: string; quantity: string }[];
  value: string;
  currency: string;
  expectedClose: string;
  stage: string;
  competitors: string;
  incumbentReseller: string;
  /** The id of one of the files; empty: none. */
  customersChoice: string;
  rfpStatus: string;
  rfpDate: string;
  salesActivities: SalesActivity[];
  activitySummary: string;
  evidence: { id: string; name: string }[];
  distributor: string;
  vendorRep: string;
  discountPercent: string;
}

export const emptyForm: FormValues = {
  programId: '',
  type: 'new_customer',
  source: 'partner_sourced',
  customer: {
    legalName: '',
    webDomain: '',
    country: '',
    street: '',
    postalCode: '',
    city: '',
    industry: '',
    taxId: '',
    phone: '',
  },
  contact: { name: '', email: '', role: '' },
  opportunityName: '',
  lines: [{ sku: '', quantity: '1' }],
  value: '',
  currency: 'EUR',
  expectedClose: '',
  stage: 'qualified',
  competitors: '',
  incumbentReseller: '',
  customersChoice: '',
  rfpStatus: 'none',
  rfpDate: '',
  salesActivities: [],
  activitySummary: '',
  evidence: [],
  distributor: '',
  vendorRep: '',
  discountPercent: '',
};

const textOrNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

/**
 * The submission that the fields make. Closed lists are passed as they were chosen: the API judges them and names
 * the field, and nothing is sent that is not in the form.
 */
export function toSubmission(values: FormValues): Submission {
  const { customer, contact } = values;
  return {
    programId: values.programId,
    type: values.type as Submission['type'],
    source: values.source as Submission['source'],
    customer: {
      legalName: customer.legalName.trim(),
      webDomain: textOrNull(customer.webDomain),
      country: customer.country,
      street: textOrNull(customer.street),
      postalCode: textOrNull(customer.postalCode),
      city: textOrNull(customer.city),
      industry: textOrNull(customer.industry),
      taxId: textOrNull(customer.taxId),
      phone: textOrNull(customer.phone),
      contacts:
        contact.name.trim() === ''
          ? []
          : [{ name: contact.name.trim(), email: textOrNull(contact.email), role: textOrNull(contact.role) }],
    },
    opportunityName: values.opportunityName.trim(),
    lines: values.lines
      .filter(({ sku }) => sku !== '')
      .map(({ sku, quantity }) => ({ sku, quantity: Math.trunc(Number(quantity)) || 0 })),
    value: { amountMinor: minorOf(values.value, values.currency) ?? 0, currency: values.currency },
    expectedClose: values.expectedClose,
    stage: values.stage as Submission['stage'],
    competitors: values.competitors
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    incumbentReseller: textOrNull(values.incumbentReseller),
    rfp: { status: values.rfpStatus as Submission['rfp']['status'], date: textOrNull(values.rfpDate) },
    salesActivities: values.salesActivities,
    activitySummary: values.activitySummary.trim(),
    evidenceIds: values.evidence.map(({ id }) => id),
    // A file that was taken away again proves nothing.
    customersChoice: values.evidence.find(({ id }) => id === values.customersChoice)?.id ?? null,
    distributor: textOrNull(values.distributor),
    requestedDiscountPpm: discountPpm(values.discountPercent),
    vendorRep: textOrNull(values.vendorRep),
  };
}

function discountPpm(percent: string): number | null {
  const number = Number(percent.replace(',', '.'));
  return percent.trim() === '' || !Number.isFinite(number) ? null : Math.round(number * 10_000);
}

type Held = Record<string, unknown>;
const held = (value: unknown): Held => (typeof value === 'object' && value !== null ? (value as Held) : {});
const text = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The fields of a saved draft, whatever part of a submission it holds. */
export function fromDraft(body: Held, programId: string): FormValues {
  const customer = held(body['customer']);
  const contact = held(list(customer['contacts'])[0]);
  const value = held(body['value']);
  const rfp = held(body['rfp']);
  const amountMinor = value['amountMinor'];
  const currency = text(value['currency'], emptyForm.currency);
  const discount = body['requestedDiscountPpm'];
  const lines = list(body['lines']).map((line) => ({
    sku: text(held(line)['sku']),
    quantity: typeof held(line)['quantity'] === 'number' ? String(held(line)['quantity'] as number) : '1',
  }));
  return {
    programId,
    type: text(body['type'], emptyForm.type),
    source: text(body['source'], emptyForm.source),
    customer: {
      legalName: text(customer['legalName']),
      webDomain: text(customer['webDomain']),
      country: text(customer['country']),
      street: text(customer['street']),
      postalCode: text(customer['postalCode']),
      city: text(customer['city']),
      industry: text(customer['industry']),
      taxId: text(customer['taxId']),
      phone: text(customer['phone']),
    },
    contact: { name: text(contact['name']), email: text(contact['email']), role: text(contact['role']) },
    opportunityName: text(body['opportunityName']),
    lines: lines.length === 0 ? emptyForm.lines : lines,
    value: typeof amountMinor === 'number' && amountMinor > 0 ? majorTextOf({ amountMinor, currency }) : '',
    currency,
    expectedClose: text(body['expectedClose']),
    stage: text(body['stage'], emptyForm.stage),
    competitors: list(body['competitors'])
      .filter((name) => typeof name === 'string')
      .join(', '),
    incumbentReseller: text(body['incumbentReseller']),
    customersChoice: text(body['customersChoice']),
    rfpStatus: text(rfp['status'], emptyForm.rfpStatus),
    rfpDate: text(rfp['date']),
    salesActivities: list(body['salesActivities']) as SalesActivity[],
    activitySummary: text(body['activitySummary']),
    evidence: list(body['evidenceIds'])
      .filter((id) => typeof id === 'string')
      .map((id, index) => ({ id, name: `File ${index + 1}` })),
    distributor: text(body['distributor']),
    vendorRep: text(body['vendorRep']),
    discountPercent: typeof discount === 'number' ? String(discount / 10_000) : '',
  };
}

/** The field of the form that a pointer of the API means; null when it is none of them. */
export function fieldOf(pointer: string): string | null {
  const steps = pointer.split('/').filter((step) => !['', 'body', 'corrections'].includes(step));
  const [first, second, third] = steps;
  switch (first) {
    case undefined:
      return null;
    case 'customer':
      return second === 'contacts' ? `contact.${steps[3] ?? 'name'}` : `customer.${second ?? 'legalName'}`;
    case 'lines':
      return second === undefined
        ? 'lines.0.sku'
        : `lines.${second}.${third === 'units' ? 'quantity' : (third ?? 'sku')}`;
    case 'value':
    case 'currency':
      return 'value';
    case 'rfp':
      return second === 'date' ? 'rfpDate' : 'rfpStatus';
    case 'requestedDiscountPpm':
      return 'discountPercent';
    case 'evidence':
    case 'evidenceIds':
      return 'evidence';
    default:
      return first in emptyForm ? first : null;
  }
}

/** The submission as a registration holds it now; a tax id is never read back. */
export function submissionOf(registration: Registration): Submission {
  const { details, programId, type, opportunityName, value, expectedClose } = registration;
  const { taxIdLast2: _kept, ...customer } = details.customer;
  return {
    ...details,
    customer: { ...customer, taxId: null },
    programId,
    type,
    opportunityName,
    value,
    expectedClose,
  };
}

/**
 * What the fields change of a submission, of the named fields only. A customer keeps the contacts that the form, which has room
 * for one, does not show.
 */
export function changesOf<Name extends CorrectableField>(
  before: Submission,
  values: FormValues,
  names: readonly Name[],
): Partial<Pick<Submission, Name>> {
  const typed = toSubmission(values);
  const [, ...others] = before.customer.contacts;
  const after: Submission = {
    ...typed,
    customer: { ...typed.customer, contacts: [...typed.customer.contacts, ...others] },
  };
  // Compared as the form would have them without a key pressed, so that no one's spaces count as a change.
  const untouched = toSubmission(fromDraft({ ...before }, before.programId));
  const changed: Partial<Pick<Submission, Name>> = {};
  for (const name of names)
    if (JSON.stringify(typed[name]) !== JSON.stringify(untouched[name])) changed[name] = after[name];
  return changed;
}
