import {
  IconArrowsExchange,
  IconCalendar,
  IconChecklist,
  IconFileText,
  IconGavel,
  IconInbox,
  IconLayoutKanban,
  IconSettings,
  IconShieldCheck,
  IconTags,
  IconTruckDelivery,
  IconUpload,
  IconUserShield,
  IconUsers,
  type Icon,
} from '@tabler/icons-react';
import type { Session } from '../../../api/contract/session.ts';
import type { Permission, Role } from '../../../domain/access.ts';

export type ScreenPath =
  | '/my-partners'
  | '/inbox'
  | '/deal-registrations'
  | '/operations'
  | '/policies'
  | '/calendars'
  | '/price-books'
  | '/exchange-rates'
  | '/distributors'
  | '/imports'
  | '/people'
  | '/audit'
  | '/preferences';

export interface Screen {
  readonly path: ScreenPath;
  readonly label: string;
  readonly icon: Icon;
  readonly permission: Permission;
  /** What it is for, as ⌘K says it. */
  readonly about: string;
}

const screens: readonly Screen[] = [
  {
    path: '/my-partners',
    label: 'My partners',
    icon: IconUsers,
    permission: 'partner.look_after',
    about: 'Which of them needs you today, and why',
  },
  {
    path: '/inbox',
    label: 'Inbox',
    icon: IconInbox,
    permission: 'task.read',
    about: 'What must be decided, most urgent first',
  },
  {
    path: '/deal-registrations',
    label: 'Registrations',
    icon: IconChecklist,
    permission: 'registration.read',
    about: 'Every registration by filter',
  },
  {
    path: '/operations',
    label: 'Operations',
    icon: IconLayoutKanban,
    permission: 'operations.read',
    about: 'What is due, late and stuck, by team',
  },
  {
    path: '/policies',
    label: 'Policies',
    icon: IconGavel,
    permission: 'policy.read',
    about: 'Versions, changes, publication',
  },
  {
    path: '/calendars',
    label: 'Calendars',
    icon: IconCalendar,
    permission: 'policy.read',
    about: 'Hours, holidays and the year in which deadlines are counted',
  },
  {
    path: '/price-books',
    label: 'Price books',
    icon: IconTags,
    permission: 'price_book.read',
    about: 'What products cost, from when, and what the next version changes',
  },
  {
    path: '/exchange-rates',
    label: 'Exchange rates',
    icon: IconArrowsExchange,
    permission: 'exchange_rate.read',
    about: 'By what amounts are converted, from which day on',
  },
  {
    path: '/distributors',
    label: 'Distributors',
    icon: IconTruckDelivery,
    permission: 'distributor.read',
    about: 'Through whom resellers buy, from when until when',
  },
  {
    path: '/imports',
    label: 'Imports',
    icon: IconUpload,
    permission: 'import.run',
    about: 'Customers, direct deals and registrations from a file',
  },
  {
    path: '/people',
    label: 'People',
    icon: IconUserShield,
    permission: 'people.read',
    about: 'Who may do what, until when and up to which value',
  },
  {
    path: '/audit',
    label: 'Audit',
    icon: IconShieldCheck,
    permission: 'audit.read',
    about: 'Who did what, sealed',
  },
  {
    path: '/preferences',
    label: 'Preferences',
    icon: IconSettings,
    permission: 'preference.own',
    about: 'Mails, time zone, sessions',
  },
];

/** The screens this person may open, under the names his side uses for them. */
export function screensOf(session: Session): readonly Screen[] {
  return screens
    .filter(({ permission }) => session.permissions.includes(permission))
    .map((screen) =>
      session.side === 'partner' && screen.path === '/deal-registrations'
        ? {
            ...screen,
            label: 'My registrations',
            icon: IconFileText,
            about: 'Yours, with what happens next and when',
          }
        : screen,
    );
}

/** Each role's first question; the first role of this list that a person holds decides. */
const firstByRole: readonly (readonly [Role, ScreenPath])[] = [
  ['approver', '/inbox'],
  ['director', '/inbox'],
  ['cro', '/inbox'],
  ['cfo', '/inbox'],
  ['ceo', '/inbox'],
  ['program_ops', '/operations'],
  ['channel_account_manager', '/my-partners'],
  ['auditor', '/audit'],
  ['admin', '/people'],
  ['finance_preparer', '/deal-registrations'],
  ['finance_approver', '/deal-registrations'],
  ['partner_admin', '/deal-registrations'],
  ['partner_sales', '/deal-registrations'],
];

export function firstScreen(session: Session): ScreenPath {
  return firstByRole.find(([role]) => session.roles.includes(role))?.[1] ?? '/deal-registrations';
}
