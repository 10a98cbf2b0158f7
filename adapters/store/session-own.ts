import type { AppDatabase, OwnTransaction, Sql } from './app-database.ts';

/** Sessions: opaque to the browser, a hash in the database. */

/** Somebody as `session_principal` knows them. */
export interface SessionPerson {
  readonly personId: string;
  readonly displayName: string;
  readonly email: string;
  readonly side: 'vendor' | 'partner';
  readonly partnerId: string | null;
  readonly locale: string;
  readonly timeZone: string;
  readonly roles: readonly string[];
  readonly limitMinor: number | null;
  readonly limitCurrency: string | null;
  readonly lastSeenAtMs: number;
}

interface PrincipalRow {
  person_id: string;
  display_name: string;
  email: string;
  side: 'vendor' | 'partner';
  partner_id: string | null;
  locale: string;
  time_zone: string;
  roles: string[];
  limit_minor: number | null;
  limit_currency: string | null;
  last_seen_at: Date;
}

/** Who the session belongs to; null when it is unknown, revoked, past its absolute end, or its person was switched off. */
export async function sessionPerson(
  sql: Sql,
  input: { tokenHash: Buffer; atMs: number },
): Promise<SessionPerson | null> {
  const rows = await sql.rows<PrincipalRow>('select * from session_principal($1, $2)', [
    input.tokenHash,
    new Date(input.atMs).toISOString(),
  ]);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    personId: row.person_id,
    displayName: row.display_name,
    email: row.email,
    side: row.side,
    partnerId: row.partner_id,
    locale: row.locale,
    timeZone: row.time_zone,
    roles: row.roles,
    limitMinor: row.limit_minor,
    limitCurrency: row.limit_currency,
    lastSeenAtMs: row.last_seen_at.getTime(),
  };
}

/** Begins a session and, for the same browser, ends the one before: a session is never carried over a sign-in. */
export async function beginSession(
  sql: Sql,
  input: {
    tokenHash: Buffer;
    personId: string;
    idToken: string | null;
    atMs: number;
    endsAtMs: number;
    replaces: Buffer | null;
  },
): Promise<void> {
  const at = new Date(input.atMs).toISOString();
  await sql.rows(
    `with ended as (update session set revoked_at = $4 where token_hash = $6 and revoked_at is null)
     insert into session (token_hash, person_id, id_token, created_at, last_seen_at, expires_at) values ($1, $2, $3, $4, $4, $5)`,
    [
      input.tokenHash,
      input.personId,
      input.idToken,
      at,
      new Date(input.endsAtMs).toISOString(),
      input.replaces,
    ],
  );
}

/** Notes when sessions were in use. */
export async function touchSessions(
  sql: Sql,
  uses: readonly { readonly tokenHash: Buffer; readonly atMs: number }[],
): Promise<void> {
  await sql.rows(
    `update session s set last_seen_at = greatest(s.last_seen_at, u.at)
       from unnest($1::bytea[], $2::timestamptz[]) as u(token_hash, at) where s.token_hash = u.token_hash`,
    [uses.map(({ tokenHash }) => tokenHash), uses.map(({ atMs }) => new Date(atMs).toISOString())],
  );
}

/** Ends one session of a person, named by its hash or by its public id; false when there is none. */
export async function endOwnSession(
  transaction: OwnTransaction,
  input: { personId: string; session: { tokenHash: Buffer } | { id: string }; atMs: number },
): Promise<boolean> {
  const at = new Date(input.atMs).toISOString();
  const ended =
    'tokenHash' in input.session
      ? await transaction.$executeRaw`update session set revoked_at = ${at}::timestamptz
          where person_id = ${input.personId} and revoked_at is null and token_hash = ${input.session.tokenHash}`
      : await transaction.$executeRaw`update session set revoked_at = ${at}::timestamptz
          where person_id = ${input.personId} and revoked_at is null and left(encode(sha256(token_hash), 'hex'), 24) = ${input.session.id}`;
  return ended > 0;
}

// A part of the hash names a session without being of use for anything else.
const PUBLIC_ID = "left(encode(sha256(token_hash), 'hex'), 24)";

/** Ends every session of a person; gives how many there were. */
export async function endSessionsOf(
  transaction: OwnTransaction,
  input: { personId: string; atMs: number },
): Promise<number> {
  return await transaction.$executeRaw`update session set revoked_at = ${new Date(input.atMs).toISOString()}::timestamptz
    where person_id = ${input.personId} and revoked_at is null`;
}

