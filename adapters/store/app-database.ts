import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Unavailable } from '../../domain/unavailable.ts';
import { PrismaClient } from './generated/client.ts';
import type { Prisma } from './generated/client.ts';
import { isStalePlan } from './pool.ts';
import { together } from './transaction.ts';

/**
 * The database as the API sees it. Every transaction says first whose eyes it looks with; without a scope row-level
 * security shows nothing. Connections are given back clean, because the scope ends with the transaction.
 */

/** The vendor's people see all partners (and what their role allows); a partner's see their own. */
export type Scope = { readonly side: 'vendor' } | { readonly side: 'partner'; readonly partnerId: string };

/** SQL inside one transaction, or outside of any where no scope is needed. */
export interface Sql {
  rows<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A Prisma transaction with the scope set. */
export type OwnTransaction = Prisma.TransactionClient;

/** Plain SQL inside a Prisma transaction. Numbers of the database's `bigint` come as `bigint`. */
export function sqlIn(transaction: OwnTransaction): Sql {
  return { rows: (text, values = []) => transaction.$queryRawUnsafe(text, ...values) };
}

export interface AppDatabase {
  /** Outside of any scope: sessions, sign-in state, health. */
  readonly unscoped: Sql;
  /**
   * One transaction with a scope. `atMs` is what policies that ask for the time compare with. `last` is for the last statement, where
   * there is one: the end of the transaction travels with it. Throws `Unavailable`.
   */
  transaction<Result>(
    input: { scope: Scope; atMs: number; readOnly: boolean },
    work: (sql: Sql, last: Sql) => Promise<Result>,
  ): Promise<Result>;
  /** The same through Prisma. Throws `Unavailable`. */
  own<Result>(
    input: { scope: Scope; atMs: number },
    work: (transaction: OwnTransaction) => Promise<Result>,
  ): Promise<Result>;
  /**
   * Calls `heard` for every notification on `channel` until stopped. Connects again by itself when the connection breaks,
   * and then calls `missed`: nobody knows what was said meanwhile.
   */
  listen(input: { channel: string; heard: (payload: string) => void; missed: () => void }): {
    stop(): Promise<void>;
  };
  /** Connections: in use, idle, and callers waiting for one. */
  usage(): { total: number; idle: number; waiting: number };
}

/** Makes the API's database over `pool`; the caller ends the pool. */
export function createAppDatabase(pool: pg.Pool): AppDatabase {
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { maxWait: 3_000, timeout: 10_000 },
  });
  return {
    unscoped: sqlOf(pool),
    transaction: (input, work) => inTransaction({ pool, ...input, work }),
    own: async ({ scope, atMs }, work) => {
      try {
        return await prisma.$transaction(async (transaction) => {
          const { partner } = settingsOf(scope);
          await transaction.$queryRaw`select set_config('app.scope', ${scope.side}, true), set_config('app.partner', ${partner}, true), set_config('app.now', ${new Date(atMs).toISOString()}, true)`;
          return await work(transaction);
        });
      } catch (cause) {
        throw translated(cause);
      }
    },
    listen: (input) => listenOn({ pool, ...input }),
    usage: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  };
}

function sqlOf(client: pg.Pool | pg.PoolClient): Sql {
  return {
    async rows<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      try {
        return (await client.query(text, values === undefined ? [] : [...values])).rows as Row[];
      } catch (cause) {
        throw translated(cause);
      }
    },
  };
}

function settingsOf(scope: Scope): { partner: string } {
  return { partner: scope.side === 'partner' ? scope.partnerId : '' };
}

