import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CONFIG_VARIABLES,
  ConfigError,
  databaseUrl,
  readConfig,
  readMigrationConfig,
} from '../../../adapters/config.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');

const development = {
  FAIRLEAD_MODE: 'development',
  DATABASE_APP_URL: 'postgres://fairlead_app@127.0.0.1:5432/fairlead',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  SMTP_URL: 'smtp://127.0.0.1:1025',
  FAIRLEAD_FIELD_KEY: KEY,
  FAIRLEAD_SESSION_KEY: KEY,
  FAIRLEAD_AUDIT_KEY: KEY,
};

const production = {
  ...development,
  FAIRLEAD_MODE: 'production',
  FAIRLEAD_PUBLIC_URL: 'https://channel.example.com',
  FAIRLEAD_MAIL_FROM: 'Channel desk <channel@example.com>',
  OIDC_ISSUER: 'https://login.example.com',
  OIDC_CLIENT_ID: 'fairlead',
  OIDC_CLIENT_SECRET: 'a-client-secret',
};

const problemsOf = (env: Record<string, string>): Record<string, string> => {
  try {
    readConfig(env);
  } catch (cause) {
    if (cause instanceof ConfigError)
      return Object.fromEntries(cause.problems.map((p) => [p.variable, p.reason]));
    throw cause;
  }
  return {};
};

test('a development environment needs little and gets defaults', () => {
  const config = readConfig(development);
  expect(config).toMatchObject({
    mode: 'development',
    port: 3000,
    publicUrl: 'http://127.0.0.1:3000',
    console: true,
    signIn: { kind: 'embedded' },
    temporal: { address: '127.0.0.1:7233', namespace: 'default' },
  });
  expect(config.temporal.tls).toBeUndefined();
  expect(config.keys.field).toHaveLength(32);
  expect(databaseUrl(config, 'app')).toBe(development.DATABASE_APP_URL);
});

test('every problem is reported at once, by variable, in one error', () => {
  const problems = problemsOf({
    FAIRLEAD_MODE: 'staging',
    TEMPORAL_ADDRESS: 'http://engine:7233',
    SMTP_URL: 'localhost',
    FAIRLEAD_FIELD_KEY: 'short',
    FAIRLEAD_PORT: '99999',
  });
  expect(Object.keys(problems).toSorted()).toEqual([
    'DATABASE_URL',
    'FAIRLEAD_AUDIT_KEY',
    'FAIRLEAD_FIELD_KEY',
    'FAIRLEAD_MODE',
    'FAIRLEAD_PORT',
    'FAIRLEAD_SESSION_KEY',
    'SMTP_URL',
    'TEMPORAL_ADDRESS',
  ]);
  expect(problems['FAIRLEAD_SESSION_KEY']).toBe('is required');
});

test('an empty variable counts as absent', () => {
  expect(problemsOf({ ...development, SMTP_URL: '' })).toEqual({ SMTP_URL: 'is required' });
  expect(readConfig({ ...development, OIDC_ISSUER: '' }).signIn).toEqual({ kind: 'embedded' });
});

test('no value of a secret appears in an error, whichever variable is wrong', () => {
  const secret = 'c2VjcmV0LXZhbHVl';
  for (const name of CONFIG_VARIABLES) {
    const env = { ...production, [name]: secret, FAIRLEAD_PORT: 'no-port' };
    let message = '';
    try {
      readConfig(env);
    } catch (cause) {
      message = String(cause);
    }
    expect(message).toContain('FAIRLEAD_PORT');
    expect(message).not.toContain(secret);
  }
});

test('production refuses the embedded sign-in and demands a public address and a sender', () => {
  expect(problemsOf(production)).toEqual({});
  const { OIDC_ISSUER: _issuer, FAIRLEAD_PUBLIC_URL: _url, FAIRLEAD_MAIL_FROM: _from, ...rest } = production;
  expect(Object.keys(problemsOf(rest)).toSorted()).toEqual([
    'FAIRLEAD_MAIL_FROM',
    'FAIRLEAD_PUBLIC_URL',
    'OIDC_CLIENT_ID',
    'OIDC_CLIENT_SECRET',
    'OIDC_ISSUER',
  ]);
  expect(Object.keys(problemsOf({ ...production, OIDC_ISSUER: 'http://login.example.com' }))).toEqual([
    'OIDC_ISSUER',
  ]);
});

