import { z } from 'zod';
import type {
  CaseForMail,
  DueOutbound,
  MailRecipient,
  PriceForMail,
  WaitingTask,
} from '../adapters/store/outbound.ts';
import { partnerProjection, toldShare } from '../domain/deal-registration/disclosure.ts';
import { PPM } from '../domain/money.ts';
import { stepTemplates, type StepTemplate } from '../domain/mail-choice.ts';
import { closureCodes } from '../domain/deal-registration/status.ts';
import { clockName, taskQuestionWords } from '../domain/words/en.ts';
import type { PriceMailKind } from '../domain/words/special-pricing-mail.ts';
import {
  writeMail,
  type CaseInMail,
  type MailFacts,
  type MailOrder,
  type MailWords,
} from '../domain/words/mail.ts';

/**
 * From an outbound row to a mail's words. A step says what it is about and the facts that only it knew; what the record
 * knows (customer, value, deadlines, words of the decision) is read when the mail is sent. A closure code passes the
 * program's rule of disclosure here as it does on the screen.
 */

/** A row that no mail can be made of: parked with this cause, because trying again changes nothing. */
export class MailNotWritable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'MailNotWritable';
  }
}

/** The template of a row. Throws `MailNotWritable` when it is none of the list. */
export const templateOf = (row: Pick<DueOutbound, 'template'>): StepTemplate => {
  const template = stepTemplates.find((name) => name === row.template);
  if (template === undefined) throw new MailNotWritable(`there is no mail template ${row.template}`);
  return template;
};

/** The registration that a mail is about: a review window's mail names the one whose clock caused it. */
export const caseOf = (row: Pick<DueOutbound, 'caseId' | 'payload'>): string =>
  z.object({ registrationId: z.string() }).safeParse(row.payload).data?.registrationId ?? row.caseId;

export interface MailMaterial {
  readonly row: DueOutbound;
  readonly recipient: MailRecipient;
  /** Null for a mail that is about no case. */
  readonly ofCase: CaseForMail | null;
  /** For a mail about a special price or its agreement. */
  readonly ofPrice?: PriceForMail | null;
  /** For a digest. */
  readonly waiting: { readonly waiting: readonly WaitingTask[]; readonly total: number };
  /** Where people's browsers find the console, without a trailing slash. */
  readonly publicUrl: string;
  readonly nowMs: number;
}

/** Subject and text. Throws `MailNotWritable` for an unknown template and for facts that are missing. */
export const wordsOf = (material: MailMaterial): MailWords => {
  const { recipient, publicUrl } = material;
  return writeMail(orderOf(material), {
    displayName: recipient.displayName,
    locale: recipient.locale,
    timeZone: knownZone(recipient.timeZone),
    vendorName: recipient.vendorName,
    preferencesLink: `${publicUrl}/preferences`,
  });
};

const at = z.iso.datetime();
const leftOut = z.array(z.string()).nullish();
const granted = z.object({ granted: z.boolean(), protectedUntil: at.nullish(), leftOut });
const payloads = {
  received: z.object({ queue: z.string().nullish() }),
  asked: z.object({ fields: z.array(z.string()), answerBy: at }),
  decided: z.object({
    outcome: z.enum(['approved', 'denied', 'revoked']),
    closureCode: z.enum(closureCodes).nullish(),
    protectedUntil: at.nullish(),
    ownReference: z.string().nullish(),
    benefitPpm: z.int().nullish(),
    leftOut,
  }),
  protectedUntil: z.object({ protectedUntil: at.nullish() }),
  ended: z.object({ registerAgainFrom: at.nullish() }),
  atRisk: z.object({ revokeAt: at.nullable() }),
  clock: z.object({ clock: z.string(), dueAt: at.nullish(), together: z.int().nullish() }),
  /** `taskId`: of a joint task, which is about several registrations. */
  task: z.object({ taskId: z.string().optional() }),
  digest: z.object({ periodWords: z.enum(['day', 'week']) }),
  price: z.object({
    outcome: z.string().nullish(),
    closureCode: z.string().nullish(),
    validUntil: at.nullish(),
    lapsesAt: at.nullish(),
    extended: z.boolean().nullish(),
  }),
};

