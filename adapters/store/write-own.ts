import type { OwnTransaction } from './app-database.ts';

/** The first answer of a write on one's own things, kept so that repeating it gives the same. */
export interface KeptAnswer {
  readonly bodyHash: string;
  readonly statusCode: number;
  readonly body: unknown;
}

interface WriteKey {
  readonly personId: string;
  readonly route: string;
  readonly idempotencyKey: string;
}

/** Waits for a write with the same key that is under way, then answers what it left; null when this is the first. */
export async function keptAnswer(transaction: OwnTransaction, key: WriteKey): Promise<KeptAnswer | null> {
  const lock = [key.personId, key.route, key.idempotencyKey].join('\n');
  await transaction.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`;
  const row = await transaction.ownWrite.findUnique({
    where: {
      personId_route_idempotencyKey: {
        personId: key.personId,
        route: key.route,
        idempotencyKey: key.idempotencyKey,
      },
    },
  });
  return row === null ? null : { bodyHash: row.bodyHash, statusCode: row.statusCode, body: row.answer };
}

export async function keepAnswer(
  transaction: OwnTransaction,
  input: WriteKey & {
    partnerId: string | null;
    bodyHash: string;
    statusCode: number;
    body: unknown;
    atMs: number;
  },
): Promise<void> {
  await transaction.$executeRaw`insert into own_write (person_id, partner_id, route, idempotency_key, body_hash, status_code, answer, written_at)
    values (${input.personId}, ${input.partnerId}, ${input.route}, ${input.idempotencyKey}, ${input.bodyHash}, ${input.statusCode},
      ${JSON.stringify(input.body ?? null)}::jsonb, ${new Date(input.atMs).toISOString()}::timestamptz)`;
}

/** Writes a row of the audit chain, unsealed, in the transaction of the change. */
export async function noteInAudit(
  transaction: OwnTransaction,
  note: { actorId: string; action: string; subject: string; content: object; atMs: number },
): Promise<void> {
  await transaction.$executeRaw`insert into audit_row (at, actor_id, action, subject, content)
    values (${new Date(note.atMs).toISOString()}::timestamptz, ${note.actorId}, ${note.action}, ${note.subject}, ${JSON.stringify(note.content)}::jsonb)`;
}
