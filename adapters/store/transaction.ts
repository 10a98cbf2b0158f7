import type pg from 'pg';
import { isStalePlan } from './pool.ts';

/** A connection inside a transaction. */
export type Transaction = Pick<pg.PoolClient, 'query'>;

/** A connection of `pg` inside the caller's transaction, or anything that answers like one. */
export interface SqlClient {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws. The error of the
 * work is the one that is thrown, also when rolling back fails because the connection is gone.
 */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  return lookThenWrite(pool, {
    look: () => Promise.resolve(null),
    write: async (tx) => ({ result: await work(tx), last: null }),
  });
}

/**
 * The same with fewer waits. `look`, which reads and locks and writes nothing, is sent together with the beginning. `last` is what
 * `write` has sent and not waited for; the end is sent right after it, and is a rollback when the server refused any of it. So
 * nothing but the server may refuse `last`: its values are plain texts and numbers, made before any of it was sent.
 */
export async function lookThenWrite<Seen, Result>(
  pool: pg.Pool,
  transaction: {
    look: (tx: Transaction) => Promise<Seen>;
    write: (tx: Transaction, seen: Seen) => Promise<{ result: Result; last: Promise<unknown> | null }>;
  },
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const [, seen] = await together([client.query('begin'), transaction.look(client)]);
    const { result, last } = await transaction.write(client, seen);
    await together([last ?? Promise.resolve(), client.query('commit')]);
    return result;
  } catch (error) {
    try {
      await client.query('rollback');
      if (isStalePlan(error)) broken = new Error('the connection has a stale plan');
    } catch (rollbackError) {
      broken = rollbackError instanceof Error ? rollbackError : new Error('rollback failed');
    }
    throw error;
  } finally {
    // A connection that could not roll back is not given to the next one.
    client.release(broken);
  }
}

/**
 * The results of queries that do not wait for one another, sent together over the one connection. All of them have ended
 * when this returns or throws (the first error), so that none is left to run after the transaction.
 */
export async function together<Results extends readonly unknown[]>(queries: {
  readonly [Place in keyof Results]: Promise<Results[Place]>;
}): Promise<Results> {
  const settled = await Promise.allSettled(queries);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value as unknown;
  }) as unknown as Results;
}

/** The one row of a query that must give one. Throws with `what` when it gave none. */
export async function oneRow<Row extends object>(
  tx: Transaction,
  what: string,
  text: string,
  values: readonly unknown[],
): Promise<Row> {
  const { rows } = await tx.query<Row>(text, [...values]);
  const row = rows[0];
  if (row === undefined) throw new RowMissing(what);
  return row;
}

/** A row that the record must have is not there. */
export class RowMissing extends Error {
  constructor(what: string) {
    super(`The record has no ${what}.`);
    this.name = 'RowMissing';
  }
}