test('an external issuer needs its client', () => {
  expect(
    Object.keys(problemsOf({ ...development, OIDC_ISSUER: 'https://login.example.com' })).toSorted(),
  ).toEqual(['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET']);
});

test('DATABASE_URL alone is the owner, and the serving roles get passwords derived from the field key', () => {
  const { DATABASE_APP_URL: _app, ...rest } = development;
  const env = {
    ...rest,
    DATABASE_URL: 'postgres://boss:boss-password@db.example.com:5432/channel?sslmode=require',
  };
  const config = readConfig(env);
  expect(databaseUrl(config, 'owner')).toBe(env.DATABASE_URL);
  const app = new URL(databaseUrl(config, 'app'));
  const worker = new URL(databaseUrl(config, 'worker'));
  expect(app.username).toBe('fairlead_app');
  expect(worker.username).toBe('fairlead_worker');
  expect(app.searchParams.get('sslmode')).toBe('require');
  expect(app.password).toHaveLength(32);
  expect(app.password).not.toBe(worker.password);
  const other = readConfig({ ...env, FAIRLEAD_FIELD_KEY: Buffer.alloc(32, 8).toString('base64') });
  expect(new URL(databaseUrl(other, 'app')).password).not.toBe(app.password);
  expect(readMigrationConfig(env).passwords).toEqual({ app: app.password, worker: worker.password });
});

test('a role without a connection string is named when asked for', () => {
  expect(() => databaseUrl(readConfig(development), 'owner')).toThrow(/DATABASE_OWNER_URL/);
});

test('the migration job reads the databases and nothing else', () => {
  const config = readMigrationConfig({
    FAIRLEAD_MODE: 'production',
    DATABASE_OWNER_URL: 'postgres://fairlead_owner:o@db/fairlead',
    DATABASE_APP_URL: 'postgres://fairlead_app:a%2Fb@db/fairlead',
    DATABASE_WORKER_URL: 'postgres://fairlead_worker:w@db/fairlead',
  });
  expect(config.passwords).toEqual({ app: 'a/b', worker: 'w' });
  expect(() =>
    readMigrationConfig({ FAIRLEAD_MODE: 'production', DATABASE_APP_URL: 'postgres://a@db/x' }),
  ).toThrow(/DATABASE_OWNER_URL/);
});

describe('TLS to the engine', () => {
  test('is on with an API key, with any TLS variable, or when asked for; off when told so', () => {
    expect(readConfig({ ...development, TEMPORAL_API_KEY: 'key' }).temporal.tls).toEqual({});
    expect(readConfig({ ...development, TEMPORAL_TLS: 'true' }).temporal.tls).toEqual({});
    expect(readConfig({ ...development, TEMPORAL_TLS_SERVER_NAME: 'engine' }).temporal.tls).toEqual({
      serverName: 'engine',
    });
    expect(
      readConfig({ ...development, TEMPORAL_API_KEY: 'key', TEMPORAL_TLS: 'false' }).temporal.tls,
    ).toBeUndefined();
  });

  test('reads certificates from files and refuses half a pair', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-tls-'));
    try {
      const path = join(folder, 'client.pem');
      writeFileSync(path, 'certificate');
      const env = { ...development, TEMPORAL_TLS_CLIENT_CERT_PATH: path };
      expect(Object.keys(problemsOf(env))).toEqual(['TEMPORAL_TLS_CLIENT_KEY_PATH']);
      expect(readConfig({ ...env, TEMPORAL_TLS_CLIENT_KEY_DATA: 'key' }).temporal.tls).toEqual({
        clientCertificatePem: 'certificate',
        clientKeyPem: 'key',
      });
      expect(
        problemsOf({ ...development, TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(folder, 'missing.pem') }),
      ).toEqual({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'names a file that cannot be read (ENOENT)' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
