import type { OwnTransaction, Sql } from './app-database.ts';

/** Drafts of what partners send: a person's own, seen by nobody else. */

/** What a draft is to become. */
export type DraftKind = 'deal-registration' | 'special-pricing';

export interface DraftRow {
  readonly id: string;
  readonly programId: string;
  readonly version: number;
  readonly body: Record<string, unknown>;
  readonly updatedAt: string;
}

interface StoredDraft {
  id: string;
  programId: string;
  version: number;
  body: unknown;
  updatedAt: Date;
}

function draftOf(row: StoredDraft): DraftRow {
  return {
    id: row.id,
    programId: row.programId,
    version: row.version,
    body: row.body as Record<string, unknown>,
    updatedAt: row.updatedAt.toISOString(),
  };
}

const COLUMNS = 'id, program_id as "programId", version, body, updated_at as "updatedAt"';

/** A person's drafts of a kind, latest first. */
export async function draftsOf(
  sql: Sql,
  { kind, personId }: { kind: DraftKind; personId: string },
): Promise<DraftRow[]> {
  const rows = await sql.rows<StoredDraft>(
    `select ${COLUMNS} from registration_draft
      where person_id = $1 and kind = $2 and submitted_as is null order by updated_at desc limit 100`,
    [personId, kind],
  );
  return rows.map(draftOf);
}

export async function findDraft(
  sql: Sql,
  input: { kind: DraftKind; id: string; personId: string },
): Promise<DraftRow | null> {
  const rows = await sql.rows<StoredDraft>(
    `select ${COLUMNS} from registration_draft where id = $1 and person_id = $2 and kind = $3 and submitted_as is null`,
    [input.id, input.personId, input.kind],
  );
  return rows[0] === undefined ? null : draftOf(rows[0]);
}

/** Begins a draft; null when the program does not exist or the partner is not enrolled in it. */
export async function beginDraft(
  transaction: OwnTransaction,
  input: {
    kind: DraftKind;
    id: string;
    personId: string;
    partnerId: string;
    programId: string;
    body: object;
    atMs: number;
  },
): Promise<DraftRow | null> {
  const enrolled = await transaction.partnerProgram.findUnique({
    where: { partnerId_programId: { partnerId: input.partnerId, programId: input.programId } },
  });
  if (enrolled === null) return null;
  const at = new Date(input.atMs);
  return draftOf(
    await transaction.registrationDraft.create({
      data: {
        id: input.id,
        kind: input.kind,
        personId: input.personId,
        partnerId: input.partnerId,
        programId: input.programId,
        body: input.body,
        createdAt: at,
        updatedAt: at,
      },
    }),
  );
}

/** Saves a draft over the version that was loaded. */
export async function saveDraft(
  transaction: OwnTransaction,
  input: { kind: DraftKind; id: string; personId: string; version: number; body: object; atMs: number },
): Promise<
  { outcome: 'saved'; draft: DraftRow } | { outcome: 'absent' } | { outcome: 'moved'; version: number }
> {
  const saved = await transaction.registrationDraft.updateManyAndReturn({
    where: { ...unsent(input), version: input.version },
    data: { body: input.body, version: { increment: 1 }, updatedAt: new Date(input.atMs) },
  });
  if (saved[0] !== undefined) return { outcome: 'saved', draft: draftOf(saved[0]) };
  const found = await transaction.registrationDraft.findFirst({
    where: unsent(input),
  });
  return found === null ? { outcome: 'absent' } : { outcome: 'moved', version: found.version };
}

/** Throws a draft away; false when there is none. Its evidence goes with it only by never being submitted. */
export async function dropDraft(
  transaction: OwnTransaction,
  input: { kind: DraftKind; id: string; personId: string },
): Promise<boolean> {
  const { count } = await transaction.registrationDraft.deleteMany({
    where: unsent(input),
  });
  return count > 0;
}

function unsent({ kind, id, personId }: { kind: DraftKind; id: string; personId: string }) {
  return { id, kind, personId, submittedAs: null };
}
