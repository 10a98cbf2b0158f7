import type { Absence } from '../../domain/absence.ts';
import type { AtTheTask, Decider } from '../../domain/task.ts';
import { AT_THE_TASK, atTheTaskOf } from './absences.ts';
import type { OwnTransaction, Sql } from './app-database.ts';

/** Absences as people enter and end them, and who stands in for whom. */

/** Those a person stands in for at an instant, with their names for the screen. */
export async function atTheTask(
  sql: Sql,
  who: { personId: string; at: string },
): Promise<{ person: AtTheTask | null; names: ReadonlyMap<string, string> }> {
  const rows = await sql.rows<Decider & { capMinor: number | null; displayName: string }>(AT_THE_TASK, [
    who.personId,
    who.at,
  ]);
  return {
    person: atTheTaskOf(who.personId, rows),
    names: new Map(rows.map(({ personId, displayName }) => [personId, displayName])),
  };
}

/** The ids of those whom a person stands in for at an instant. */
export async function standsInForOf(
  transaction: OwnTransaction,
  input: { deputyId: string; atMs: number },
): Promise<string[]> {
  const at = new Date(input.atMs);
  const rows = await transaction.absence.findMany({
    where: { deputyId: input.deputyId, fromAt: { lte: at }, toAt: { gt: at } },
    select: { personId: true },
  });
  return rows.map(({ personId }) => personId);
}

export interface AbsenceRow extends Absence {
  readonly id: string;
  readonly personName: string;
  readonly deputyName: string;
}

/** Absences that are not over: all of them, or those in which a person is away or stands in. The next to begin first. */
export async function absencesOf(
  sql: Sql,
  input: { personId: string | null; at: string },
): Promise<AbsenceRow[]> {
  const rows = await sql.rows<Omit<AbsenceRow, 'fromMs' | 'untilMs'> & { fromAt: Date; toAt: Date }>(
    `select a.id, a.person_id as "personId", p.display_name as "personName", a.deputy_id as "deputyId", d.display_name as "deputyName",
            a.from_at as "fromAt", a.to_at as "toAt", a.cap_minor as "capMinor"
       from absence a join person p on p.id = a.person_id join person d on d.id = a.deputy_id
      where a.to_at > $2::timestamptz and ($1::text is null or $1 in (a.person_id, a.deputy_id)) order by a.from_at, a.id limit 500`,
    [input.personId, input.at],
  );
  return rows.map(({ fromAt, toAt, ...row }) => ({
    ...row,
    fromMs: fromAt.getTime(),
    untilMs: toAt.getTime(),
  }));
}

/** The absences of both people that are not over, with the person locked: two entered at once are entered one after the other. */
export async function absencesAround(
  transaction: OwnTransaction,
  input: { people: readonly string[]; atMs: number },
): Promise<Absence[]> {
  for (const personId of input.people.toSorted())
    await transaction.$executeRaw`select pg_advisory_xact_lock(hashtextextended('absence' || ${personId}::text, 0))`;
  const rows = await transaction.absence.findMany({
    where: {
      toAt: { gt: new Date(input.atMs) },
      OR: [{ personId: { in: [...input.people] } }, { deputyId: { in: [...input.people] } }],
    },
  });
  return rows.map((row) => ({
    personId: row.personId,
    deputyId: row.deputyId,
    fromMs: row.fromAt.getTime(),
    untilMs: row.toAt.getTime(),
    capMinor: row.capMinor === null ? null : Number(row.capMinor),
  }));
}

export async function enterAbsence(
  transaction: OwnTransaction,
  input: { id: string; absence: Absence; atMs: number },
): Promise<void> {
  const { personId, deputyId, fromMs, untilMs, capMinor } = input.absence;
  await transaction.absence.create({
    data: {
      id: input.id,
      personId,
      deputyId,
      fromAt: new Date(fromMs),
      toAt: new Date(untilMs),
      capMinor,
      createdAt: new Date(input.atMs),
    },
    select: { id: true },
  });
}

/** Ends an absence now; one that has not begun is taken back. Null when there is none of that id that is not over. */
export async function endAbsence(
  transaction: OwnTransaction,
  input: { id: string; atMs: number; mayEnd: (absence: { personId: string }) => boolean },
): Promise<{ personId: string; deputyId: string } | null> {
  const at = new Date(input.atMs);
  const found = await transaction.absence.findFirst({ where: { id: input.id, toAt: { gt: at } } });
  if (found === null || !input.mayEnd(found)) return null;
  if (found.fromAt < at)
    await transaction.absence.update({
      where: { id: input.id },
      data: { toAt: at },
      select: { id: true },
    });
  else await transaction.absence.delete({ where: { id: input.id }, select: { id: true } });
  return { personId: found.personId, deputyId: found.deputyId };
}
