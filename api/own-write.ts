import type { AppDatabase, OwnTransaction, Scope } from '../adapters/store/app-database.ts';
import { keepAnswer, keptAnswer, noteInAudit } from '../adapters/store/write-own.ts';
import { Refused } from './refused.ts';
import type { OwnReply, SignedIn } from './route-handler.ts';

/** A write on one's own things or on plain configuration. */
export interface OwnWrite {
  readonly database: AppDatabase;
  readonly scope: Scope;
  readonly principal: SignedIn;
  readonly route: string;
  /** Null for PUT and DELETE, which are repeatable by themselves. */
  readonly idempotencyKey: string | null;
  readonly bodyHash: string;
  readonly statusCode: number;
  readonly atMs: number;
  readonly work: (transaction: OwnTransaction) => Promise<OwnReply<unknown>>;
}

/** The change, its audit row and its answer in one transaction; the same key gives the same answer. Throws `Refused` and `Unavailable`. */
export async function writeOwn(
  write: OwnWrite,
): Promise<{ statusCode: number; body: unknown; replayed: boolean; clearsSession: boolean }> {
  const { database, scope, principal, route, idempotencyKey, bodyHash, statusCode, atMs } = write;
  return await database.own({ scope, atMs }, async (transaction) => {
    const key = idempotencyKey === null ? null : { personId: principal.personId, route, idempotencyKey };
    const earlier = key === null ? null : await keptAnswer(transaction, key);
    if (earlier !== null) {
      if (earlier.bodyHash !== bodyHash) {
        throw new Refused('key_reused', {
          detail: 'This Idempotency-Key came with another request before; take a new one for a new write.',
        });
      }
      return { statusCode: earlier.statusCode, body: earlier.body, replayed: true, clearsSession: false };
    }
    const { body, audit, clearsSession = false } = await write.work(transaction);
    if (audit !== null) await noteInAudit(transaction, { ...audit, actorId: principal.personId, atMs });
    if (key !== null)
      await keepAnswer(transaction, {
        ...key,
        partnerId: principal.partnerId,
        bodyHash,
        statusCode,
        body,
        atMs,
      });
    return { statusCode, body, replayed: false, clearsSession };
  });
}
