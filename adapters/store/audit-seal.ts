import { sealRows, type Anchor, type AuditRow, type Seal } from '../../domain/audit-chain.ts';
import type { Json } from '../../domain/json.ts';
import { sha256Hex } from '../sha256.ts';
import type { Pool, PoolClient } from './pool.ts';

/**
 * The sealer's side of the audit chain. Rows get their ids when they are inserted and are seen when their transaction
 * commits, so a low id may appear after a high one was sealed: remembering "sealed up to id n" alone would lose it. A
 * `SealHorizon` is moved only over ids that nobody can still bring in (docs/pieces/audit-chain.md says why that holds).
 */
export type SealHorizon = {
  /** Every id up to this one is sealed or will never be seen. */
  safeId: number;
  /** Ids up to `id` become safe when the transactions `holders` have ended. */
  pending: { id: number; holders: string[] } | null;
  /** The newest seal is anchored, so an idle round has nothing to do. */
  anchored: boolean;
};

/** Where a sealer that has just started stands: it sweeps over all rows once. */
export const HORIZON_AT_START: SealHorizon = { safeId: 0, pending: null, anchored: false };

export type SealRound = {
  /** `busy`: another sealer holds the lock and does the work. */
  outcome: 'sealed' | 'idle' | 'busy';
  sealed: number;
  anchor: Anchor | null;
  /** There is more to do at once. */
  more: boolean;
  horizon: SealHorizon;
};

/** How many ids one round looks over, so that the sweep of a new sealer is many short statements. */
const IDS_A_ROUND = 100_000;

/** The instant as the chain writes it: UTC with six decimals. */
export const chainInstant = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;
const instantOf = (column: string, name: string): string =>
  `to_char(${column} at time zone 'UTC', ${INSTANT}) as "${name}"`;

/** The columns of `audit_row r` as an `AuditRow`. */
export const AUDIT_ROW_COLUMNS = `r.id, ${instantOf('r.at', 'at')}, r.actor_id as "actorId",
  r.acting_for as "actingFor", r.action, r.subject, r.content, ${instantOf('r.recorded_at', 'recordedAt')}`;

/** The columns of `audit_seal s` as a `Seal`. */
export const SEAL_COLUMNS = `s.seq, s.audit_id as "auditId", s.hash_version as "hashVersion", s.prev_hash as "prevHash",
  s.hash, ${instantOf('s.sealed_at', 'sealedAt')}`;

/** The columns of `audit_anchor a` as an `Anchor`. */
export const ANCHOR_COLUMNS = `a.seq, a.hash, a.signature, a.key_id as "keyId", ${instantOf('a.signed_at', 'signedAt')}`;

export type SealOptions = {
  nowMs: number;
  batchSize: number;
  /** An anchor after this many seals, or when the newest is older than this. */
  anchorEverySeals: number;
  anchorEveryMs: number;
  signAnchor: (anchor: Pick<Anchor, 'seq' | 'hash' | 'signedAt'>) => Anchor;
};

/**
 * One round of sealing in one transaction that holds the sealers' lock. Throws what the database throws; nothing is
 * sealed then, and the caller keeps its horizon.
 */
export const sealNext = async (input: {
  pool: Pool;
  horizon: SealHorizon;
  options: SealOptions;
}): Promise<SealRound> => {
  const { pool, horizon, options } = input;
  if (horizon.anchored && horizon.pending === null && (await newestId(pool)) === horizon.safeId) {
    return { outcome: 'idle', sealed: 0, anchor: null, more: false, horizon };
  }
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const round = await sealUnderLock({ client, horizon, options });
    await client.query('commit');
    return round;
  } catch (cause) {
    broken = cause instanceof Error ? cause : new Error(String(cause));
    throw cause;
  } finally {
    // A connection whose transaction failed is closed, which rolls it back whatever state it is in.
    client.release(broken);
  }
};

const sealUnderLock = async (input: {
  client: PoolClient;
  horizon: SealHorizon;
  options: SealOptions;
}): Promise<SealRound> => {
  const { client, horizon, options } = input;
  const lock = await client.query<{ held: boolean }>(
    `select pg_try_advisory_xact_lock(hashtext('fairlead'), hashtext('audit-sealer')) as held`,
  );
  if (lock.rows[0]?.held !== true) return { outcome: 'busy', sealed: 0, anchor: null, more: false, horizon };
  // The order of these three statements is the proof: whoever took an id up to `newest` and has not ended is among the
  // writers, and what has ended by then is in the snapshot of the statement after.
  const newest = await newestId(client);
  const writers = await writersNow(client);
  const upTo = horizon.safeId + IDS_A_ROUND;
  const rows = await unsealedRows({ client, from: horizon.safeId, upTo, limit: options.batchSize });
  const tail = await newestSeal(client);
  const sealedAt = chainInstant(options.nowMs);
  const seals = sealRows({ rows, tail, sealedAt, hash: sha256Hex });
  await insertSeals(client, seals);
  const last = seals.at(-1) ?? tail;
  const anchoring = await anchorWhenDue({ client, tail: last, options });
  const complete = rows.length < options.batchSize;
  const next = complete ? advance({ horizon, newest, writers, upTo }) : horizon;
  return {
    outcome: seals.length > 0 ? 'sealed' : 'idle',
    sealed: seals.length,
    anchor: anchoring.anchor,
    more: !complete || newest > upTo,
    horizon: { ...next, anchored: anchoring.complete },
  };
};

