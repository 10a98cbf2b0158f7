import { createHash } from 'node:crypto';
import pg from 'pg';

/** Named here, because no folder but `adapters/store` imports the driver. */
export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;

/**
 * A pool of Postgres connections whose every wait is bounded, so that a dead database is a quick error and never a hang.
 * `int8` comes back as a number; one beyond 2^53 − 1 is an error rather than a silently wrong amount.
 * `timestamptz` comes back as a `Date`, `jsonb` parsed, as `pg` does.
 */
export const createPool = (options: {
  url: string;
  /** Most connections of this pool. */
  max: number;
  /** Shown in `pg_stat_activity`, so that operations can tell processes apart. */
  applicationName: string;
  /**
   * Plans each prepared statement once for any values, where the server would plan some anew each time, and by an index where there
   * is one: a plan made while a table was nearly empty would go through all of it long after it has grown. For statements that
   * reach their rows by keys, as those of the workers do, and not for lists with filters that may be left out. Default false.
   */
  planOnce?: boolean;
  /** The server ends a statement after this long. Default 15,000. */
  statementTimeoutMs?: number;
  /** Longest wait for a free or new connection. Default 3,000. */
  connectTimeoutMs?: number;
}): pg.Pool => {
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
    statement_timeout: statementTimeoutMs,
    // The client's own limit is for a server that no longer answers at all; it lies behind the server's.
    query_timeout: statementTimeoutMs + 2_000,
    idle_in_transaction_session_timeout: 30_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    ...(options.planOnce === true
      ? { options: '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off' }
      : {}),
    // Queries of a transaction that do not wait for one another travel together.
    pipeline: true,
    types: { getTypeParser },
    Client: PreparingClient,
  });
  // A connection that breaks while idle is dropped by the pool; the next query opens another or reports the fault.
  pool.on('error', () => undefined);
  // One that breaks while it is lent out tells whoever uses it by his query; without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
};

/** Statements beyond this many texts are not prepared: a text that is put together anew each time must not fill the server. */
const MAX_PREPARED = 500;
const preparedNames = new Map<string, string>();

/** The name under which each connection prepares a statement once; null when there are too many. */
const preparedName = (text: string): string | null => {
  const known = preparedNames.get(text);
  if (known !== undefined) return known;
  if (preparedNames.size >= MAX_PREPARED) return null;
  const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
  preparedNames.set(text, name);
  return name;
};

/**
 * A connection that prepares each statement with values once, so that the server parses and plans it once, and that sends the
 * statements of one turn of the event loop with one write.
 */
class PreparingClient extends pg.Client {
  #gathering = false;

  override query(...call: unknown[]): never {
    this.#gather();
    const [text, values, ...rest] = call;
    const name = typeof text === 'string' && Array.isArray(values) ? preparedName(text) : null;
    const prepared = name === null ? call : [{ name, text, values }, ...rest];
    // The driver's overloads are one function that looks at what it is given.
    return (super.query as (...prepared: unknown[]) => unknown).apply(this, prepared) as never;
  }

  #gather(): void {
    if (this.#gathering) return;
    const { stream } = this.connection;
    this.#gathering = true;
    stream.cork();
    process.nextTick(() => {
      this.#gathering = false;
      stream.uncork();
    });
  }
}

/**
 * The tables changed under a statement that this connection prepared before: the statement would fail here for ever, so the
 * connection is not used again.
 */
export const isStalePlan = (error: unknown): boolean =>
  error instanceof pg.DatabaseError &&
  error.code === '0A000' &&
  error.message.includes('cached plan must not change result type');

/** Reads Postgres' `int8`. Throws `RangeError` beyond the safe integers. */
export const parseInt8 = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} is beyond the safe integers`);
  return value;
};

const parseInt8Array = (text: string): (number | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : parseInt8(item)));

const INT8_ARRAY_OID = 1016;

const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) => {
  if (format !== 'binary' && oid === pg.types.builtins.INT8) return parseInt8;
  if (format !== 'binary' && Number(oid) === INT8_ARRAY_OID) return parseInt8Array;
  return pg.types.getTypeParser(oid, format);
};