async function inTransaction<Result>(input: {
  pool: pg.Pool;
  scope: Scope;
  atMs: number;
  readOnly: boolean;
  work: (sql: Sql, last: Sql) => Promise<Result>;
}): Promise<Result> {
  const { pool, scope, atMs, readOnly, work } = input;
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (cause) {
    throw new Unavailable('database', cause);
  }
  const sql = sqlOf(client);
  let ended = false;
  const last: Sql = {
    async rows<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      ended = true;
      // Both are on their way before either is answered; after a statement that failed the end is a rollback.
      const [rows] = await together([sql.rows<Row>(text, values), client.query('commit')]);
      return rows;
    },
  };
  let broken = false;
  try {
    // Beginning and setting the scope is one message to the server, and the first statement travels with it: without a scope
    // that one would see, and write, nothing.
    const [, result] = await together([
      client.query(
        `begin ${readOnly ? 'read only' : 'read write'}; select set_config('app.scope', ${pg.escapeLiteral(scope.side)}, true), ` +
          `set_config('app.partner', ${pg.escapeLiteral(settingsOf(scope).partner)}, true), ` +
          `set_config('app.now', '${new Date(atMs).toISOString()}', true)`,
      ),
      work(sql, last),
    ]);
    if (!ended) await client.query('commit');
    return result;
  } catch (cause) {
    const error = translated(cause);
    broken = error instanceof Unavailable || isStalePlan(cause);
    if (!broken) {
      try {
        await client.query('rollback');
      } catch {
        // The first error is the one to tell; a connection that cannot roll back is thrown away.
        broken = true;
      }
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/** Reconnects with patience that grows until a connection holds. */
function listenOn(input: {
  pool: pg.Pool;
  channel: string;
  heard: (payload: string) => void;
  missed: () => void;
}): {
  stop(): Promise<void>;
} {
  const { pool, channel, heard, missed } = input;
  let stopped = false;
  let current: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waitMs = FIRST_WAIT_MS;
  let listenedBefore = false;
  const again = (): void => {
    current = undefined;
    if (stopped) return;
    timer = setTimeout(() => void connect(), waitMs);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  };
  const connect = async (): Promise<void> => {
    const client = new pg.Client({
      ...pool.options,
      keepAlive: true,
      query_timeout: 5_000,
      application_name: 'fairlead-live',
    });
    current = client;
    let over = false;
    const ended = (): void => {
      if (over) return;
      over = true;
      client.end().catch(() => undefined);
      again();
    };
    client.on('error', ended);
    client.on('end', ended);
    client.on('notification', ({ payload }) => heard(payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch {
      // The next attempt says whether it is better; health checks report the database itself.
      ended();
      return;
    }
    waitMs = FIRST_WAIT_MS;
    if (listenedBefore) missed();
    listenedBefore = true;
  };
  void connect();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current?.end().catch(() => undefined);
    },
  };
}

const CONNECTION_WORDS =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|connection error|not queryable|can't reach database|server has closed|connection is closed|transaction api error: unable to start/i;

/** Everything that means "the database is away or being restarted" becomes `Unavailable`; all else stays what it is. */
function translated(cause: unknown): unknown {
  for (
    let error: unknown = cause, depth = 0;
    error instanceof Error && depth < 5;
    error = error.cause, depth += 1
  ) {
    if (error instanceof Unavailable) return error;
    const code = codeOf(error);
    if (
      /^(?:08|57P0|53300|58)/.test(code) ||
      /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|P1001|P1002|P1008|P1017|P2024|P2028)/.test(
        code,
      )
    ) {
      return new Unavailable('database', cause);
    }
    // A fatal error ends the connection: the server stops, starts, or takes no more.
    if ('severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC'))
      return new Unavailable('database', cause);
    if (code === '' && CONNECTION_WORDS.test(error.message)) return new Unavailable('database', cause);
    // Cancelled for taking too long: the database is there but cannot keep up.
    if (code === '57014') return new Unavailable('database', cause);
  }
  return cause;
}

function codeOf(error: Error): string {
  const own = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (own !== '' && own !== 'P2010' && own !== 'P2039') return own;
  const driver =
    'meta' in error ? JSON.stringify(error.meta) : 'cause' in error ? JSON.stringify(error.cause) : '';
  return /"originalCode":"([0-9A-Z]{5})"/.exec(driver ?? '')?.[1] ?? own;
}
