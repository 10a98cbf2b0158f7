import { Prisma } from './generated/client.ts';
import type { CalendarDefinition } from '../../api/contract/calendar.ts';
import type { OwnTransaction } from './app-database.ts';

/** Drafts of calendars and their publication. */

export interface StoredCalendarDraft {
  readonly definition: unknown;
  readonly note: string;
  readonly authors: readonly string[];
  readonly revision: number;
}

/** The draft of a calendar, locked until the transaction ends; null when there is none. */
export async function lockCalendarDraft(
  transaction: OwnTransaction,
  name: string,
): Promise<StoredCalendarDraft | null> {
  // One writer for a name, also where there is no row yet.
  await transaction.$queryRaw(
    Prisma.sql`select pg_advisory_xact_lock(hashtextextended('calendar:' || ${name}, 0))::text`,
  );
  return transaction.calendarDraft.findUnique({
    where: { name },
    select: { definition: true, note: true, authors: true, revision: true },
  });
}

/** Writes a draft, or its next revision. Whoever wrote any revision is an author. */
export async function keepCalendarDraft(
  transaction: OwnTransaction,
  draft: { definition: CalendarDefinition; note: string; authors: readonly string[]; atMs: number },
): Promise<void> {
  const { name } = draft.definition;
  const data = {
    definition: draft.definition,
    note: draft.note,
    authors: [...draft.authors],
    updatedAt: new Date(draft.atMs),
  };
  await transaction.calendarDraft.upsert({
    where: { name },
    create: { name, ...data },
    update: { ...data, revision: { increment: 1 } },
    select: { name: true },
  });
}

export async function dropCalendarDraft(transaction: OwnTransaction, name: string): Promise<void> {
  await transaction.calendarDraft.delete({ where: { name }, select: { name: true } });
}

/** Makes a draft the calendar and ends the draft; gives the version that the calendar has now. */
export async function publishCalendarDraft(
  transaction: OwnTransaction,
  { definition, atMs }: { definition: CalendarDefinition; atMs: number },
): Promise<number> {
  const updatedAt = new Date(atMs);
  const { version } = await transaction.calendar.upsert({
    where: { name: definition.name },
    create: { name: definition.name, definition, updatedAt },
    update: { definition, updatedAt, version: { increment: 1 } },
    select: { version: true },
  });
  await dropCalendarDraft(transaction, definition.name);
  return version;
}