const orderOf = (material: MailMaterial): MailOrder => {
  const { row } = material;
  const template = templateOf(row);
  if (template === 'digest') return { template, facts: digestOf(material) };
  if (material.ofPrice !== undefined && material.ofPrice !== null)
    return priceOrderOf(material, material.ofPrice, template);
  const ofCase = material.ofCase;
  if (ofCase === null) throw new MailNotWritable(`the record has no case ${row.caseId}`);
  const head = headOf(material, ofCase);
  switch (template) {
    case 'registration_received': {
      const { queue } = read(payloads.received, row);
      return {
        template: 'received',
        facts: { ...head, queue: queue ?? ofCase.queue, answerByAt: ofCase.answerByAt },
      };
    }
    case 'information_requested': {
      const { fields, answerBy } = read(payloads.asked, row);
      const facts = { ...head, words: ofCase.decisionWords, fields, answerByAt: answerBy, reminder: false };
      return { template: 'information_wanted', facts };
    }
    case 'decided':
      return { template, facts: decisionOf(row, ofCase, head) };
    case 'extension_decided':
      return { template: 'decided', facts: grantOf('extension', row, ofCase, head) };
    case 'amendment_decided':
      return { template: 'decided', facts: grantOf('amendment', row, ofCase, head) };
    case 'appeal_decided':
      return { template: 'decided', facts: grantOf('appeal', row, ofCase, head) };
    case 'expiring': {
      const untilAt = endOfProtection(row, ofCase);
      const daysLeft = Math.max(0, Math.ceil((Date.parse(untilAt) - material.nowMs) / DAY_MS));
      return {
        template,
        facts: { ...head, protectedUntilAt: untilAt, daysLeft, mayExtend: ofCase.mayExtend },
      };
    }
    case 'expired': {
      const { registerAgainFrom } = read(payloads.ended, row);
      const facts = {
        ...head,
        protectedUntilAt: endOfProtection(row, ofCase),
        registerAgainFromAt: registerAgainFrom ?? null,
      };
      return { template, facts };
    }
    case 'at_risk':
      return { template, facts: { ...head, revokeAt: read(payloads.atRisk, row).revokeAt } };
    case 'escalated': {
      const { clock, dueAt, together } = read(payloads.clock, row);
      const due = dueAt ?? ofCase.answerByAt ?? new Date(material.nowMs).toISOString();
      const breached = Date.parse(due) <= material.nowMs;
      const facts = {
        ...head,
        partnerName: ofCase.partnerName,
        clockName: clockName(clock),
        dueAt: due,
        breached,
        others: Math.max(0, (together ?? 1) - 1),
      };
      return { template, facts };
    }
    case 'reminder': {
      const { clock, dueAt } = read(payloads.clock, row);
      if (material.recipient.side === 'partner' && clock === 'information' && typeof dueAt === 'string') {
        const facts = { ...head, words: ofCase.decisionWords, fields: [], answerByAt: dueAt, reminder: true };
        return { template: 'information_wanted', facts };
      }
      const about = material.recipient.side === 'partner' ? 'reminder' : 'task_reminder';
      return noticeOf({ about, ofCase, head, words: '', dueAt: dueAt ?? null });
    }
    case 'note':
      return noticeOf({ about: template, ofCase, head, words: ofCase.noteWords, dueAt: null });
    case 'task_opened': {
      const { taskId } = read(payloads.task, row);
      const joint =
        taskId === undefined ? head : { ...head, link: `${material.publicUrl}/inbox?task=${taskId}` };
      return noticeOf({ about: template, ofCase, head: joint, words: '', dueAt: null });
    }
    case 'information_answered':
      return noticeOf({ about: template, ofCase, head, words: ofCase.answerWords, dueAt: null });
    case 'transferred':
      return noticeOf({ about: template, ofCase, head, words: '', dueAt: null });
    case 'price_requested':
    case 'price_decided':
    case 'price_decided_above':
    case 'price_counter_offered':
    case 'price_information_requested':
    case 'price_answered':
    case 'price_note':
    case 'price_expiring':
    case 'price_agreement_over':
      throw new MailNotWritable(`the case ${row.caseId} has no special price`);
  }
};

