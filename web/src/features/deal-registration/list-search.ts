import {
  registrationStatuses,
  type RegistrationStatus,
} from '../../../../domain/deal-registration/status.ts';

/** The list as its address says it: filters and sort; where the next page begins is not part of a view. */
export interface ListSearch {
  readonly status?: RegistrationStatus | undefined;
  readonly partnerId?: string | undefined;
  readonly programId?: string | undefined;
  readonly search?: string | undefined;
  readonly needs?: 'me' | 'partner' | 'vendor' | undefined;
  readonly changed?: 'since_i_looked' | undefined;
  readonly submittedFrom?: string | undefined;
  readonly submittedTo?: string | undefined;
  readonly sort?: 'submitted' | 'due' | 'value' | undefined;
}

/** Reads an address; what is not a filter, or not a value of one, is left out. */
export function readListSearch(raw: Record<string, unknown>): ListSearch {
  return {
    status: registrationStatuses.find((status) => status === raw['status']),
    partnerId: textOf(raw['partnerId']),
    programId: textOf(raw['programId']),
    search: textOf(raw['search']),
    needs: (['me', 'partner', 'vendor'] as const).find((side) => side === raw['needs']),
    changed: raw['changed'] === 'since_i_looked' ? 'since_i_looked' : undefined,
    submittedFrom: dateOf(raw['submittedFrom']),
    submittedTo: dateOf(raw['submittedTo']),
    sort: (['submitted', 'due', 'value'] as const).find((sort) => sort === raw['sort']),
  };
}

function textOf(value: unknown): string | undefined {
  // The router reads a search of digits as a number.
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 120) : undefined;
}

function dateOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
}
