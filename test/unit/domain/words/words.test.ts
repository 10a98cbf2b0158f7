import fc from 'fast-check';
import { dueWords } from '../../../../domain/words/clocks.ts';
import { describeClockEvent } from '../../../../domain/words/clocks.ts';
import { nextStep, outcomeDone, placeWords, whyNot } from '../../../../domain/words/en.ts';
import { describeEvent, describeMailEntry, eventKinds } from '../../../../domain/words/events.ts';
import { describeFinding, describeWhy, findingCodes } from '../../../../domain/words/findings.ts';
import { mailTemplates, writeMail, type MailReader } from '../../../../domain/words/mail.ts';
import {
  formatBusinessMinutes,
  formatDay,
  formatDistance,
  formatInstant,
  formatMoney,
  listWords,
} from '../../../../domain/words/reader.ts';
import type { EligibilityFinding } from '../../../../domain/deal-registration/eligibility.ts';

const berlin = { locale: 'en-GB', timeZone: 'Europe/Berlin' };

describe('amounts and times for a reader', () => {
  test('an amount has the decimals of its currency', () => {
    expect(formatMoney({ amountMinor: 4_800_050, currency: 'EUR' })).toBe('€48,000.50');
    expect(formatMoney({ amountMinor: 48_000, currency: 'JPY' })).toContain('48,000');
  });

  test('an instant is exact, in the zone of the reader, and names it', () => {
    expect(formatInstant('2026-07-01T10:05:00Z', berlin)).toMatch(/Wed.*1 Jul.*2026.*12:05.*(CEST|GMT\+2)/);
  });

  test('a calendar date is never moved by a zone', () => {
    expect(formatDay('2026-03-01', { locale: 'en-GB', timeZone: 'America/Los_Angeles' })).toBe('1 Mar 2026');
    expect(formatDay('2026-03-01T02:00:00Z', { locale: 'en-GB', timeZone: 'America/Los_Angeles' })).toBe(
      '28 Feb 2026',
    );
  });

  test('business time is said without days', () => {
    expect(formatBusinessMinutes(130)).toBe('2 h 10 m');
    expect(formatBusinessMinutes(-180)).toBe('3 h');
    expect(formatBusinessMinutes(3_000)).toBe('50 h');
  });

  test('a distance never claims more than has passed', () => {
    expect(formatDistance(0, 10_000)).toBe('now');
    expect(formatDistance(7_200_000, 0)).toBe('in 2 hr');
    expect(formatDistance(0, 119 * 60_000)).toBe('1 hr ago');
  });

  test('a list reads as a sentence', () => {
    expect([listWords([]), listWords(['a']), listWords(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
  });
});

describe('deadlines', () => {
  const due = {
    at: '2026-03-03T15:00:00Z',
    clock: 'decision',
    calendar: 'new-york',
    breachedAt: null,
  } as const;

  test('say what is left, in whose hours', () => {
    expect(dueWords({ ...due, phase: 'running', leftMinutes: 130, tone: 'dueSoon' }).long).toBe(
      'Decision: 2 h 10 m left · New York hours',
    );
  });

  test("in calendar time say which of them it is, in days, and in nobody's hours", () => {
    const protection = {
      ...due,
      clock: 'protection',
      calendar: null,
      phase: 'running',
      tone: 'waiting',
    } as const;
    expect(dueWords({ ...protection, leftMinutes: 70 * 24 * 60 + 5 })).toEqual({
      short: 'Protection: 70 days left',
      long: 'Protection: 70 days left',
    });
    expect(dueWords({ ...protection, clock: 'activity_check', leftMinutes: 90 }).short).toBe(
      'Activity check: 1 h left',
    );
  });

  test('that are over say by how much', () => {
    expect(dueWords({ ...due, phase: 'running', leftMinutes: -180, tone: 'breached' }).short).toBe(
      '3 h over',
    );
  });

  test('that are paused say for whom', () => {
    expect(dueWords({ ...due, phase: 'paused', leftMinutes: 60, tone: 'paused' }).long).toBe(
      'Paused: waiting for the partner',
    );
  });
});

describe('the timeline', () => {
  const anything = fc.dictionary(
    fc.constantFrom(
      'words',
      'fields',
      'answerBy',
      'dueAtMs',
      'outcome',
      'matches',
      'queue',
      'clock',
      'activities',
      'granted',
      'to',
    ),
    fc.jsonValue() as fc.Arbitrary<unknown>,
  );

  test('every kind of event is a whole sentence, whatever its facts are', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...eventKinds, 'of_a_later_version'),
        fc.option(fc.constant('Approver (demo)')),
        anything,
        (kind, actor, facts) => {
          const actingFor = actor === null ? null : 'Director (demo)';
          const sentence = describeEvent({ kind, actor, actingFor, facts }, berlin);
          // The words of people are quoted as they are; the frame around them is ours.
          const frame = sentence.replaceAll(/“[^]*”/g, '');
          expect(frame).toMatch(/^[A-Z"„]|^\S/);
          expect(sentence).toMatch(/[.”]$/);
          expect(frame).not.toMatch(/undefined|null|NaN|Invalid|\[object|_|\s\s/);
        },
      ),
    );
  });

  test('of a deputy it names both', () => {
    const by = { actor: 'Approver (demo)', actingFor: 'Director (demo)' };
    expect(describeEvent({ kind: 'approved', ...by, facts: {} })).toBe(
      'Approved by Approver (demo), acting for Director (demo).',
    );
    expect(describeEvent({ kind: 'decided', ...by, facts: { outcome: 'deny' } })).toBe(
      'Approver (demo), acting for Director (demo), denied.',
    );
  });

  test('names who, what and until when', () => {
    expect(
      describeEvent(
        {
          kind: 'information_requested',
          actor: 'Approver (demo)',
          facts: { fields: ['customer', 'value'], answerBy: '2026-03-03T13:00:00Z', words: 'Which site?' },
        },
        berlin,
      ),
    ).toMatch(
      /^Approver \(demo\) asked for customer and estimated value, to be answered by Tue.* 3 Mar.* “Which site\?”$/,
    );
  });

  test('a refused extension and a granted one are told apart', () => {
    expect(describeEvent({ kind: 'extension_decided', actor: null, facts: { granted: false } })).toBe(
      'The extension was refused.',
    );
    expect(
      describeEvent({
        kind: 'extension_decided',
        actor: null,
        facts: { granted: true, protectedUntil: '2026-05-01T00:00:00Z' },
      }),
    ).toBe('The extension was granted: protected until 1 May 2026.');
  });

  test('says why a clock stood still', () => {
    expect(
      describeClockEvent({ kind: 'paused', facts: { clock: 'first_response', cause: 'information' } }),
    ).toBe('The clock “First response” was paused: waiting for the partner.');
  });

  test('a clock counts the hours of a calendar, or the days that are nobody’s', () => {
    const started = (unit: string) =>
      describeClockEvent({
        kind: 'started',
        facts: { clock: 'decision', calendarName: 'berlin', duration: { amount: 3, unit } },
      });
    expect(started('businessDay')).toBe('The clock “Decision” started, in Berlin hours.');
    expect(started('day')).toBe('The clock “Decision” started.');
  });

  test('a threshold is called by what it does, not by its key', () => {
    const fired = (key: string, action: string) =>
      describeClockEvent({ kind: 'fired', facts: { clock: 'decision', key, action } });
    expect(fired('reminder-half-time', 'remind_queue')).toBe(
      'The clock “Decision” reached the reminder “half time”.',
    );
    expect(fired('escalate-1-channel_account_manager', 'escalate')).toBe(
      'The clock “Decision” reached the escalation to the channel account manager.',
    );
    expect(fired('last-resort', 'last_resort')).toBe('The clock “Decision” reached the last resort.');
    expect(fired('close', 'close_incomplete')).toBe(
      'The clock “Decision” reached “close”: close incomplete.',
    );
  });

  test('where a rival stands says what put him behind, and of points how many', () => {
    const behind = (rule: string, mine: number | null = null, best: number | null = null) =>
      placeWords({ rule, mine, best });
    expect(placeWords(null)).toBe("first by the program's rules.");
    expect(behind('mostQualified', 1, 3)).toBe('less qualified, with 1 of the 3 points of the first.');
    expect(behind('mostQualified')).toBe('less qualified.');
    expect(behind('lowerReceiptNumber', 7, 3)).toBe(behind('firstCome', 7, 3));
    expect(behind('no_such_rule')).toBe('behind by “no such rule”.');
  });
});

describe('findings and refusals', () => {
  test('the catalogue has the words of every finding of the rules, and no others', () => {
    type Missing = Exclude<EligibilityFinding['code'], (typeof findingCodes)[number]>;
    type Surplus = Exclude<(typeof findingCodes)[number], EligibilityFinding['code']>;
    const complete: [Missing, Surplus] extends [never, never] ? true : false = true;
    expect(complete).toBe(true);
  });

  test.each(findingCodes)('%s is a whole sentence without its facts', (code) => {
    expect(describeFinding({ code, facts: {} })).toMatch(/^[A-Z][^_]*[.]$/);
  });

  test('a finding says the way out', () => {
    expect(
      describeFinding({ code: 'value_below_minimum', facts: { minimumMinor: 1_000_000, currency: 'EUR' } }),
    ).toBe("The value is below the program's minimum of €10,000.00.");
  });

  test('why: a condition that is not met, or a step', () => {
    expect(describeWhy({ rule: 'not_in_good_standing', outcome: 'not_met', facts: {} })).toBe(
      'The partner is not in good standing.',
    );
    expect(
      describeWhy({ rule: 'expired', outcome: 'expired', facts: { protectedUntil: '2026-05-01T10:00:00Z' } }),
    ).toBe('Protection ended on 1 May 2026.');
  });

  test('a key that is not known, or is inherited, is still a sentence', () => {
    expect(whyNot('some_new_rule')).toBe('Some new rule.');
    expect(whyNot('constructor')).toBe('Constructor.');
    expect(outcomeDone('toString')).toBe('to string');
  });

  test('the next step speaks to its reader', () => {
    expect([nextStep('your_answer', 'partner'), nextStep('your_answer', 'vendor')]).toEqual([
      'Your answer is wanted',
      'The partner answers',
    ]);
  });
});

describe('mails', () => {
  const reader: MailReader = {
    ...berlin,
    displayName: 'Partner sales (demo)',
    vendorName: 'Meridian Instruments',
    preferencesLink: 'https://fairlead.example/preferences',
  };
  const ofCase = {
    reference: 'DR-1',
    customerName: 'Aldermoor Logistics GmbH',
    opportunityName: 'Warehouse',
    value: { amountMinor: 4_800_000, currency: 'EUR' },
    link: 'https://fairlead.example/deal-registrations/reg_1',
  };

  test('the received mail says who, what and by when', () => {
    const { subject, text } = writeMail(
      { template: 'received', facts: { ...ofCase, queue: 'approvals', answerByAt: '2026-03-03T13:00:00Z' } },
      reader,
    );
    expect(subject).toBe('DR-1: we have your registration for Aldermoor Logistics GmbH');
    expect(text).toContain('You have an answer by');
    expect(text).toContain(ofCase.link);
    expect(text).toContain('€48,000.00');
  });

  test('a name with line breaks cannot forge a header or a line of ours', () => {
    const { subject, text } = writeMail(
      {
        template: 'received',
        facts: { ...ofCase, customerName: 'A\r\nBcc: all@example.com', queue: null, answerByAt: null },
      },
      reader,
    );
    expect(subject).not.toMatch(/[\r\n]/);
    expect(text).not.toMatch(/^Bcc/m);
  });

  test('words of people are set off line by line', () => {
    const { text } = writeMail(
      {
        template: 'information_wanted',
        facts: {
          ...ofCase,
          words: 'First.\nReason: none.',
          fields: ['value'],
          answerByAt: '2026-03-03T13:00:00Z',
          reminder: false,
        },
      },
      reader,
    );
    expect(text).toContain('> First.\n> Reason: none.');
  });

  test('a denial tells the reason, a grant the protection, never the other', () => {
    const facts = {
      ...ofCase,
      about: 'registration',
      closureCode: 'not_awarded',
      words: '',
      protectedUntilAt: '2026-05-01T10:00:00Z',
      sharePpm: null,
      leftOut: [],
      appealUntilAt: '2026-03-10T10:00:00Z',
    } as const;
    const denied = writeMail({ template: 'decided', facts: { ...facts, outcome: 'refused' } }, reader).text;
    const granted = writeMail({ template: 'decided', facts: { ...facts, outcome: 'granted' } }, reader).text;
    expect(denied).toContain('Reason: not awarded.');
    expect(denied).not.toContain('Protected until');
    expect(granted).toContain('Protected until 1 May 2026.');
    expect(granted).not.toContain('appeal');
    expect(granted).not.toContain('shared');
    const shared = writeMail(
      { template: 'decided', facts: { ...facts, outcome: 'granted', sharePpm: 500_000 } },
      reader,
    ).text;
    expect(shared).toContain(
      "The protection is shared: 50% of the program's benefit is yours. With whom it is shared is not told.",
    );
  });

  test('what an approval left out is told in mail and timeline alike, and not for whom it is protected', () => {
    const facts = {
      ...ofCase,
      about: 'registration',
      outcome: 'granted',
      closureCode: null,
      words: '',
      protectedUntilAt: '2026-05-01T10:00:00Z',
      sharePpm: null,
      leftOut: ['edge-security', 'care'],
      appealUntilAt: null,
    } as const;
    const sentence =
      'Edge security and care are not protected by this approval, because they are protected for another registration of this customer.';
    expect(writeMail({ template: 'decided', facts }, reader).text).toContain(sentence);
    expect(describeEvent({ kind: 'approved', actor: null, facts: { leftOut: facts.leftOut } }, reader)).toBe(
      `Approved. ${sentence}`,
    );
  });

  test('one mail of rivals says how many are decided together', () => {
    const facts = {
      ...ofCase,
      partnerName: 'Northwind Harbour Systems',
      clockName: 'Decision',
      dueAt: '2026-03-03T13:00:00Z',
      breached: true,
    };
    const alone = writeMail({ template: 'escalated', facts: { ...facts, others: 0 } }, reader).text;
    const together = writeMail({ template: 'escalated', facts: { ...facts, others: 2 } }, reader).text;
    expect(alone).not.toContain('together');
    expect(together).toContain('decided together with 2 other registrations of the same opportunity');
  });

  test('a digest with nothing in it says so', () => {
    expect(
      writeMail(
        {
          template: 'digest',
          facts: {
            periodWords: 'day',
            waiting: [],
            moreCount: 0,
            link: 'https://fairlead.example',
          },
        },
        reader,
      ).subject,
    ).toBe('Nothing waits for you this day');
  });

  test('the list of templates has each once', () => {
    expect(new Set(mailTemplates).size).toBe(mailTemplates.length);
  });
});

describe('who was told', () => {
  const said = (facts: Record<string, unknown>) => describeMailEntry({ kind: 'decided', facts });

  test('a mail names its reader, or the role', () => {
    expect(said({ to: 'Northwind sales (demo)', delivered: true })).toBe(
      'Mail “decided” to Northwind sales (demo).',
    );
    expect(said({ to: null, role: 'approver', delivered: false })).toBe(
      'Mail “decided” to everybody in the role “Approver”, on its way.',
    );
  });

  test('one that was not sent says why', () => {
    expect(said({ to: 'An approver', delivered: true, skipped: 'preference' })).toBe(
      'Mail “decided” to An approver was not sent: the reader wants no mail of this kind.',
    );
    expect(said({ to: 'An approver', delivered: true, skipped: 'inactive' })).toContain('not sent');
  });
});