/** A mail about a special price or its agreement: what all processes send in the same words, and what is its own. */
const priceOrderOf = (material: MailMaterial, ofPrice: PriceForMail, template: StepTemplate): MailOrder => {
  const { row, publicUrl, recipient, nowMs } = material;
  const head: CaseInMail = {
    reference: ofPrice.reference,
    customerName: ofPrice.customerName,
    opportunityName: null,
    value: ofPrice.value,
    link: `${publicUrl}/${ofPrice.kind === 'request' ? 'special-prices' : 'pricing-agreements'}/${ofPrice.id}`,
  };
  const { partnerName } = ofPrice;
  const tell = (about: PriceMailKind, told: Partial<MailFacts['price']> = {}): MailOrder => ({
    template: 'price',
    facts: { ...head, about, partnerName, words: '', at: null, closureCode: null, fields: [], ...told },
  });
  switch (template) {
    case 'task_opened':
      return {
        template: 'notice',
        facts: { ...head, about: 'task_opened', partnerName, words: '', dueAt: null },
      };
    case 'escalated': {
      const { clock, dueAt } = read(payloads.clock, row);
      const due = dueAt ?? new Date(nowMs).toISOString();
      const breached = Date.parse(due) <= nowMs;
      return {
        template,
        facts: { ...head, partnerName, clockName: clockName(clock), dueAt: due, breached, others: 0 },
      };
    }
    case 'reminder': {
      const { dueAt } = read(payloads.clock, row);
      return recipient.side === 'partner'
        ? tell('reminder', { at: dueAt ?? null })
        : {
            template: 'notice',
            facts: { ...head, about: 'task_reminder', partnerName, words: '', dueAt: dueAt ?? null },
          };
    }
    case 'price_requested':
      return tell('requested');
    case 'price_decided': {
      const { outcome, closureCode, validUntil } = read(payloads.price, row);
      if (outcome === 'approved')
        return tell('approved', { at: validUntil ?? null, words: ofPrice.decisionWords });
      if (outcome === 'lapsed') return tell('offer_lapsed');
      return tell('denied', { closureCode: closureCode ?? null, words: ofPrice.decisionWords });
    }
    case 'price_decided_above':
      return tell('approved_above');
    case 'price_counter_offered':
      return tell('countered', {
        at: read(payloads.price, row).lapsesAt ?? null,
        words: ofPrice.decisionWords,
      });
    case 'price_information_requested': {
      const { fields, answerBy } = read(payloads.asked, row);
      return tell('information_wanted', { fields, at: answerBy, words: ofPrice.decisionWords });
    }
    case 'price_answered':
      return tell('answered', { words: ofPrice.answerWords });
    case 'price_note':
      return tell('note', { words: ofPrice.noteWords });
    case 'price_expiring': {
      const { validUntil, extended } = read(payloads.price, row);
      return tell(extended === true ? 'extended' : 'expiring', { at: validUntil ?? null });
    }
    case 'price_agreement_over': {
      const { outcome, validUntil } = read(payloads.price, row);
      return tell(outcome === 'expired' ? 'agreement_expired' : 'agreement_ended', {
        at: validUntil ?? null,
      });
    }
    default:
      throw new MailNotWritable(`a special price has no mail ${template}`);
  }
};

const DAY_MS = 86_400_000;

const headOf = ({ publicUrl }: MailMaterial, ofCase: CaseForMail): CaseInMail => ({
  reference: ofCase.reference,
  customerName: ofCase.customerName,
  opportunityName: ofCase.opportunityName,
  value: ofCase.value,
  link: `${publicUrl}/deal-registrations/${ofCase.registrationId}`,
});

