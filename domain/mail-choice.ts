/** Which mails there are for steps of processes, and which of them a person may switch off. */

/** What steps of processes and the relay itself ask to be told: the closed list of mails that leave with a step. */
export const stepTemplates = [
  'registration_received',
  'information_requested',
  'decided',
  'extension_decided',
  'amendment_decided',
  'appeal_decided',
  'expiring',
  'expired',
  'at_risk',
  'reminder',
  'note',
  'transferred',
  'task_opened',
  'information_answered',
  'escalated',
  'digest',
  'price_requested',
  'price_decided',
  'price_decided_above',
  'price_counter_offered',
  'price_information_requested',
  'price_answered',
  'price_note',
  'price_expiring',
  'price_agreement_over',
] as const;
export type StepTemplate = (typeof stepTemplates)[number];

/** The preferences that are simply on or off. */
export const mailChoices = ['received', 'tasks', 'reminders'] as const;
export type MailChoice = (typeof mailChoices)[number];

/** What a person wants by mail. */
export type MailPreferences = Readonly<Record<MailChoice, boolean>> & {
  readonly digest: 'off' | 'daily' | 'weekly';
};

/** What a person who never chose gets: whoever has many tasks is told of them by his digest, and of deadlines one by one. */
export const defaultMail: MailPreferences = {
  received: true,
  tasks: false,
  reminders: true,
  digest: 'daily',
};

/** The preference that a mail is subject to; null for what is always sent: above all what is told about one's own cases. */
export function mailChoiceOf(template: StepTemplate): keyof MailPreferences | null {
  switch (template) {
    case 'registration_received':
    case 'price_requested':
      return 'received';
    case 'task_opened':
      return 'tasks';
    case 'expiring':
    case 'at_risk':
    case 'reminder':
    case 'price_expiring':
      return 'reminders';
    case 'digest':
      return 'digest';
    // It goes to whoever asked.
    case 'information_answered':
    case 'information_requested':
    case 'decided':
    case 'extension_decided':
    case 'amendment_decided':
    case 'appeal_decided':
    case 'expired':
    case 'note':
    case 'transferred':
    case 'escalated':
    case 'price_decided':
    case 'price_decided_above':
    case 'price_counter_offered':
    case 'price_information_requested':
    case 'price_answered':
    case 'price_note':
    case 'price_agreement_over':
      return null;
  }
}

/** The same, for what goes to everyone in a role: a digest is always one person's. */
export function roleChoiceOf(template: StepTemplate): MailChoice | null {
  const choice = mailChoiceOf(template);
  return choice === 'digest' ? null : choice;
}

/** Whether a person wants this mail. */
export function wantsMail(template: StepTemplate, preferences: MailPreferences): boolean {
  const choice = mailChoiceOf(template);
  if (choice === null) return true;
  return choice === 'digest' ? preferences.digest !== 'off' : preferences[choice];
}
