import type { z } from 'zod';
import {
  dropCalendarDraft,
  keepCalendarDraft,
  lockCalendarDraft,
  publishCalendarDraft,
} from '../../adapters/store/calendar-config.ts';
import { calendarsOf } from '../../adapters/store/calendar-reads.ts';
import type { CalendarRow } from '../../adapters/store/calendar-reads.ts';
import { may } from '../../domain/access.ts';
import type { CalendarDefinition } from '../contract/calendar.ts';
import type { calendarDetail, calendarRoutes } from '../contract/calendars.ts';
import { notFound, Refused } from '../refused.ts';
import { iso } from '../registration-view.ts';
import type { Handlers, SignedIn } from '../route-handler.ts';

type Detail = z.input<typeof calendarDetail>;

/** What only an adapter knows: the holidays of countries, and which definition is a good one. */
export interface CalendarKnowledge {
  readonly parse: (
    definition: unknown,
  ) =>
    | { readonly definition: CalendarDefinition }
    | { readonly faults: readonly { readonly pointer: string; readonly reason: string }[] };
  /** The dates of a year that are not like their weekday. */
  readonly particularDays: (
    definition: CalendarDefinition,
    year: number,
  ) => NonNullable<Detail['inForce']>['days'];
}

/** Calendars: what they say of a year; a draft by one person, published by a second one. */
export function createCalendarHandlers(deps: {
  calendars: CalendarKnowledge;
}): Handlers<typeof calendarRoutes> {
  const { parse, particularDays } = deps.calendars;
  return {
    'GET /api/calendars': async (_call, sql) => ({
      items: (await calendarsOf(sql, null)).map((row) => ({ ...headOf(row), hasDraft: row.draft !== null })),
    }),
    'GET /api/calendars/:name': async ({ principal, params, query, atMs }, sql) => {
      const [row] = await calendarsOf(sql, params.name);
      if (row === undefined) throw notFound('calendar', params.name);
      const year = query.year ?? new Date(atMs).getUTCFullYear();
      const shown = (stored: unknown): Detail['inForce'] => {
        const parsed = parse(stored);
        if ('faults' in parsed) throw new RangeError(`The stored calendar ${row.name} cannot be read.`);
        return { definition: parsed.definition, days: particularDays(parsed.definition, year) };
      };
      return {
        ...headOf(row),
        year,
        inForce: row.version === null ? null : shown(row.definition),
        draft: draftOf(row, shown, principal),
      };
    },
    'PUT /api/calendars/:name/draft': async ({ principal, params, body, atMs }, transaction) => {
      const parsed = parse(body.definition);
      const faults = [
        ...('faults' in parsed ? parsed.faults : []),
        ...(body.definition['name'] === params.name
          ? []
          : [{ pointer: '/name', reason: `This is the calendar ${params.name}; its name stays.` }]),
      ];
      if (faults.length > 0 || 'faults' in parsed)
        throw new Refused('invalid_request', {
          detail: 'The calendar cannot be used as it is.',
          errors: faults.map(({ pointer, reason }) => ({ pointer: `/definition${pointer}`, reason })),
        });
      const before = await lockCalendarDraft(transaction, params.name);
      refuseUnlessSeen(before?.revision ?? null, body.revision);
      const authors = [...new Set([...(before?.authors ?? []), principal.personId])];
      await keepCalendarDraft(transaction, { ...parsed, note: body.note, authors, atMs });
      const revision = (before?.revision ?? 0) + 1;
      return {
        body: { name: params.name, revision },
        audit: {
          action: 'calendar_drafted',
          subject: params.name,
          content: { revision, definition: parsed.definition, note: body.note },
        },
      };
    },
    'DELETE /api/calendars/:name/draft': async ({ params }, transaction) => {
      if ((await lockCalendarDraft(transaction, params.name)) === null)
        throw notFound('draft of the calendar', params.name);
      await dropCalendarDraft(transaction, params.name);
      return {
        body: undefined,
        audit: { action: 'calendar_draft_dropped', subject: params.name, content: {} },
      };
    },
    'POST /api/calendars/:name/publication': async ({ principal, params, body, atMs }, transaction) => {
      const draft = await lockCalendarDraft(transaction, params.name);
      if (draft === null) throw notFound('draft of the calendar', params.name);
      refuseUnlessSeen(draft.revision, body.revision);
      if (draft.authors.includes(principal.personId))
        throw new Refused('not_allowed_now', {
          detail: 'Whoever wrote a calendar does not publish it.',
          errors: [{ pointer: '', reason: 'same_person' }],
        });
      const parsed = parse(draft.definition);
      if ('faults' in parsed) throw new RangeError(`The draft of ${params.name} cannot be read.`);
      const version = await publishCalendarDraft(transaction, { ...parsed, atMs });
      return {
        body: { name: params.name, version },
        audit: {
          action: 'calendar_published',
          subject: params.name,
          content: { version, definition: parsed.definition, note: draft.note, authors: draft.authors },
        },
      };
    },
  };
}

function headOf(row: CalendarRow): Pick<Detail, 'name' | 'version' | 'updatedAt' | 'programs'> {
  return {
    name: row.name,
    version: row.version,
    updatedAt: iso(row.updated_at),
    programs: [...row.programs],
  };
}

function draftOf(
  { draft }: CalendarRow,
  shown: (stored: unknown) => Detail['inForce'],
  principal: SignedIn,
): Detail['draft'] {
  const parts = draft === null ? null : shown(draft.definition);
  if (draft === null || parts === null) return null;
  return {
    ...parts,
    note: draft.note,
    writtenBy: [...draft.author_names],
    writtenAt: new Date(draft.updated_at).toISOString(),
    revision: draft.revision,
    whyNotPublish: !may(principal, 'calendar.publish')
      ? 'role'
      : draft.authors.includes(principal.personId)
        ? 'author'
        : null,
  };
}

function refuseUnlessSeen(revision: number | null, seen: number | null): void {
  if (revision !== seen)
    throw new Refused('version_mismatch', {
      detail:
        revision === null
          ? 'The draft is not there any more; load the calendar again.'
          : `The draft is at revision ${revision} by now; load it again.`,
    });
}
