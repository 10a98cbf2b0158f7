import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { SMTPServer } from 'smtp-server';
import { migrate } from '../../adapters/store/migrate.ts';
import { seed } from '../../prisma/seed.ts';
import { signIn } from '../../scripts/api-client.ts';
import { API, WORKERS } from '../../scripts/parts.ts';
import type { Part } from '../../scripts/parts.ts';
import { freePort } from '../../scripts/ports.ts';
import { loadAccounts } from './accounts.ts';
import { companyNames } from './names.ts';
import { castPeople } from './people.ts';
import type { Cast } from './people.ts';
import { endChild, listenTo, untilAnswers } from './servers.ts';
import type { Ground } from './servers.ts';

/**
 * Fairlead as it ships: API and workers as processes of their own, started with the flags of `npm start`, on a database
 * with accounts in it. Mail goes to a server in the bench's own process that keeps nothing.
 */
export interface Installation {
  readonly cast: Cast;
  /** As superuser: what a measurement arranges and looks up, never what it measures. */
  readonly arrange: pg.Client;
  readonly databaseUrl: (role: 'postgres' | 'fairlead_app' | 'fairlead_worker') => string;
  /** Starts API, workers and their Temporal server; the database goes on from where it was. */
  open(options?: { nodeOptions?: readonly string[] }): Promise<OpenInstallation>;
}

export interface OpenInstallation {
  readonly publicUrl: string;
  readonly engineAddress: string;
  readonly pids: Readonly<Record<'api' | 'workers' | 'engine' | 'postgres', number>>;
  /** Waits until nothing is left to do: mails delivered, signals sent, rows sealed. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const DATABASE = 'fairlead_bench';
/** Which accounts there are is the same in every run; what is planted among them is not. */
const ACCOUNTS_SEED = 7;

export const installFairlead = async (ground: Ground, input: { accounts: number }): Promise<Installation> => {
  const url = (role: string): string => ground.postgres.urlOf({ role, database: DATABASE });
  await migratedDatabase(ground, DATABASE);
  await seed({ ownerUrl: url('fairlead_owner'), mode: 'development' });
  await loadAccounts({
    superuserUrl: url('postgres'),
    accounts: companyNames(input.accounts, ACCOUNTS_SEED),
  });
  const arrange = new pg.Client({ connectionString: url('postgres') });
  await arrange.connect();
  ground.beforeClose(() => arrange.end());
  const cast = await castPeople(arrange);
  const mail = await startMailSink();
  ground.beforeClose(mail.stop);
  const keys = Object.fromEntries(
    ['FAIRLEAD_FIELD_KEY', 'FAIRLEAD_SESSION_KEY', 'FAIRLEAD_AUDIT_KEY'].map((name) => [
      name,
      randomBytes(32).toString('base64'),
    ]),
  );
  return {
    cast,
    arrange,
    databaseUrl: url,
    open: async ({ nodeOptions = [] } = {}) => {
      const engine = await ground.startEngine('fairlead');
      const port = await freePort();
      const metricsPort = await freePort();
      const publicUrl = `http://127.0.0.1:${port}`;
      const env = {
        ...process.env,
        ...keys,
        NODE_ENV: 'production',
        FAIRLEAD_MODE: 'development',
        DATABASE_OWNER_URL: url('fairlead_owner'),
        DATABASE_APP_URL: url('fairlead_app'),
        DATABASE_WORKER_URL: url('fairlead_worker'),
        TEMPORAL_ADDRESS: engine.address,
        SMTP_URL: mail.url,
        FAIRLEAD_PORT: String(port),
        FAIRLEAD_PUBLIC_URL: publicUrl,
        FAIRLEAD_METRICS_PORT: String(metricsPort),
        FAIRLEAD_CONSOLE: 'false',
      };
      let closing = false;
      const part = (started: Part) => {
        const { name } = started;
        const profiles = join(ground.folder, 'profiles', name);
        mkdirSync(profiles, { recursive: true });
        const options = nodeOptions.map((option) => option.replace('%PROFILES%', profiles));
        const child = spawn(process.execPath, [...started.nodeArguments, ...options, started.script], {
          env,
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        const words = listenTo(child);
        child.once('exit', (code, signal) => {
          if (!closing)
            process.stderr.write(`${name} ended by itself (${code ?? signal}):\n${words().slice(-4_000)}\n`);
        });
        return { child, words };
      };
      const workers = part(WORKERS);
      const api = part(API);
      await untilAnswers(`http://127.0.0.1:${metricsPort}/readyz`, workers.words);
      await untilAnswers(`${publicUrl}/readyz`, api.words);
      // Through the whole of sign-in once, so that the sessions used below are known to be the real thing.
      await signIn({ publicUrl: () => publicUrl, email: 'approver@halyard.example' });
      return {
        publicUrl,
        engineAddress: engine.address,
        pids: {
          api: api.child.pid ?? 0,
          workers: workers.child.pid ?? 0,
          engine: engine.pid,
          postgres: ground.postgres.pid,
        },
        settled: () => settled(arrange),
        close: async () => {
          closing = true;
          await endChild(api.child);
          await endChild(workers.child);
          await engine.stop();
        },
      };
    },
  };
};

/** A database of this name with the product's schema, made anew. */
export const migratedDatabase = async (ground: Ground, name: string): Promise<void> => {
  const client = new pg.Client({ connectionString: ground.postgres.superuserUrl('postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_roles where rolname = 'fairlead_owner'");
    if (rowCount === 0) await client.query('create role fairlead_owner login createrole');
    await client.query(`create database ${pg.escapeIdentifier(name)} owner fairlead_owner`);
  } finally {
    await client.end();
  }
  await migrate({
    url: ground.postgres.urlOf({ role: 'fairlead_owner', database: name }),
    folder: join(ROOT, 'prisma', 'migrations'),
    log: () => undefined,
  });
};

const SETTLE_WITHIN_MS = 180_000;

const settled = async (arrange: pg.Client): Promise<void> => {
  const deadlineMs = Date.now() + SETTLE_WITHIN_MS;
  for (;;) {
    const { rows } = await arrange.query<{ mails: number; unsealed: number; receipts: number }>(
      `select (select count(*)::int from outbound where delivered_at is null and parked_at is null and not_before <= now()) as mails,
              (select count(*)::int from audit_row r where not exists (select from audit_seal s where s.audit_id = r.id)) as unsealed,
              (select count(*)::int from receipt where settled_at is null) as receipts`,
    );
    const [left] = rows;
    if (left !== undefined && left.mails + left.unsealed + left.receipts === 0) return;
    if (Date.now() > deadlineMs)
      throw new Error(
        `after ${SETTLE_WITHIN_MS / 1000} s there is still left to do: ${JSON.stringify(left)}`,
      );
    await pause(100);
  }
};

const startMailSink = async (): Promise<{ url: string; stop: () => Promise<void> }> => {
  const port = await freePort();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    onData: (stream, _session, done) => void stream.resume().on('end', () => done()),
  });
  await new Promise<void>((settle, fail) => {
    server.on('error', fail);
    server.listen(port, '127.0.0.1', () => settle());
  });
  return {
    url: `smtp://127.0.0.1:${port}`,
    stop: () => new Promise((settle) => server.close(() => settle())),
  };
};