/** A person's live sessions, latest first. */
export async function sessionsOf(
  sql: Sql,
  input: { personId: string; current: Buffer; atMs: number; idleMs: number },
): Promise<{ id: string; createdAt: string; lastSeenAt: string; current: boolean }[]> {
  const rows = await sql.rows<{ id: string; created_at: Date; last_seen_at: Date; current: boolean }>(
    `select ${PUBLIC_ID} as id, created_at, last_seen_at, token_hash = $2 as current from session
      where person_id = $1 and revoked_at is null and expires_at > $3 and last_seen_at > $4 order by last_seen_at desc limit 100`,
    [
      input.personId,
      input.current,
      new Date(input.atMs).toISOString(),
      new Date(input.atMs - input.idleMs).toISOString(),
    ],
  );
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    current: row.current,
  }));
}

/** The person behind an identity, bound at the first sign-in by a verified address; null for strangers. */
export async function bindIdentity(
  sql: Sql,
  input: { issuer: string; subject: string; email: string },
): Promise<string | null> {
  const rows = await sql.rows<{ person_id: string }>('select person_id from bind_identity($1, $2, $3)', [
    input.issuer,
    input.subject,
    input.email,
  ]);
  return rows[0]?.person_id ?? null;
}

/** A sign-in leaves its row. */
export async function noteSignIn(
  sql: Sql,
  input: { personId: string; action: 'signed_in'; atMs: number },
): Promise<void> {
  await sql.rows(
    'insert into audit_row (at, actor_id, action, subject, content) values ($1, $2, $3, $2, $4)',
    [new Date(input.atMs).toISOString(), input.personId, input.action, '{}'],
  );
}

/** Remembers what a sign-in under way must find again; taken once. */
export async function rememberSignIn(
  sql: Sql,
  input: { id: string; payload: object; endsAtMs: number },
): Promise<void> {
  await sql.rows("insert into oidc_state (kind, id, payload, expires_at) values ('sign_in', $1, $2, $3)", [
    input.id,
    JSON.stringify(input.payload),
    new Date(input.endsAtMs).toISOString(),
  ]);
}

export async function takeSignIn(sql: Sql, input: { id: string; atMs: number }): Promise<unknown> {
  const rows = await sql.rows<{ payload: unknown }>(
    "delete from oidc_state where kind = 'sign_in' and id = $1 and expires_at > $2 returning payload",
    [input.id, new Date(input.atMs).toISOString()],
  );
  return rows[0]?.payload ?? null;
}

/** What the embedded identity provider remembers; the shape is its library's. */
export interface ProviderState {
  upsert(input: {
    kind: string;
    id: string;
    payload: object;
    grantId: string | null;
    userCode: string | null;
    uid: string | null;
    endsAtMs: number | null;
  }): Promise<void>;
  find(input: {
    kind: string;
    by: 'id' | 'uid' | 'userCode';
    value: string;
    atMs: number;
  }): Promise<Record<string, unknown> | null>;
  consume(input: { kind: string; id: string; atMs: number }): Promise<void>;
  destroy(input: { kind: string; id: string }): Promise<void>;
  revokeGrant(grantId: string): Promise<void>;
}

/** The provider's state in Postgres, so that a restart signs nobody out. */
export function providerState(database: AppDatabase): ProviderState {
  const sql = database.unscoped;
  const columns = { id: 'id', uid: 'uid', userCode: 'user_code' } as const;
  return {
    async upsert(input) {
      await sql.rows(
        `insert into oidc_state (kind, id, payload, grant_id, user_code, uid, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (kind, id) do update set payload = excluded.payload, grant_id = excluded.grant_id, user_code = excluded.user_code,
           uid = excluded.uid, expires_at = excluded.expires_at`,
        [
          input.kind,
          input.id,
          JSON.stringify(input.payload),
          input.grantId,
          input.userCode,
          input.uid,
          input.endsAtMs === null ? null : new Date(input.endsAtMs).toISOString(),
        ],
      );
    },
    async find({ kind, by, value, atMs }) {
      const rows = await sql.rows<{ payload: Record<string, unknown>; consumed_at: Date | null }>(
        `select payload, consumed_at from oidc_state where kind = $1 and ${columns[by]} = $2 and (expires_at is null or expires_at > $3)`,
        [kind, value, new Date(atMs).toISOString()],
      );
      const row = rows[0];
      if (row === undefined) return null;
      return row.consumed_at === null
        ? row.payload
        : { ...row.payload, consumed: Math.floor(row.consumed_at.getTime() / 1000) };
    },
    async consume({ kind, id, atMs }) {
      await sql.rows('update oidc_state set consumed_at = $3 where kind = $1 and id = $2', [
        kind,
        id,
        new Date(atMs).toISOString(),
      ]);
    },
    async destroy({ kind, id }) {
      await sql.rows('delete from oidc_state where kind = $1 and id = $2', [kind, id]);
    },
    async revokeGrant(grantId) {
      await sql.rows('delete from oidc_state where grant_id = $1', [grantId]);
    },
  };
}