/** Moves the horizon after a round that sealed all it could see up to `upTo`. */
export const advance = (input: {
  horizon: SealHorizon;
  newest: number;
  writers: readonly string[];
  upTo: number;
}): SealHorizon => {
  const { horizon, newest, writers, upTo } = input;
  const pending = horizon.pending ?? { id: newest, holders: [...writers] };
  const holders = pending.holders.filter((holder) => writers.includes(holder));
  if (holders.length > 0) return { ...horizon, pending: { id: pending.id, holders } };
  const safeId = Math.max(horizon.safeId, Math.min(pending.id, upTo));
  return { ...horizon, safeId, pending: pending.id > safeId ? { id: pending.id, holders: [] } : null };
};

const newestId = async (client: Pool | PoolClient): Promise<number> => {
  const { rows } = await client.query<{ id: number }>(
    'select coalesce(max(id), 0)::bigint as id from audit_row',
  );
  return rows[0]?.id ?? 0;
};

/** Transactions that have written to the audit table, or are about to: an insert takes this lock before it takes an id. */
const writersNow = async (client: PoolClient): Promise<string[]> => {
  const { rows } = await client.query<{ holder: string }>(
    `select distinct virtualtransaction as holder from pg_locks
      where locktype = 'relation' and relation = 'audit_row'::regclass and mode = 'RowExclusiveLock' and granted
        and database = (select oid from pg_database where datname = current_database())
        and pid is distinct from pg_backend_pid()`,
  );
  return rows.map((row) => row.holder);
};

const unsealedRows = async (input: {
  client: PoolClient;
  from: number;
  upTo: number;
  limit: number;
}): Promise<AuditRow[]> => {
  const { rows } = await input.client.query<Omit<AuditRow, 'content'> & { content: Json }>(
    `select ${AUDIT_ROW_COLUMNS} from audit_row r
      where r.id > $1 and r.id <= $2 and not exists (select from audit_seal s where s.audit_id = r.id)
      order by r.id limit $3`,
    [input.from, input.upTo, input.limit],
  );
  return rows;
};

const newestSeal = async (client: PoolClient): Promise<{ seq: number; hash: string } | null> => {
  const { rows } = await client.query<{ seq: number; hash: string }>(
    'select seq, hash from audit_seal order by seq desc limit 1',
  );
  return rows[0] ?? null;
};

const insertSeals = async (client: PoolClient, seals: readonly Seal[]): Promise<void> => {
  if (seals.length === 0) return;
  await client.query(
    `insert into audit_seal (seq, audit_id, hash_version, prev_hash, hash, sealed_at)
     select * from unnest($1::bigint[], $2::bigint[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[])`,
    [
      seals.map((seal) => seal.seq),
      seals.map((seal) => seal.auditId),
      seals.map((seal) => seal.hashVersion),
      seals.map((seal) => seal.prevHash),
      seals.map((seal) => seal.hash),
      seals.map((seal) => seal.sealedAt),
    ],
  );
};

const anchorWhenDue = async (input: {
  client: PoolClient;
  tail: { seq: number; hash: string } | null;
  options: SealOptions;
}): Promise<{ anchor: Anchor | null; complete: boolean }> => {
  const { client, tail, options } = input;
  if (tail === null) return { anchor: null, complete: true };
  const { rows } = await client.query<{ seq: number; signedAt: Date }>(
    'select seq, signed_at as "signedAt" from audit_anchor order by seq desc limit 1',
  );
  const newest = rows[0];
  if (newest !== undefined) {
    const behind = tail.seq - newest.seq;
    if (behind === 0) return { anchor: null, complete: true };
    const ageMs = options.nowMs - newest.signedAt.getTime();
    if (behind < options.anchorEverySeals && ageMs < options.anchorEveryMs)
      return { anchor: null, complete: false };
  }
  const anchor = options.signAnchor({
    seq: tail.seq,
    hash: tail.hash,
    signedAt: chainInstant(options.nowMs),
  });
  await client.query(
    'insert into audit_anchor (seq, hash, signature, key_id, signed_at) values ($1, $2, $3, $4, $5)',
    [anchor.seq, anchor.hash, anchor.signature, anchor.keyId, anchor.signedAt],
  );
  return { anchor, complete: true };
};
