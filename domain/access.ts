/**
 * Who may do what. A route declares one permission; a role holds a set of them. Deny by default: what no
 * role holds nobody may do, and a route without a declared permission does not boot.
 */
export const roles = [
  'program_ops',
  'channel_account_manager',
  'approver',
  'director',
  'cro',
  'cfo',
  'ceo',
  'finance_preparer',
  'finance_approver',
  'auditor',
  'admin',
  'partner_admin',
  'partner_sales',
] as const;
export type Role = (typeof roles)[number];

/** Everything a route can ask for. `own` permissions are limited to the person's own partner by scope. */
export const permissions = [
  'session.read',
  'registration.read',
  'registration.draft',
  'registration.submit',
  'registration.partner_act',
  'registration.vendor_act',
  'registration.export',
  'task.read',
  'task.decide',
  'task.route',
  'clock.read',
  'clock.hold',
  'policy.read',
  'policy.draft',
  'policy.publish',
  'program.add',
  'calendar.draft',
  'calendar.publish',
  'account.read',
  'account.judge',
  'import.run',
  'operations.read',
  'operations.act',
  'audit.read',
  'people.read',
  'people.write',
  'people.confirm',
  'directory.read',
  'partner.look_after',
  'preference.own',
  'absence.enter',
  'price_book.read',
  'price_book.draft',
  'price_book.publish',
  'cost.read',
  'exchange_rate.read',
  'exchange_rate.draft',
  'exchange_rate.publish',
  'distributor.read',
  'distributor.write',
  'special_price.read',
  'special_price.request',
  'special_price.act',
  'deal_desk.read',
  'pricing_analytics.read',
  'claim.read',
  'claim.submit',
  'claim.configure',
  'ledger.read',
] as const;
export type Permission = (typeof permissions)[number];

const everyone: readonly Permission[] = [
  'session.read',
  'registration.read',
  'clock.read',
  'directory.read',
  'preference.own',
  'distributor.read',
  'special_price.read',
  'claim.read',
];
const decider: readonly Permission[] = [
  ...everyone,
  'task.read',
  'task.decide',
  'registration.vendor_act',
  'registration.export',
  'account.read',
  'account.judge',
  'policy.read',
  'absence.enter',
  'price_book.read',
  'cost.read',
  'exchange_rate.read',
  'special_price.act',
  'deal_desk.read',
];

/** What each role may do. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  program_ops: [
    ...decider,
    'pricing_analytics.read',
    'task.route',
    'policy.draft',
    'policy.publish',
    'program.add',
    'calendar.draft',
    'calendar.publish',
    'price_book.draft',
    'price_book.publish',
    'exchange_rate.draft',
    'exchange_rate.publish',
    'distributor.write',
    'claim.configure',
    'import.run',
    'operations.read',
    'operations.act',
    'clock.hold',
  ],
  channel_account_manager: [...decider, 'partner.look_after'],
  approver: [...decider],
  // The second pair of eyes on who may do what, where there is one administrator.
  director: [
    ...decider,
    'pricing_analytics.read',
    'ledger.read',
    'task.route',
    'operations.read',
    'people.read',
    'people.confirm',
  ],
  // Asked for what goes beyond the director's authority; what they need lies on the page of the case.
  cro: [...decider, 'pricing_analytics.read'],
  cfo: [...decider, 'pricing_analytics.read', 'ledger.read'],
  ceo: [...decider, 'pricing_analytics.read'],
  finance_preparer: [
    ...everyone,
    'registration.export',
    'price_book.read',
    'cost.read',
    'price_book.draft',
    'exchange_rate.read',
    'exchange_rate.draft',
    'pricing_analytics.read',
    'ledger.read',
    'claim.configure',
  ],
  finance_approver: [
    ...everyone,
    'registration.export',
    'price_book.read',
    'cost.read',
    'price_book.publish',
    'exchange_rate.read',
    'exchange_rate.publish',
    'pricing_analytics.read',
    'ledger.read',
  ],
  auditor: [
    ...everyone,
    'registration.export',
    'task.read',
    'account.read',
    'policy.read',
    'price_book.read',
    'cost.read',
    'exchange_rate.read',
    'ledger.read',
    'operations.read',
    'deal_desk.read',
    'pricing_analytics.read',
    'audit.read',
    'people.read',
  ],
  // An administrator configures; never decides or pays.
  admin: [
    ...everyone,
    'policy.read',
    'policy.draft',
    'policy.publish',
    'program.add',
    'calendar.draft',
    'calendar.publish',
    'people.read',
    'people.write',
    'people.confirm',
    'absence.enter',
    'operations.read',
    'operations.act',
    'clock.hold',
    'import.run',
  ],
  partner_admin: [
    ...everyone,
    'registration.draft',
    'registration.submit',
    'registration.partner_act',
    'registration.export',
    'special_price.request',
    'claim.submit',
  ],
  partner_sales: [
    ...everyone,
    'registration.draft',
    'registration.submit',
    'registration.partner_act',
    'special_price.request',
    'claim.submit',
  ],
};

const partnerRoles: readonly Role[] = ['partner_admin', 'partner_sales'];

/** True for a role of a partner's people; the others are the vendor's. */
export function isPartnerRole(role: Role): boolean {
  return partnerRoles.includes(role);
}

/** Somebody signed in: a person with roles, of the vendor or of one partner. */
export interface Principal {
  readonly personId: string;
  readonly displayName: string;
  readonly side: 'vendor' | 'partner';
  /** Null for the vendor's people. */
  readonly partnerId: string | null;
  readonly roles: readonly Role[];
  /** The highest value this person may decide about, in minor units; null: no limit. */
  readonly limitMinor: number | null;
  /** In which currency the limit counts; null: in the currency of each program. */
  readonly limitCurrency: string | null;
}

/** True when one of the person's roles holds `permission`. */
export function may(principal: Pick<Principal, 'roles'>, permission: Permission): boolean {
  return principal.roles.some((role) => rolePermissions[role].includes(permission));
}

/** The roles that hold one of `wanted`. */
export function rolesWith(wanted: readonly Permission[]): Role[] {
  return roles.filter((role) => wanted.some((permission) => rolePermissions[role].includes(permission)));
}