const decisionOf = (row: DueOutbound, ofCase: CaseForMail, head: CaseInMail): MailFacts['decided'] => {
  const decision = read(payloads.decided, row);
  const { outcome, closureCode, protectedUntil, ownReference, benefitPpm } = decision;
  const shown = partnerProjection(ofCase, {
    status: ofCase.status,
    closureCode: closureCode ?? null,
    appealed: ofCase.appealed,
    ownRegistrationId: ownReference ?? null,
  });
  return {
    ...head,
    about: outcome === 'revoked' ? 'protection' : 'registration',
    outcome: outcome === 'approved' ? 'granted' : 'refused',
    closureCode: shown.closureCode,
    words: ofCase.decisionWords,
    protectedUntilAt: outcome === 'approved' ? (protectedUntil ?? ofCase.protectedUntilAt) : null,
    sharePpm: outcome === 'approved' ? toldShare(ofCase, benefitPpm ?? PPM) : null,
    leftOut: decision.leftOut ?? [],
    appealUntilAt: outcome === 'denied' ? ofCase.appealUntilAt : null,
  };
};

const grantOf = (
  about: MailFacts['decided']['about'],
  row: DueOutbound,
  ofCase: CaseForMail,
  head: CaseInMail,
): MailFacts['decided'] => {
  const answer = read(granted, row);
  return {
    ...head,
    about,
    outcome: answer.granted ? 'granted' : 'refused',
    closureCode: null,
    words: ofCase.decisionWords,
    protectedUntilAt: answer.granted ? (answer.protectedUntil ?? ofCase.protectedUntilAt) : null,
    sharePpm: null,
    leftOut: answer.leftOut ?? [],
    appealUntilAt: null,
  };
};

const endOfProtection = (row: DueOutbound, ofCase: CaseForMail): string => {
  const untilAt = read(payloads.protectedUntil, row).protectedUntil ?? ofCase.protectedUntilAt;
  if (untilAt === null)
    throw new MailNotWritable(`the mail ${row.template} lacks or has unusable: protectedUntil`);
  return untilAt;
};

const noticeOf = (input: {
  about: MailFacts['notice']['about'];
  ofCase: CaseForMail;
  head: CaseInMail;
  words: string;
  dueAt: string | null;
}): MailOrder => {
  const { about, ofCase, head, words, dueAt } = input;
  return { template: 'notice', facts: { ...head, about, partnerName: ofCase.partnerName, words, dueAt } };
};

const digestOf = ({ row, waiting, publicUrl }: MailMaterial): MailFacts['digest'] => ({
  periodWords: read(payloads.digest, row).periodWords,
  waiting: waiting.waiting.map((task) => ({
    reference: task.reference,
    customerName: task.customerName,
    link:
      task.jointTaskId === null
        ? `${publicUrl}/${task.caseKind === 'special-pricing' ? 'special-prices' : 'deal-registrations'}/${task.caseId}`
        : `${publicUrl}/inbox?task=${task.jointTaskId}`,
    whatNext: questionOf(task.kind),
    nextAt: task.dueAt,
  })),
  moreCount: waiting.total - waiting.waiting.length,
  link: `${publicUrl}/inbox`,
});

const read = <Schema extends z.ZodType>(schema: Schema, row: DueOutbound): z.infer<Schema> => {
  const parsed = schema.safeParse(row.payload);
  if (parsed.success) return parsed.data;
  // Names of fields only: a value may be personal.
  const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join('.')))].join(', ');
  throw new MailNotWritable(`the mail ${row.template} lacks or has unusable: ${fields}`);
};

const questionOf = (kind: string): string =>
  Object.entries(taskQuestionWords).find(([key]) => key === kind)?.[1] ?? 'Waits for a decision.';

/** The zone as given, or UTC when no time-zone data know it, which must not keep a mail from being sent. */
export const knownZone = (timeZone: string): string => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch (cause) {
    if (cause instanceof RangeError) return 'UTC';
    throw cause;
  }
};
